import { Worker } from 'node:worker_threads'

export interface WatchdogOptions {
  /** The process is killed when its event loop was blocked for so long, ms. */
  readonly exitOnBlockedMs: number
}

/** A watchdog of this process's event loop. */
export interface Watchdog {
  /** Ends the watch; resolves when its thread has ended. */
  stop(): Promise<void>
}

/** Heartbeats of the loop within that time. */
const BEATS = 10

/**
 * Kills this process (SIGKILL, after one line on stderr; process 1 of a container by an abort) when
 * its event loop is blocked: the next process recovers from the store. Calls `onFailure` when the
 * watch itself fails.
 */
export function startWatchdog(
  { exitOnBlockedMs }: WatchdogOptions,
  onFailure: (error: Error) => void,
): Watchdog {
  const shared = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  const counter = new Int32Array(shared)
  const checkMs = Math.max(1, Math.floor(exitOnBlockedMs / BEATS))
  const worker = new Worker(new URL('./watchdog.cjs', import.meta.url), {
    workerData: { shared, exitOnBlockedMs, checkMs },
    // Only plain JavaScript runs there: it needs no loader of this process.
    execArgv: [],
  })
  let isStopping = false
  const ended = new Promise<void>(resolve => worker.once('exit', () => resolve()))
  worker.unref()
  worker.on('error', onFailure)
  worker.on('exit', code => {
    if (!isStopping) onFailure(new Error(`the watchdog has ended with ${code}`))
  })
  const beats = setInterval(() => Atomics.add(counter, 0, 1), checkMs)
  beats.unref()
  return {
    stop: () => {
      isStopping = true
      clearInterval(beats)
      Atomics.store(counter, 1, 1)
      Atomics.notify(counter, 1)
      worker.ref()
      return ended
    },
  }
}
