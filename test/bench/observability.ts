import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import { ExitTimes } from '../../src/observability/exit-times.ts'
import { Meters } from '../../src/observability/meters.ts'
import { Profiler } from '../../src/observability/profiler.ts'
import { ExitTraces } from '../../src/observability/tracing.ts'
import { addAll, liveRig, spread, type LiveRig } from './live-rig.ts'
import { calmTicks } from './prices.ts'
import { figure, median, type Figure } from './report.ts'
import { scraper } from './scraper.ts'

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
  await rig.account.settled()
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
    on: { account: on.account, cycle: () => inService(on, measured) },
    off: { account: off.account, cycle: () => off.account.cycle() },
  }
  const times = { on: [] as Spent[], off: [] as Spent[] }
  for (let slice = 0; slice < SLICES; slice++) {
    const first = (slice * TICKS_A_CYCLE) % TICKS
    const order = slice % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    for (const name of order) {
      const { account, cycle } = ways[name]
      const from = performance.now()
      for (let index = first; index < first + TICKS_A_CYCLE; index++) account.tick(ticks[index]!)
      const ticked = performance.now()
      cycle()
      times[name].push({ tickMs: ticked - from, cycleMs: performance.now() - ticked })
      await account.settled()
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

const inService = ({ account }: LiveRig, measured: Meters): void =>
  measured.cycle({ positions: POSITIONS, events: account.state.counts }, profiler =>
    account.cycle(profiler),
  )

async function scraped(rig: LiveRig, measured: Meters): Promise<Figure[]> {
  const { scrape } = scraper(rig, measured)
  const times: number[] = []
  const cpu = process.cpuUsage()
  for (let count = 0; count < SCRAPES; count++) {
    const from = performance.now()
    await scrape()
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
function profiled({ account }: LiveRig): Figure[] {
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
    account.cycle()
    return performance.now() - start
  })
  return [
    figure('observability: profiling, share of a cycle', '%', (addedMs / median(cycles)) * 100),
    figure('observability: profiling of a cycle', 'µs', addedMs * 1_000),
  ]
}
