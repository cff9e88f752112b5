import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { RestingVenue } from '../support/resting-venue.ts'

describe('what an order has executed late', () => {
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

  /** An exit of 5 units works at the venue. */
  async function exitWorking(): Promise<void> {
    await account.add(aPosition({ quantity: 5 }), { stopLoss: { pct: 10 } }, 'test')
    for (const price of [100, 89]) {
      account.tick({ instrument: instrumentId('ACME'), ts: 1_000 + ++timers.now, price })
      await account.settled()
    }
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

  /** Starts a new incarnation of the gateway, and then of the portfolio; what each of them journals of that kind. */
  async function replaceBoth(kind: string): Promise<readonly (readonly unknown[])[]> {
    const profits = () =>
      keeper.lines.filter(each => each.kind === kind).map(line => line['profit'])
    await new Promise<void>(done => {
      const { supervisor } = account.engine
      send(supervisor, { kind: 'restart', actor: { kind: 'gateway' }, done: () => done() })
    })
    await cycles(70)
    const before = profits()
    timers.pass(60_000)
    await cycles(2)
    return [before, profits()]
  }

  const realised = async (): Promise<readonly number[]> =>
    (await account.portfolio.standing()).day.realised.map(({ amount }) => amount)

  it('counts once for the day, however often portfolio and gateway are replaced meanwhile', async () => {
    venue.ignoresCancels = true
    await exitWorking()
    await account.release(positionId('p1'), 'test')
    await cycles(2)
    await takePortfolioDown()
    expect(venue.placed.map(order => venue.execute(order))).to.deep.equal([5])
    await cycles(4)
    expect(await replaceBoth('released-order-over')).to.deep.equal([[], [-50]])
    expect(await realised()).to.deep.equal([-50])
  })

  it('is one late fill where its position was closed, likewise', async () => {
    await exitWorking()
    const [order] = venue.orders.values()
    order!.state = { kind: 'ended', executed: { quantity: 0, price: null } }
    await cycles(1)
    venue.held -= 5
    order!.state = { kind: 'filled', executed: { quantity: 5, price: 90 } }
    venue.isSilent = true
    await cycles(80)
    expect(account.state.positions.get(positionId('p1'))?.state).to.equal('closed')
    await takePortfolioDown()
    venue.isSilent = false
    await cycles(70)
    expect(await replaceBoth('exit-late-fill')).to.deep.equal([[], [-50]])
    expect([await realised(), account.state.counts.lateFills]).to.deep.equal([[-50], 1])
  })
})
