import { expect } from 'chai'
import { send } from '../../src/actors/actor.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { InstrumentTable, PLAIN_INSTRUMENT } from '../../src/domain/instrument.ts'
import { healthStatus } from '../../src/observability/health.ts'
import { supervisionSchema } from '../../src/resilience/supervision-policy.ts'
import { healthFacts } from '../../src/system/facts.ts'
import { LiveSystem } from '../../src/system/live.ts'
import { aPosition } from '../support/builders.ts'
import { FakeTimers } from '../support/fake-timers.ts'
import { MemoryKeeper } from '../support/memory-keeper.ts'
import { TestVenue } from '../support/test-venue.ts'

const P1 = positionId('p1')
const START = 1_000
const STALE_MS = 10_000
/** Never open: it has no day. */
const CLOSED = new InstrumentTable([
  [
    'ACME',
    {
      ...PLAIN_INSTRUMENT,
      hours: {
        timezone: 'UTC',
        sessions: [{ open: 0, close: 1 }],
        days: new Set<number>(),
        exceptions: new Map(),
      },
    },
  ],
])

describe('Guarding', () => {
  let timers: FakeTimers
  let keeper: MemoryKeeper
  let venue: TestVenue
  let system: LiveSystem

  const now = (): number => START + timers.now

  async function open(instruments = new InstrumentTable()): Promise<void> {
    system = await LiveSystem.open({
      ...{ keeper, timers, instruments, random: () => 0.5, freshMs: STALE_MS },
      venue: venue.venue,
      beforeGuard: venue.deposit,
      clock: { now, monotonic: timers.monotonic },
      callTimeoutMs: 5_000,
      supervision: supervisionSchema.parse({ monitor: { backoff: { jitter: 0 } } }),
      onLine: () => undefined,
      onFatal: () => undefined,
    })
    await system.add(aPosition({ id: P1, openedAt: START }), { stopLoss: { pct: 5 } }, 'test')
    await turn()
  }

  beforeEach(() => {
    timers = new FakeTimers()
    keeper = new MemoryKeeper()
    venue = new TestVenue()
  })

  afterEach(() => {
    system.core.actors.stopAll()
  })

  async function turn(): Promise<void> {
    for (let round = 0; round < 10; round++) await new Promise(resolve => setImmediate(resolve))
  }

  async function tick(price = 100): Promise<void> {
    system.tick({ instrument: instrumentId('ACME'), ts: now(), price })
    await turn()
  }

  async function cycle(ms: number): Promise<void> {
    timers.pass(ms)
    await turn()
    system.cycle()
    await turn()
  }

  async function crash(): Promise<void> {
    const { watch, epoch } = system.core.roster.get(P1)!
    if (watch.kind === 'alive') system.core.actors.stop(watch.ref)
    const actor = { kind: 'monitor', positionId: P1 } as const
    send(system.core.supervisor, { kind: 'down', actor, epoch, reason: new Error('crashed') })
    await turn()
  }

  const registered = () => system.state.register.get(P1)!
  const cause = () => system.guarding.causeOf(registered())
  const ms = () => system.guarding.unguardedMs(registered())
  const status = () => {
    const limits = { startedAt: START, exitOverdueMs: 60_000, staleMs: STALE_MS }
    const { checks } = healthStatus(healthFacts(system, { now: now(), ...limits }))
    return {
      unguarded: checks['positions:unguarded']![0]!,
      stale: checks['prices:stale']![0]!,
      guarded: checks['positions:guarded']![0]!.observedValue,
    }
  }

  it('counts a position without any price, and stops once there is one', async () => {
    await open()
    await cycle(500)
    await cycle(500)
    expect([cause(), ms()]).to.deep.equal(['price', 500])
    await tick()
    expect(cause()).to.equal(undefined)
    await cycle(500)
    await cycle(500)
    // The half second in which the price came counts as a whole.
    expect(ms()).to.equal(1_000)
  })

  it('counts a price that is too old, of which health only warns', async () => {
    await open()
    await tick()
    await cycle(500)
    await cycle(STALE_MS)
    expect(cause()).to.equal('price')
    const { unguarded, stale, guarded } = status()
    expect([unguarded.status, stale.status, guarded]).to.deep.equal(['pass', 'warn', 0])
    expect(system.guarding.totals.get('price')).to.be.greaterThan(0)
  })

  it('looks at whoever is there now: come, gone, or with another monitor', async () => {
    await open()
    await tick()
    await cycle(500)
    const found = (): number[] => [system.guarding.last.expected, system.guarding.last.guarded]
    expect(found()).to.deep.equal([1, 1])
    await system.add(aPosition({ id: positionId('p2') }), { stopLoss: { pct: 5 } }, 'test')
    await cycle(500)
    expect(found()).to.deep.equal([2, 2])
    await crash()
    await crash()
    await cycle(1)
    expect(found()).to.deep.equal([2, 1])
    await system.release(P1, 'test')
    await cycle(500)
    expect(found()).to.deep.equal([1, 1])
  })

  it('needs no price of a market that is closed', async () => {
    await open(CLOSED)
    await cycle(500)
    await cycle(500)
    expect([cause(), ms()]).to.deep.equal([undefined, 0])
  })

  it('counts the waits of a monitor to the millisecond, also those between two looks', async () => {
    await open()
    await tick()
    await cycle(500)
    await cycle(500)
    const before = ms()
    await crash()
    expect(cause()).to.equal(undefined)
    await crash()
    // The first restart is at once, the second after 200 ms.
    expect(cause()).to.equal('monitor')
    timers.pass(200)
    await turn()
    expect(cause()).to.equal(undefined)
    await cycle(300)
    expect(ms() - before).to.equal(200)
  })

  it('holds nobody for guarded while the kill switch is halt, and says so for each', async () => {
    await open()
    await tick()
    await cycle(500)
    const before = ms()
    await system.byHand.setKillSwitch({
      state: 'halt',
      since: now(),
      by: { who: 'test', from: 'test' },
    })
    await cycle(500)
    await cycle(500)
    expect([cause(), ms() - before]).to.deep.equal(['halt', 1_000])
    expect(status().unguarded.output).to.include('p1: the kill switch is halt')
    expect(status().guarded).to.equal(0)
  })

  it('counts the time in which no process was there', async () => {
    await open()
    await tick()
    await cycle(500)
    const before = ms()
    timers.pass(60_000)
    const told = system.guarding.countDown(now() - 60_000)
    expect(told).to.deep.equal({ positions: 1, downMs: 60_000 })
    expect(system.guarding.totals.get('down')).to.equal(60_000)
    expect(ms() - before).to.be.at.least(60_000)
  })
})
