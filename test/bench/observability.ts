import { machineTimers } from '../../src/app/machine-timers.ts'
import { NO_STREAMS } from '../../src/app/venue-prices.ts'
import { CallDesk } from '../../src/calls/call-desk.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { ExitTimes } from '../../src/observability/exit-times.ts'
import { Meters } from '../../src/observability/meters.ts'
import { Profiler } from '../../src/observability/profiler.ts'
import { ExitTraces } from '../../src/observability/tracing.ts'
import { breakerOptions } from '../../src/resilience/breaker-options.ts'
import { throttleOptions } from '../../src/resilience/throttle.ts'
import { metricFacts } from '../../src/views/metric-facts.ts'
import { NO_REDIS } from '../../src/views/redis-view.ts'
import { addAll, liveRig, spread, type LiveRig } from './live-rig.ts'
import { calmTicks } from './prices.ts'
import { figure, median, type Figure } from './report.ts'

const POSITIONS = 10_000
const INSTRUMENTS = 500
const TICKS = 200_000
/** As many as come in a cycle at 20,000 ticks a second. */
const TICKS_A_CYCLE = 10_000
const SLICES = 200
const SCRAPES = 60
const CYCLES = 2_000

const clock = { now: () => Date.now(), monotonic: () => performance.now() }

/** What it costs to measure: a scrape, a tick, a cycle. */
export async function observability(): Promise<Figure[]> {
  const measured = new Meters(clock)
  const on = await rigOf({
    followers: [
      new ExitTimes({ ...clock, measure: (stretch, ms) => measured.exitTook(stretch, ms) }),
      new ExitTraces({ version: 'bench', now: clock.now }),
    ],
  })
  const off = await rigOf({})
  const ticks = await tickPath({ on, off, measured })
  const scrapes = await scraped(on, measured)
  const shares = profiled(on)
  measured.stop()
  for (const rig of [on, off]) await rig.close()
  return [...ticks, ...scrapes, ...shares]
}

async function rigOf(options: Parameters<typeof liveRig>[0]): Promise<LiveRig> {
  const rig = await liveRig(options)
  const positionOf = (index: number): Position => ({
    id: positionId(`p${index}`),
    instrument: instrumentId(`I${index % INSTRUMENTS}`),
    side: 'long',
    quantity: 1,
    entryPrice: 100,
    openedAt: 0,
    multiplier: 1,
    priceSource: 'trade',
  })
  await addAll(rig, spread(POSITIONS, positionOf))
  await rig.system.settled()
  return rig
}

interface Both {
  readonly on: LiveRig
  readonly off: LiveRig
  readonly measured: Meters
}

/** Ticks, and the cycles that come with them, measured as in the service and not at all, in turns. */
async function tickPath({ on, off, measured }: Both): Promise<Figure[]> {
  const ticks = calmTicks(TICKS, INSTRUMENTS)
  const ways = {
    on: { system: on.system, cycle: () => inService(on, measured) },
    off: { system: off.system, cycle: () => off.system.cycle() },
  }
  const times = { on: [] as Spent[], off: [] as Spent[] }
  for (let slice = 0; slice < SLICES; slice++) {
    const first = (slice * TICKS_A_CYCLE) % TICKS
    const order = slice % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    for (const name of order) {
      const { system, cycle } = ways[name]
      const from = performance.now()
      for (let index = first; index < first + TICKS_A_CYCLE; index++) system.tick(ticks[index]!)
      const ticked = performance.now()
      cycle()
      times[name].push({ tickMs: ticked - from, cycleMs: performance.now() - ticked })
      await system.settled()
    }
  }
  const medianOf = (name: 'on' | 'off', what: keyof Spent): number =>
    median(times[name].slice(SLICES / 4).map(each => each[what]))
  const ns = (name: 'on' | 'off'): number => (medianOf(name, 'tickMs') * 1e6) / TICKS_A_CYCLE
  return [
    figure('observability: a tick, measured against not', 'ns', ns('on'), ns('off')),
    figure(
      'observability: a cycle, measured against not',
      'ms',
      medianOf('on', 'cycleMs'),
      medianOf('off', 'cycleMs'),
    ),
  ]
}

interface Spent {
  readonly tickMs: number
  readonly cycleMs: number
}

const inService = ({ system }: LiveRig, measured: Meters): void =>
  measured.cycle({ positions: POSITIONS, events: system.state.counts }, profiler =>
    system.cycle(profiler),
  )

async function scraped({ system }: LiveRig, measured: Meters): Promise<Figure[]> {
  const desk = new CallDesk({
    limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }],
    breakers: {
      orders: breakerOptions.parse({}),
      account: breakerOptions.parse({}),
      quotes: breakerOptions.parse({}),
    },
    throttle: throttleOptions.parse({}),
    laneBound: 1_000,
    callTimeoutMs: 1_000,
    ...clock,
    timers: machineTimers,
    random: Math.random,
    load: () => ({ averageCycleMs: 0, loopDelayMs: 0, errors: 0 }),
  })
  const notices = {
    commands: [],
    channels: [],
    delivered: 0,
    failed: 0,
    leftOut: 0,
    waiting: 0,
    beats: 0,
    missedBeats: 0,
  }
  const store = { place: 'bench', isOurs: true, risks: [], outages: 0, losses: 0 }
  const times: number[] = []
  const exitable = {
    counts: () => ({ yes: 0, no: 0, unknown: 0 }),
    credentialsEndAt: undefined,
  }
  const cpu = process.cpuUsage()
  for (let scrape = 0; scrape < SCRAPES; scrape++) {
    const now = clock.now()
    const from = performance.now()
    const facts = await metricFacts(
      { system, desk, store, performance: measured, notices, exitable, monotonicMs: from },
      {
        version: 'bench',
        startedAt: now,
        now,
        health: 'pass',
        healthAt: now,
        redis: NO_REDIS,
        streams: NO_STREAMS,
      },
    )
    await measured.board.scrape(facts, 'openmetrics')
    times.push(performance.now() - from)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  const { user, system: kernel } = process.cpuUsage(cpu)
  const warm = times.slice(SCRAPES / 3)
  const name = 'observability: scrape with 10,000 positions'
  return [
    figure(name, 'ms', median(warm)),
    figure(`${name}, the fastest`, 'ms', Math.min(...warm)),
    figure(`${name}, processor time of all threads`, 'ms', (user + kernel) / 1_000 / SCRAPES),
  ]
}

/** What `profileCycle` and six phases add to a cycle over 10,000 positions. */
function profiled({ system }: LiveRig): Figure[] {
  const profiler = new Profiler(clock)
  const phases = ['clock', 'deadlines', 'actors', 'flush', 'guarding', 'health']
  const emptyCycle = (): void => {
    profiler.profileCycle(() => {
      for (const phase of phases) profiler.phase(phase, () => undefined)
    })
  }
  for (let cycle = 0; cycle < CYCLES; cycle++) emptyCycle()
  const from = performance.now()
  for (let cycle = 0; cycle < CYCLES; cycle++) emptyCycle()
  const addedMs = (performance.now() - from) / CYCLES
  const cycles = Array.from({ length: 40 }, () => {
    const start = performance.now()
    system.cycle()
    return performance.now() - start
  })
  return [
    figure('observability: profiling, share of a cycle', '%', (addedMs / median(cycles)) * 100),
    figure('observability: profiling of a cycle', 'µs', addedMs * 1_000),
  ]
}
