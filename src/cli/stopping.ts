import { WatchkeeperError } from '../errors.ts'
import { endNow, endProcess } from '../processes/ending.ts'

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** The first signal requests an orderly stop, the second one ends the process immediately. */
export function stopOnSignal(stop: () => void): void {
  for (const signal of STOP_SIGNALS) {
    let firstAt: number | undefined
    const heard = (): void => {
      firstAt ??= performance.now()
      if (performance.now() - firstAt < SAME_SIGNAL_MS) return stop()
      // End by a signal: an exit would wait for threads of the store that are writing.
      endNow(signal)
    }
    process.on(signal, heard)
  }
}

/** Ends a process that hangs on its way out, such as in a start, shortly after its deadline. */
export function endLate(deadlineMs: number): void {
  const endFailed = (): void => void endProcess(1, [process.stdout, process.stderr])
  setTimeout(endFailed, deadlineMs + LATE_MS).unref()
}

const LATE_MS = 2_000

/**
 * A signal to a process group may arrive twice, directly and through the parent process: the second
 * one within this time is ignored, ms.
 */
const SAME_SIGNAL_MS = 300

/** A report may end when its reader does; a service keeps guarding when its output is not read. */
export function outliveReader(): void {
  process.stdout.removeAllListeners('error')
  process.stdout.on('error', () => undefined)
}

/**
 * After an uncaught error the state is unreliable: one orderly stop is attempted, then the process
 * ends.
 */
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

/** Longest duration of an orderly stop after an uncaught error, ms. */
const LAST_MS = 5_000
