import { WatchkeeperError } from '../errors.ts'
import { endNow, endProcess } from '../processes/ending.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal asks for an orderly stop, the second one ends at once. */
export function stopOnSignal(stop: () => void): void {
  for (const signal of STOP_SIGNALS) {
    let firstAt: number | undefined
    const heard = (): void => {
      firstAt ??= performance.now()
      if (performance.now() - firstAt < SAME_SIGNAL_MS) return stop()
      // The signal's own end: an exit would wait for threads of the store that are in mid-write.
      endNow(signal)
    }
    process.on(signal, heard)
  }
}

/** An end that hangs, as where a start never comes to its end, is over a moment after its deadline. */
export function endLate(deadlineMs: number): void {
  const endFailed = (): void => void endProcess(1, [process.stdout, process.stderr])
  setTimeout(endFailed, deadlineMs + LATE_MS).unref()
}

const LATE_MS = 2_000

/** Whoever signals a group of processes may reach this one twice, directly and through its parent. */
const SAME_SIGNAL_MS = 300

/** A report may end with its reader; a service goes on guarding when nobody reads its lines. */
export function outliveReader(): void {
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', () => undefined)
}

/** What nobody caught leaves nobody in charge: an orderly stop is tried once, then the process ends. */
export function stopOnUncaught(stop: (error: WatchkeeperError) => void): void {
  let isFirst = true
  process.on('uncaughtException', (cause: unknown) => {
    const text = cause instanceof Error ? cause.message : String(cause)
    const error = new WatchkeeperError('UNCAUGHT', text, { cause })
    const endFailed = (): void => void endProcess(1, [])
    if (!isFirst) endFailed()
    isFirst = false
    setTimeout(endFailed, LAST_MS).unref()
    stop(error)
  })
}

/** Longest time that an orderly stop may take after something nobody caught, ms. */
const LAST_MS = 5_000
