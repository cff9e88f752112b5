import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { FULL_LOAD, LiveLoad, type Audit, type LoadOptions } from './live-load.ts'
import { quantile } from './report.ts'

/** Heap that may be in use more at the end than after the warm-up, MiB; ids are used again. */
const HEAP_GROWTH_LIMIT_MIB = 16
const PROGRESS_MS = 10_000
/** The first latencies show compilation; the heap is compared from here on. */
const WARM_UP_MS = 10_000
const MIB = 2 ** 20

export interface SoakOptions extends LoadOptions {
  readonly warmUpMs: number
  readonly durationMs: number
  /** Called every ten seconds with the progress. */
  readonly progress: (line: string) => void
}

/** The results of a soak; times in ms, sizes in MiB. */
export interface SoakReport extends Audit {
  readonly ticks: number
  readonly ratchets: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly maxMs: number
  readonly delayP99Ms: number
  readonly delayMaxMs: number
  readonly heapBeforeMib: number
  readonly heapAfterMib: number
  readonly rssMib: number
}

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Heap and array buffers in use, MiB; after a collection where the process was started with one. */
function usedMib(): number {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / MIB
}

const rssMib = (): number => process.memoryUsage().rss / MIB

/** Keeps a live system under load, and then compares its account with its position table. */
export async function soak(options: SoakOptions): Promise<SoakReport> {
  const { warmUpMs, durationMs, progress } = options
  const load = await LiveLoad.open(options)
  load.start()
  await pause(warmUpMs)
  const heapBeforeMib = usedMib()
  load.latencies = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const latencies = await watch(load, { durationMs, delay, progress })
  delay.disable()
  await load.stop()
  const heapAfterMib = usedMib()
  const audit = await load.audit()
  const ratchets = load.rig.ratchetsWritten()
  await load.rig.close()
  return {
    ...audit,
    ticks: load.ticks,
    ratchets,
    heapBeforeMib,
    heapAfterMib,
    rssMib: rssMib(),
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    maxMs: quantile(latencies, 1),
    delayP99Ms: delay.percentile(99) / 1e6,
    delayMaxMs: delay.max / 1e6,
  }
}

/** Takes the latencies of each stretch out of the load; gives all of them. */
async function watch(
  load: LiveLoad,
  {
    durationMs,
    delay,
    progress,
  }: Pick<SoakOptions, 'durationMs' | 'progress'> & {
    delay: IntervalHistogram
  },
): Promise<number[]> {
  const all: number[] = []
  const start = performance.now()
  for (let left = durationMs; left > 0; left = start + durationMs - performance.now()) {
    await pause(Math.min(left, PROGRESS_MS))
    const stretch = load.latencies
    load.latencies = []
    for (const each of stretch) all.push(each)
    const [p50, p99, most] = [0.5, 0.99, 1].map(share => quantile(stretch, share).toFixed(3))
    progress(
      `${Math.round((performance.now() - start) / 1_000)} s  ticks ${load.ticks}  ` +
        `decided ${load.decided}  p50 ${p50}  p99 ${p99}  max ${most} ms  ` +
        `loop p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms  rss ${rssMib().toFixed(0)} MiB`,
    )
  }
  return all
}

/** What went wrong; empty when all went well. */
export function faultsOf({ lost, doubled, heapBeforeMib, heapAfterMib }: SoakReport): string[] {
  const grown = heapAfterMib - heapBeforeMib
  return [
    ...lost.map(each => `lost: ${each}`),
    ...doubled.map(each => `doubled: ${each}`),
    ...(grown > HEAP_GROWTH_LIMIT_MIB
      ? [`heap: found ${grown.toFixed(1)} MiB more, expected at most ${HEAP_GROWTH_LIMIT_MIB}`]
      : []),
  ]
}

function table({ lost, doubled, ...numbers }: SoakReport): string {
  const rows = { ...numbers, lost: lost.length, doubled: doubled.length }
  return Object.entries(rows)
    .map(([name, value]) => `${name.padEnd(16)} ${String(Number(value.toFixed(3))).padStart(14)}`)
    .join('\n')
}

/** `npm run soak -- 10`: minutes, default 10. */
async function main(minutes: number): Promise<void> {
  if (!(minutes > 0)) throw new Error('expected a number of minutes above zero')
  const say = (line: string): void => void process.stdout.write(`${line}\n`)
  const report = await soak({
    ...FULL_LOAD,
    warmUpMs: WARM_UP_MS,
    durationMs: minutes * 60_000,
    progress: say,
  })
  say(table(report))
  const faults = faultsOf(report)
  for (const fault of faults.slice(0, 20)) process.stderr.write(`${fault}\n`)
  if (faults.length > 0) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(Number(process.argv[2] ?? 10))
