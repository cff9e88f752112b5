import { PerformanceObserver } from 'node:perf_hooks'

/** A turn of the event loop, or a pause of the garbage collector in it; times of `performance.now`, ms. */
interface Span {
  readonly from: number
  readonly until: number
}

/** A turn, and the processor time of all threads in it, ms. */
interface Turn extends Span {
  readonly cpuMs: number
}

/** The longest turn, ms, with and without the pauses of the garbage collector in it. */
export interface Longest {
  readonly ms: number
  readonly ownMs: number
}

/** Shorter turns are left out, ms. */
const SHORT_MS = 0.05
/** For how long the observer of the garbage collector may be late, ms. */
const LATE_MS = 20

/** Processor time of this process so far, ms. */
function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/**
 * Longest turn of the event loop while work is under way: by the clock, but no more than the processor
 * time of all threads in it, so that a machine that is busy with other programs is not counted.
 */
export async function longestTurn(work: () => Promise<unknown>): Promise<Longest> {
  const turns: Turn[] = []
  const pauses: Span[] = []
  const observer = new PerformanceObserver(list => {
    for (const { startTime, duration } of list.getEntries())
      pauses.push({ from: startTime, until: startTime + duration })
  })
  observer.observe({ entryTypes: ['gc'] })
  let isOver = false
  let from = 0
  let cpuFrom = 0
  const restart = (): void => {
    cpuFrom = processorMs()
    from = performance.now()
  }
  const turn = (): void => {
    const until = performance.now()
    if (until - from > SHORT_MS) turns.push({ from, until, cpuMs: processorMs() - cpuFrom })
    restart()
    if (!isOver) setImmediate(turn)
  }
  await new Promise(setImmediate)
  restart()
  setImmediate(turn)
  await work()
  isOver = true
  // The turn in which the work ended counts too.
  await new Promise(setImmediate)
  await new Promise(resolve => setTimeout(resolve, LATE_MS))
  observer.disconnect()
  return {
    ms: Math.max(0, ...turns.map(each => Math.min(each.until - each.from, each.cpuMs))),
    ownMs: Math.max(0, ...turns.map(each => ownOf(each, pauses))),
  }
}

/** What is left of a turn without the pauses of the garbage collector, ms. */
function ownOf({ from, until, cpuMs }: Turn, pauses: readonly Span[]): number {
  const paused = pauses
    .map(pause => Math.min(pause.until, until) - Math.max(pause.from, from))
    .reduce((sum, ms) => sum + Math.max(0, ms), 0)
  return Math.max(0, Math.min(until - from, cpuMs) - paused)
}
