import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ExitFollower } from '../../src/ports/telemetry.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')

describe('a position whose exit is filled', () => {
  let keeper: MemoryRepository
  let account: Account
  let timers: FakeTimers
  /** Called when an exit has ended, before the portfolio gets its fill. */
  let ended: () => void

  const now = (): number => 1_000 + timers.now

  beforeEach(async () => {
    keeper = new MemoryRepository()
    const venue = new TestVenue()
    timers = new FakeTimers()
    ended = () => undefined
    const none = (): void => undefined
    const follower: ExitFollower = {
      decided: none,
      intended: none,
      acknowledged: none,
      ended: () => ended(),
    }
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now, monotonic: timers.monotonic },
      timers,
      callTimeoutMs: 5_000,
      followers: [follower],
      onLine: none,
      onFatal: none,
    })
    await account.add(aPosition({ openedAt: now() }), { stopLoss: { pct: 10 } }, 'test')
  })

  afterEach(() => account.stop())

  async function exit(): Promise<void> {
    for (const price of [100, 89]) {
      account.tick({ instrument: instrumentId('ACME'), ts: 1_000 + ++timers.now, price })
      await account.settled()
    }
  }

  const isOpen = (): boolean => account.state.positions.isOpen(P1, 1)

  function crashPortfolio(): void {
    const answer = (): never => {
      throw new Error('planted')
    }
    send(account.engine.registry.refOf('portfolio'), { kind: 'ask', answer })
  }

  it('closes in one commit with the sum of its day', async () => {
    await exit()
    expect(isOpen()).to.equal(false)
    const closing = keeper.changes.filter(({ lines }) =>
      lines?.some(({ kind }) => kind === 'exit-filled'),
    )
    expect(closing).to.have.length(1)
    const [{ register, day }] = closing as [(typeof closing)[0]]
    expect(register?.map(({ state }) => state)).to.deep.equal(['closed'])
    expect(day?.realised.map(({ amount }) => amount)).to.deep.equal([-11])
  })

  it('stays open until the fill is counted, also where an incarnation of the portfolio has lost it', async () => {
    const seen: boolean[] = []
    ended = () => {
      crashPortfolio()
      setImmediate(() => seen.push(isOpen()))
    }
    await exit()
    expect(isOpen()).to.equal(false)
    const { day } = await account.portfolio.standing()
    expect(seen).to.deep.equal([true])
    expect(day.realised.map(({ amount }) => amount)).to.deep.equal([-11])
  })

  it('has ended once, also where a new incarnation of the gateway reports its fill again', async () => {
    const { registry, supervisor } = account.engine
    let ends = 0
    ended = () => ends++
    while (registry.service('portfolio')?.status.kind === 'running') {
      crashPortfolio()
      await account.settled()
    }
    await exit()
    expect([isOpen(), ends]).to.deep.equal([true, 1])
    send(supervisor, { kind: 'restart', actor: { kind: 'gateway' }, done: () => undefined })
    for (let cycle = 0; cycle < 4; cycle++) {
      timers.now += 500
      account.cycle()
      await account.settled()
    }
    timers.pass(60_000)
    await account.settled()
    expect([isOpen(), ends]).to.deep.equal([false, 1])
    expect([...account.state.counts.exitsEnded.filled.values()]).to.deep.equal([1])
  })
})
