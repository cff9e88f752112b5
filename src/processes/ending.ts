import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait for readers of the output and for threads of the process, ms. */
const LONGEST_WAIT_MS = 1_000
const CHECK_MS = 10
/**
 * Operations that may block a thread for long: a resolver that does not answer, an unreachable file
 * system.
 */
const THREAD_WORK = ['GetAddrInfoReqWrap', 'GetNameInfoReqWrap', 'FSReqCallback', 'FSReqPromise']

/**
 * Ends this process immediately with a signal, whatever its threads do. Process 1 of a container
 * ignores signals that it sends to itself: that process aborts.
 */
export function endNow(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.abort()
}

/**
 * Ends this process with an exit code once its output was read. It does not wait for a reader that
 * has stopped reading. Nor does it wait for a blocked thread, which would delay `process.exit`:
 * then the process ends with a signal (SIGTERM after a success, else SIGKILL).
 */
export async function endProcess(code: number, streams: readonly Writable[]): Promise<never> {
  await shortly(() => streams.every(({ writableLength }) => writableLength === 0))
  await shortly(() => !isThreadBusy())
  if (isThreadBusy()) endNow(code === 0 ? 'SIGTERM' : 'SIGKILL')
  process.exit(code)
}

const isThreadBusy = (): boolean =>
  process.getActiveResourcesInfo().some(name => THREAD_WORK.includes(name))

/** Resolves when the output was read, or after a timeout. */
async function shortly(isSo: () => boolean): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MS
  while (!isSo() && performance.now() < until) await sleep(CHECK_MS)
}
