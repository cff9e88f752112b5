import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import type { Venue } from '../../src/account/options.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { Faults, ofHolding } from '../../src/exits/faults.ts'
import { accountFacts } from '../../src/views/exit-view.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const ACME = instrumentId('ACME')
const SOUND = instrumentId('SOUND')
const STOP = { stopLoss: { pct: 5 } }

describe('Faults', () => {
  it('are reported when they begin, and over once the same goes well', () => {
    const notices: unknown[] = []
    const faults = new Faults(notice => notices.push(notice))
    let isBroken = true
    const act = (): number =>
      faults.alone(
        'p1',
        () => {
          if (isBroken) throw new Error('broken')
          return 1
        },
        0,
      )
    expect([act(), act(), notices.length, faults.count]).to.deep.equal([0, 0, 1, 2])
    expect(faults.all()).to.deep.equal([{ what: 'p1', why: 'broken' }])
    isBroken = false
    expect([act(), faults.all()]).to.deep.equal([1, []])
  })

  it('of a position end with it, whatever was done; those of holdings and of others stay', () => {
    const faults = new Faults(() => undefined)
    const fail = (): never => {
      throw new Error('broken')
    }
    const all = ['release p1', 'net of p1', 'cycle of released p1', 'own p2', ofHolding('p1')]
    for (const what of all) faults.alone(what, fail, undefined)
    faults.forgetPosition(positionId('p1'))
    expect(faults.all().map(({ what }) => what)).to.deep.equal(['own p2', ofHolding('p1')])
  })

  it('are bounded, and what is beyond the bound ends nothing either', () => {
    const faults = new Faults(() => undefined)
    for (let count = 0; count < 2_000; count++) {
      faults.alone(`p${count}`, () => JSON.parse('{'), undefined)
    }
    expect([faults.all().length, faults.count]).to.deep.equal([1_000, 2_000])
  })
})

describe('what is wrong with one position', () => {
  let keeper: MemoryRepository
  let venue: TestVenue
  let now: number
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new TestVenue()
    now = 1_000
    account = await open()
  })

  afterEach(() => account.stop())

  const open = (but: Partial<OpenAccountOptions> = {}): Promise<Account> =>
    openAccount({
      keeper,
      venue: venue.venue,
      clock: { now: () => now, monotonic: () => now },
      timers: machineTimers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
      ...but,
    })

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      now += 500
      account.cycle()
      await account.settled()
    }
  }

  async function tick(instrument: Position['instrument'], ...prices: number[]): Promise<void> {
    for (const price of prices) {
      account.tick({ instrument, ts: ++now, price })
      await account.settled()
    }
  }

  const add = (id: string, but: Partial<Position>) =>
    account.add(aPosition({ id: positionId(id), ...but }), STOP, 'test')

  const restarts = (): number => account.state.counts.restarts
  const faults = (): string[] => accountFacts(account, now).faults.map(({ what }) => what)
  const stateOf = (id: string) => account.state.positions.get(positionId(id))?.state

  async function guardPoison(): Promise<void> {
    venue.trade(ACME, 1e308)
    await add('a', { quantity: 1e308 })
    await add('b', { quantity: 1e308 })
    venue.trade(SOUND, 2)
    await add('sound', { instrument: SOUND, quantity: 2 })
  }

  it('stops no exit of another one where the sum of its holding is no number', async () => {
    await guardPoison()
    await cycles(3)
    await tick(SOUND, 100, 94)
    await cycles(3)
    expect([stateOf('sound'), restarts()]).to.deep.equal(['closed', 0])
    expect(keeper.lines.filter(({ kind }) => kind === 'isolated-fault')).to.have.length.below(4)
  })

  it('stops no exit of another one in the process that finds it in its store', async () => {
    await guardPoison()
    account.engine.actors.stopAll()
    account = await open()
    await account.settled()
    await tick(SOUND, 100, 94)
    await cycles(4)
    expect([stateOf('sound'), restarts()]).to.deep.equal(['closed', 0])
  })

  it('is counted at the price that can be, where the venue first reports one that cannot', async () => {
    const limits = [{ name: 'all', maxLoss: 1_000, warnAtPct: 80 }]
    const portfolio = { dayStart: { timezone: 'UTC', minutes: 0 }, limits }
    const odd: OpenAccountOptions['venue'] = quotes => {
      const real = venue.venue(quotes)
      const placeExit: Venue['placeExit'] = async (order, signal) => {
        const answer = await real.placeExit(order, signal)
        if (order.positionId !== 'a' || answer.kind !== 'acknowledged') return answer
        const executed = { quantity: order.quantity, price: 1.7e308 }
        return { kind: 'acknowledged', order: { kind: 'filled', executed } }
      }
      return { ...real, placeExit }
    }
    account.engine.actors.stopAll()
    account = await open({ portfolio, venue: odd })
    venue.trade(ACME, 2)
    venue.trade(SOUND, 2)
    await add('a', { quantity: 2, multiplier: 10 })
    await add('sound', { instrument: SOUND, quantity: 2 })
    await cycles(2)
    await tick(ACME, 100, 94)
    await tick(SOUND, 100, 94)
    await cycles(3)
    expect([stateOf('a'), stateOf('sound'), restarts()]).to.deep.equal(['closed', 'closed', 0])
    const { day } = await account.portfolio.standing()
    expect(day.realised.map(({ amount }) => amount)).to.deep.equal([-120, -12])
    expect(keeper.lines.map(({ kind }) => kind)).to.include('exit-fault')
  })

  it('leaves the daily loss of the others counted where its own is no number', async () => {
    const limits = [{ name: 'all', maxLoss: 30, warnAtPct: 80 }]
    const portfolio = { dayStart: { timezone: 'UTC', minutes: 0 }, limits }
    account.engine.actors.stopAll()
    account = await open({ portfolio })
    venue.trade(ACME, 1e308)
    venue.trade(SOUND, 10)
    await add('a', { quantity: 1e308 })
    await account.add(
      aPosition({ id: positionId('sound'), instrument: SOUND, quantity: 10 }),
      { stopLoss: { pct: 90 } },
      'test',
    )
    await cycles(2)
    await tick(ACME, 110)
    await tick(SOUND, 100, 96)
    await cycles(4)
    expect([stateOf('sound'), restarts()]).to.deep.equal(['closed', 0])
    expect(faults().join()).to.contain('profit of a')
  })
})
