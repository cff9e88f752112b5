import { Session } from 'node:inspector/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { WatchkeeperError } from '../errors.ts'

/** Time between two samples, µs: at 10 s this makes a profile of some MB. */
const SAMPLE_US = 1_000

let isBusy = false

/**
 * Samples the process for so many ms. Returns the text of a .cpuprofile file, which Chrome DevTools
 * opens. `onBegin` is called once no other profile is in the way.
 *
 * @throws WatchkeeperError PROFILE_RUNNING while another profile is recorded.
 */
export async function cpuProfile(ms: number, onBegin?: () => void): Promise<string> {
  if (isBusy) throw new WatchkeeperError('PROFILE_RUNNING', 'one profile is being made already')
  isBusy = true
  const session = new Session()
  try {
    onBegin?.()
    session.connect()
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US })
    await session.post('Profiler.start')
    await sleep(ms)
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
    isBusy = false
  }
}
