import type { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** Longest wait for a reader to take what is written, and for threads of the process, ms. */
const LONGEST_WAIT_MS = 1_000
const LOOK_MS = 10
/** What a thread may hang in for long: a resolver that does not answer, a file system that is away. */
const THREAD_WORK = ['GetAddrInfoReqWrap', 'GetNameInfoReqWrap', 'FSReqCallback', 'FSReqPromise']

/**
 * Ends this process at once by a signal, whatever its threads do. Signals that it sends to itself do
 * nothing to process 1 of a container: that one aborts.
 */
export function endNow(signal: NodeJS.Signals): never {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
  process.abort()
}

/**
 * Ends this process with an exit code when readers have taken what was written. A reader that stands
 * still is not waited for. Nor is a thread that hangs, for which an exit would wait: then the process
 * ends by a signal (SIGTERM where all went well, else SIGKILL).
 */
export async function endProcess(code: number, streams: readonly Writable[]): Promise<never> {
  await shortly(() => streams.every(({ writableLength }) => writableLength === 0))
  await shortly(() => !isThreadBusy())
  if (isThreadBusy()) endNow(code === 0 ? 'SIGTERM' : 'SIGKILL')
  process.exit(code)
}

const isThreadBusy = (): boolean =>
  process.getActiveResourcesInfo().some(name => THREAD_WORK.includes(name))

/** Resolves when that is so, or a while later. */
async function shortly(isSo: () => boolean): Promise<void> {
  const until = performance.now() + LONGEST_WAIT_MS
  while (!isSo() && performance.now() < until) await sleep(LOOK_MS)
}
