import { expect } from 'chai'
import { instrumentId, positionId, type InstrumentId } from '../../src/domain/ids.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import type { OpenOrder } from '../../src/ports/broker.ts'
import type { Control } from '../../src/ports/control.ts'
import { aPosition } from '../support/builders.ts'
import type { OpenAccountOptions } from '../support/open-account.ts'
import { ServedAccount } from '../support/served-account.ts'

const ACME = instrumentId('ACME')
const BY = { who: 'test', from: 'here' }

describe('The view of the holdings', () => {
  let served: ServedAccount
  let control: Control

  /** Opens the account; with an empty store and a holding it needs a confirmation. */
  const open = async (venue: Partial<Pick<OpenAccountOptions, 'venue'>> = {}): Promise<void> => {
    await served.open({ confirmsHoldings: true, ...venue })
    control = served.control()
  }

  beforeEach(() => {
    served = new ServedAccount()
  })

  afterEach(() => served.account.stop())

  const add = async (id: string, instrument: InstrumentId = ACME): Promise<void> => {
    const { openedAt: _now, ...position } = aPosition({
      id: positionId(id),
      instrument,
      quantity: 2,
    })
    await control.add(
      {
        position: { ...position, openedAt: undefined },
        rules: { stopLoss: { pct: 5 } },
        exitNow: false,
        opensLater: false,
        reopen: false,
      },
      BY,
    )
  }

  it('is unknown where the venue does not answer, and says why', async () => {
    await open({
      venue: quotes => ({
        ...served.venue.venue(quotes),
        holdings: () => Promise.reject(new Error('no route')),
        holding: () => Promise.resolve({ kind: 'unknown' }),
      }),
    })
    await add('p1')
    const view = await control.holdings()
    expect(view).to.include({ isListed: false, failure: 'no route', isUnconfirmed: true })
    expect(view.holdings).to.have.length(1)
    expect(view.holdings[0]).to.include({ held: null, ageMs: null, difference: null, owned: 2 })
  })

  it('takes a holding that a list lacks for unknown, not for nothing', async () => {
    await open()
    served.venue.isDown = true
    await add('p1')
    const view = await control.holdings()
    expect(view).to.include({ isListed: true })
    expect(view.holdings[0]).to.include({ held: null, difference: null })
  })

  it('takes a holding as flat once the venue answers so by name', async () => {
    await open()
    await add('p1')
    served.venue.trade(ACME, -2)
    served.account.cycle()
    await served.account.settled()
    const [row] = (await control.holdings()).holdings
    expect(row).to.include({ held: 0, owned: 2, difference: -2 })
  })

  it('shows unowned units, after the units that are missing', async () => {
    await open()
    await add('p1')
    await add('p2', instrumentId('ZINC'))
    served.venue.trade(instrumentId('BETA'), 7)
    served.venue.trade(instrumentId('ZINC'), -0.5)
    served.account.cycle()
    await served.account.settled()
    const { holdings } = await control.holdings()
    expect(
      holdings.map(({ instrument, held, owned, difference }) => [
        instrument,
        held,
        owned,
        difference,
      ]),
    ).to.deep.equal([
      ['ZINC', 1.5, 2, -0.5],
      ['BETA', 7, 0, 7],
      ['ACME', 2, 2, 0],
    ])
  })

  it('lists the exits that a confirmation sends, and names what holds them beside it', async () => {
    served.venue.trade(ACME, 1)
    await open()
    await add('p1')
    await served.tick(100)
    await served.tick(90)
    const [exit] = (await control.holdings()).exits
    expect(exit).to.deep.include({ id: 'p1', action: 'sell', quantity: 2, heldBy: [] })
    await control.setKillSwitch({ state: 'halt' }, BY)
    expect((await control.holdings()).exits[0]!.heldBy).to.deep.equal(['kill-switch'])
    await control.setKillSwitch({ state: 'off', held: 'send' }, BY)
    await control.confirmHoldings(BY)
    await served.account.settled()
    expect((await control.holdings()).exits).to.deep.equal([])
    expect(served.venue.fills.size).to.equal(1)
  })

  it('names the owner of each working order', async () => {
    const foreign = clientOrderId(
      { storeId: 'other', account: '', positionId: positionId('x'), generation: 1, attempt: 1 },
      26,
    )
    const orders: readonly OpenOrder[] = [
      { clientOrderId: null, instrument: ACME, remaining: 1 },
      { clientOrderId: foreign, instrument: ACME, remaining: -1 },
    ]
    await open({
      venue: quotes => {
        const venue = { ...served.venue.venue(quotes), openOrders: () => Promise.resolve(orders) }
        return { ...venue, ...served.answers.listsOf(venue) }
      },
    })
    served.account.cycle()
    await served.account.settled()
    const shown = (await control.holdings()).orders
    expect(shown?.map(({ owner }) => owner)).to.deep.equal(['others', 'second-guard'])
  })

  it('asks the venue at most once for requests that come together', async () => {
    let calls = 0
    await open({
      venue: quotes => {
        const venue = served.venue.venue(quotes)
        const counted = {
          ...venue,
          holdings: () => (calls++, venue.holdings(new AbortController().signal)),
        }
        return { ...counted, ...served.answers.listsOf(counted) }
      },
    })
    const before = calls
    served.now += 60_000
    await Promise.all([control.holdings(), control.holdings(), control.holdings()])
    await control.holdings()
    expect(calls - before).to.equal(1)
  })
})
