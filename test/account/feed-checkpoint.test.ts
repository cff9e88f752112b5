import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { FeedCheckpoint } from '../../src/account/feed-checkpoint.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Tick } from '../../src/domain/tick.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { aPosition } from '../support/builders.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { until } from '../support/until.ts'

const NOW = 1_000_000
const OLD_MS = 30_000

describe('FeedCheckpoint', () => {
  it('waits for writes in progress, but not for ever', () => {
    let pending = 1
    const durable = new Set<WatchedPosition>()
    const point = new FeedCheckpoint({
      isDurable: watched => durable.has(watched),
    })
    expect(point.requestTake(pending), 'no feed that goes back').to.equal(true)
    point.place = () => 1
    const answers = (): boolean[] => Array.from({ length: 6 }, () => point.requestTake(pending))
    expect(answers()).to.deep.equal([false, false, false, false, false, true])
    pending = 0
    const watched = {} as WatchedPosition
    point.decided(watched)
    expect(point.requestTake(pending)).to.equal(false)
    durable.add(watched)
    expect([point.requestTake(pending), point.requestTake(pending)]).to.deep.equal([true, true])
  })
})

/** A repository whose exit writes can hang, as in a process that is killed meanwhile. */
class SlowRepository extends MemoryRepository {
  isStuckOnExits = false
  stuckExits = 0

  override keep(
    change: Parameters<MemoryRepository['keep']>[0],
  ): ReturnType<MemoryRepository['keep']> {
    if (!this.isStuckOnExits || change.exits === undefined) return super.keep(change)
    if (change.exits.length === 0) return super.keep(change)
    this.stuckExits++
    return new Promise(() => undefined)
  }
}

describe('A feed that resumes where it stopped', () => {
  let keeper: SlowRepository
  let venue: TestVenue
  let account: Account
  /** All prices of the feed, and how many of them the system has received. */
  let tape: Tick[]
  let read: number

  beforeEach(async () => {
    keeper = new SlowRepository()
    venue = new TestVenue()
    tape = []
    await start()
    await account.add(aPosition(), { trailingStop: { distancePct: 10 } }, 'test')
  })
  afterEach(() => account.stop())

  async function start(): Promise<void> {
    account = await openAccount({
      keeper,
      venue: venue.venue,
      beforeGuard: venue.deposit,
      timers: machineTimers,
      callTimeoutMs: 5_000,
      clock: { now: () => NOW, monotonic: () => NOW },
      ticks: { confirmMs: 5_000, maxTickAgeMs: OLD_MS },
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    account.checkpoint.place = () => read
    await account.settled()
    read = typeof account.state.feedPlace === 'number' ? account.state.feedPlace : tape.length
  }

  const print = (price: number, ageMs = 0): void => {
    tape.push({ instrument: instrumentId('ACME'), ts: NOW - ageMs, price })
  }

  /** Delivers the remaining prices, as the reader of the stream does. */
  async function readOn(): Promise<void> {
    for (; read < tape.length; read++) {
      const tick = tape[read]!
      if (NOW - tick.ts > 1_000) account.missed(tick)
      else account.tick(tick)
    }
    await account.settled()
  }

  /** Ends as kill -9 does: writes that were not durable are gone. */
  async function die(): Promise<void> {
    account.engine.actors.stopAll()
    await start()
  }

  const exits = (): unknown[] =>
    keeper.lines
      .filter(({ kind }) => kind === 'exit-intended')
      .map(({ level, price }) => [level, price])

  it('evaluates a crossing that happened while no process was running, exactly once', async () => {
    print(100)
    print(150)
    await readOn()
    await die()
    print(136, 20_000)
    print(134, 15_000)
    print(160, 10_000)
    await readOn()
    expect(exits()).to.deep.equal([[135, 134]])
    account.cycle()
    await account.settled()
    await die()
    await readOn()
    expect(exits()).to.have.length(1)
    expect(venue.fills.size).to.equal(1)
  })

  it('does not evaluate prices again that its stop has already been trailed past', async () => {
    print(100)
    print(99)
    print(150)
    await readOn()
    await die()
    await readOn()
    print(149)
    await readOn()
    expect(exits()).to.deep.equal([])
  })

  it('takes the best of prices that are too old to decide, and evaluates the next one', async () => {
    print(100)
    await readOn()
    await die()
    print(200, 120_000)
    print(1, 110_000)
    print(185, 20_000)
    await readOn()
    expect(exits()).to.deep.equal([])
    expect(account.tickPath.intake.unevaluated.old).to.equal(2)
    await die()
    print(179)
    await readOn()
    expect(exits()).to.deep.equal([[180, 179]])
  })

  it('evaluates a crossing again whose exit was not durable when its process died', async () => {
    print(100)
    await readOn()
    const before = read
    print(89)
    keeper.isStuckOnExits = true
    account.tick(tape[read++]!)
    await until(() => keeper.stuckExits === 1)
    account.cycle()
    keeper.isStuckOnExits = false
    await die()
    expect(read).to.equal(before)
    await readOn()
    expect(exits()).to.deep.equal([[90, 89]])
  })

  it('leaves a position alone that was opened after the prices that are read again', async () => {
    print(100)
    await readOn()
    print(50, 10_000)
    const openedAt = NOW - 5_000
    const id = positionId('later')
    await account.add(aPosition({ id, openedAt }), { stopLoss: { pct: 10 } }, 'test')
    await readOn()
    expect(exits()).to.deep.equal([[90, 50]])
    expect(account.state.positions.get(id)?.state).to.equal('open')
  })
})
