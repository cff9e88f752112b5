import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

describe('what an order of a released position has executed', () => {
  let keeper: MemoryRepository
  let venue: RestingVenue
  let timers: FakeTimers
  let account: Account

  beforeEach(async () => {
    keeper = new MemoryRepository()
    venue = new RestingVenue()
    timers = new FakeTimers()
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now: () => 1_000 + timers.now, monotonic: timers.monotonic },
      timers,
      callTimeoutMs: 5_000,
      onLine: () => undefined,
      onFatal: () => undefined,
    })
  })

  afterEach(() => account.stop())

  async function cycles(count: number): Promise<void> {
    for (let each = 0; each < count; each++) {
      timers.now += 500
      account.cycle()
      await account.settled()
    }
  }

  /** An exit of 5 units works at the venue, and its position is released. */
  async function releaseWorking(): Promise<void> {
    venue.ignoresCancels = true
    await account.add(aPosition({ quantity: 5 }), { stopLoss: { pct: 10 } }, 'test')
    for (const price of [100, 89]) {
      account.tick({ instrument: instrumentId('ACME'), ts: 1_000 + ++timers.now, price })
      await account.settled()
    }
    await cycles(2)
    await account.release(positionId('p1'), 'test')
    await cycles(2)
  }

  /** Ends incarnations of the portfolio until one is waited for. */
  async function takePortfolioDown(): Promise<void> {
    const { registry } = account.engine
    while (registry.service('portfolio')?.status.kind === 'running') {
      const answer = (): never => {
        throw new Error('planted')
      }
      send(registry.refOf('portfolio'), { kind: 'ask', answer })
      await account.settled()
    }
  }

  it('counts once for the day, also where portfolio and gateway are replaced meanwhile', async () => {
    await releaseWorking()
    await takePortfolioDown()
    expect(venue.placed.map(order => venue.execute(order))).to.deep.equal([5])
    await cycles(4)
    await new Promise<void>(done => {
      const { supervisor } = account.engine
      send(supervisor, { kind: 'restart', actor: { kind: 'gateway' }, done: () => done() })
    })
    await cycles(4)
    const over = () => keeper.lines.filter(({ kind }) => kind === 'released-order-over')
    expect(over()).to.deep.equal([])
    timers.pass(60_000)
    await cycles(2)
    expect(over().map(line => line['profit'])).to.deep.equal([-50])
    const { day } = await account.portfolio.standing()
    expect(day.realised.map(({ amount }) => amount)).to.deep.equal([-50])
  })
})
