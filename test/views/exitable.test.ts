import { expect } from 'chai'
import type { AccessFacts } from '../../src/calls/access-drill.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { exitableChecks } from '../../src/observability/exitable-checks.ts'
import type { OpenOrder } from '../../src/ports/broker.ts'
import { ExitableDesk } from '../../src/views/exitable.ts'
import { aPosition } from '../support/builders.ts'
import { aDesk } from '../support/desk.ts'
import { ServedAccount } from '../support/served-account.ts'

const ACME = instrumentId('ACME')
const BY = { who: 'test', from: 'here' }
const NOTHING: AccessFacts = {
  permissions: undefined,
  mode: undefined,
  instruments: undefined,
  credentials: undefined,
  clock: undefined,
}

describe('The exitable positions', () => {
  let served: ServedAccount
  let access: { facts: AccessFacts }
  let orders: readonly OpenOrder[]
  let exitable: ExitableDesk

  beforeEach(async () => {
    served = new ServedAccount()
    access = { facts: NOTHING }
    orders = []
    await served.open({
      venue: quotes => {
        const venue = { ...served.venue.venue(quotes), openOrders: () => Promise.resolve(orders) }
        return { ...venue, ...served.answers.listsOf(venue) }
      },
    })
    exitable = new ExitableDesk({
      account: served.account,
      desk: aDesk(),
      answers: served.answers,
      access,
      quotes: { price: () => 100 },
      positionMode: 'one-way',
      graceMs: 10_000,
    })
    for (const id of ['p1', 'p2']) {
      await served.control().add(
        {
          position: { ...aPosition({ id: positionId(id), quantity: 2 }), openedAt: undefined },
          rules: { stopLoss: { pct: 5 } },
          exitNow: false,
          opensLater: false,
          reopen: false,
        },
        BY,
      )
    }
  })

  afterEach(() => served.account.stop())

  /** Lets the reconciler list, and the desk judge. */
  const cycle = async (): Promise<void> => {
    served.now += 6_000
    served.account.cycle()
    await served.account.settled()
    exitable.cycle()
  }

  const check = (name: string) => exitableChecks(exitable.facts(), served.now)[name]!

  it('are unknown before the broker has answered, which health shows after its grace', () => {
    exitable.cycle()
    expect(exitable.counts()).to.deep.equal({ yes: 0, no: 0, unknown: 2 })
    expect(exitable.of(positionId('p1'))).to.include({ state: 'unknown' })
    expect(check('positions:exitable').status).to.equal('pass')
    served.now += 10_000
    expect(check('positions:exitable')).to.include({ status: 'warn', observedValue: 2 })
    expect(check('positions:exitable').output).to.match(
      /^2 positions may not be exitable: .*not answered/,
    )
  })

  it('are all of them once their holding was reported', async () => {
    await cycle()
    expect(exitable.counts()).to.deep.equal({ yes: 2, no: 0, unknown: 0 })
    expect(check('positions:exitable').status).to.equal('pass')
  })

  it('say nothing of a position that was not judged yet', async () => {
    await cycle()
    const { openedAt: _now, ...position } = aPosition({ id: positionId('p3') })
    await served.control().add(
      {
        position: { ...position, openedAt: undefined },
        rules: { stopLoss: { pct: 5 } },
        exitNow: false,
        opensLater: false,
        reopen: false,
      },
      BY,
    )
    expect(exitable.of(positionId('p3'))).to.equal(undefined)
    await cycle()
    expect(exitable.of(positionId('p3'))?.state).to.equal('yes')
  })

  it('are none while the credentials have ended, with since when', async () => {
    await cycle()
    access.facts = { ...NOTHING, credentials: { kind: 'usable', expiresAt: served.now + 6_000 } }
    await cycle()
    const since = served.now
    await cycle()
    await cycle()
    expect(exitable.counts()).to.deep.equal({ yes: 0, no: 2, unknown: 0 })
    expect(exitable.of(positionId('p2'))).to.deep.equal({
      state: 'no',
      why: 'the credentials have ended',
      since,
    })
    expect(check('positions:exitable')).to.include({ status: 'fail' })
    expect(check('broker:credentials')).to.include({ status: 'fail' })
    expect(check('broker:credentials').output).to.match(
      /^the credentials ended at .*, 2 positions$/,
    )
  })

  it('warn of the end of the credentials an hour before', async () => {
    const endAt = served.now + 2 * 3_600_000
    access.facts = { ...NOTHING, credentials: { kind: 'usable', expiresAt: endAt } }
    expect(check('broker:credentials')).to.include({ status: 'pass', observedValue: 7_200 })
    served.now = endAt - 3_600_000
    expect(check('broker:credentials')).to.include({ status: 'warn', observedUnit: 's' })
    expect(check('broker:credentials').output).to.include('2 positions')
  })

  it('are none while the account is in the other position mode', async () => {
    access.facts = { ...NOTHING, mode: 'hedge' }
    await cycle()
    expect(exitable.of(positionId('p1'))?.why).to.include('hedge')
  })

  it('do not have one whose units orders of others reserve', async () => {
    orders = [{ clientOrderId: null, instrument: ACME, remaining: -3 }]
    await cycle()
    expect(exitable.counts()).to.deep.equal({ yes: 0, no: 2, unknown: 0 })
    orders = [{ clientOrderId: null, instrument: ACME, remaining: 3 }]
    await cycle()
    expect(exitable.counts()).to.deep.equal({ yes: 2, no: 0, unknown: 0 })
  })

  it('do not have one that is being exited', async () => {
    await cycle()
    served.venue.fault = 'lost'
    served.venue.isSilent = true
    await served.control().exit('p1', BY)
    await served.account.settled()
    exitable.cycle()
    expect(exitable.of(positionId('p1'))).to.equal(undefined)
    expect(exitable.counts().yes).to.equal(1)
  })
})

describe('The exitable positions of a market with hours', () => {
  it('warn of the end of the credentials the evening before', () => {
    const facts = {
      positions: 42,
      notExitable: [],
      unknown: [],
      graceMs: 0,
      credentialsEndAt: Date.UTC(2026, 10, 29, 3),
      credentialsLeadMs: 12 * 3_600_000,
    }
    const at = (hour: number) => exitableChecks(facts, Date.UTC(2026, 10, 28, hour))
    expect(at(14)['broker:credentials']!.status).to.equal('pass')
    expect(at(16)['broker:credentials']).to.deep.include({
      status: 'warn',
      output: 'the credentials end at 2026-11-29T03:00:00.000Z, 42 positions',
    })
  })
})
