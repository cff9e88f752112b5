import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { ExitAnswer, OrderState } from '../../src/ports/broker.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount, type OpenAccountOptions } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const ACME = instrumentId('ACME')
const STEP_MS = 50
/** Resolution of the measured delays: the monitoring cycle, and the delay of the query itself. */
const SLACK_MS = 3 * STEP_MS

/** What the settings `exits` of the configuration change in an open account. */
describe('settings of exits', () => {
  let timers: FakeTimers
  let keeper: MemoryRepository
  let venue: TestVenue
  let account: Account
  let placedAt: number[]
  let cancelledAt: number[]

  beforeEach(() => {
    timers = new FakeTimers()
    keeper = new MemoryRepository()
    venue = new TestVenue()
    placedAt = []
    cancelledAt = []
  })

  afterEach(() => account.engine.actors.stopAll())

  /** Guards a position and has it exited; each order is answered with `answer`. */
  async function exit(exits: OpenAccountOptions['exits'], answer: ExitAnswer): Promise<void> {
    const placed = new Set<string>()
    const known: OrderState =
      answer.kind === 'rejected' ? answer : { kind: 'working', executed: NOTHING }
    account = await openAccount({
      keeper,
      timers,
      random: () => 0.5,
      venue: quotes => ({
        ...venue.venue(quotes),
        placeExit: ({ clientOrderId }) => {
          placed.add(clientOrderId)
          placedAt.push(timers.now)
          return Promise.resolve(answer)
        },
        orderByClientId: id => Promise.resolve(placed.has(id) ? known : { kind: 'absent' }),
        cancel: () => {
          cancelledAt.push(timers.now)
          return Promise.resolve({ kind: 'working', executed: NOTHING })
        },
      }),
      beforeGuard: venue.deposit,
      clock: { now: () => 1_000_000 + timers.now, monotonic: timers.monotonic },
      callTimeoutMs: Infinity,
      onLine: () => undefined,
      onFatal: () => undefined,
      exits,
    })
    const position = aPosition({ id: P1, openedAt: 1_000_000 })
    await account.add(position, { stopLoss: { pct: 5 } }, 'test')
    for (const price of [100, 90]) {
      timers.pass(1)
      account.tick({ instrument: ACME, ts: 1_000_000 + timers.now, price })
      await settle()
    }
  }

  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      timers.pass(STEP_MS)
      account.cycle()
      await settle()
    }
  }

  async function settle(): Promise<void> {
    for (let round = 0; round < 20; round++) await new Promise(resolve => setImmediate(resolve))
  }

  const waits = (): number[] => placedAt.slice(1).map((at, index) => at - placedAt[index]!)
  const linesOf = (wanted: string) => keeper.lines.filter(({ kind }) => kind === wanted)

  function expectNear(found: readonly number[], expected: readonly number[]): void {
    expect(found.slice(0, expected.length)).to.have.length(expected.length)
    for (const [index, ms] of expected.entries()) {
      expect(found[index], String(found)).to.be.within(ms, ms + SLACK_MS)
    }
  }

  it('wait for retryMs after a rejection, twice as long each time up to maxRetryMs', async () => {
    await exit({ retryMs: 1_000, maxRetryMs: 3_000 }, { kind: 'rejected', code: 'refused' })
    await pass(12_000)
    // The first rejection is followed by an attempt after `retryMs`.
    expectNear(waits(), [1_000, 2_000, 3_000, 3_000])
  })

  it('wait for closedMarketRetryMs while the market is closed', async () => {
    const closedMarketRetryMs = 4_000
    await exit({ closedMarketRetryMs }, { kind: 'rejected', code: 'market-closed' })
    await pass(9_000)
    expectNear(waits(), [4_000, 4_000])
  })

  it('count an exit as stuck from loudAfter rejections on', async () => {
    await exit({ loudAfter: 2, retryMs: 1_000 }, { kind: 'rejected', code: 'refused' })
    await pass(500)
    expect(linesOf('exit-stuck')).to.have.length(0)
    await pass(1_000)
    expect(linesOf('exit-stuck')).to.have.length(1)
  })

  it('cancel an order that works longer than workingMs', async () => {
    await exit({ workingMs: 2_000 }, { kind: 'acknowledged' })
    await pass(1_800)
    expect(cancelledAt).to.deep.equal([])
    await pass(500)
    expectNear([cancelledAt[0]! - placedAt[0]!], [2_000])
  })

  it('report an order that is unproved for loudAfterMs beyond workingMs', async () => {
    await exit({ workingMs: 2_000, loudAfterMs: 3_000 }, { kind: 'acknowledged' })
    await pass(4_500)
    expect(linesOf('exit-unproved')).to.have.length(0)
    await pass(1_000)
    expect(linesOf('exit-unproved')).to.have.length(1)
  })
})

const NOTHING = { quantity: 0, price: null }
