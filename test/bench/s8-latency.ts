import { monitorEventLoopDelay } from 'node:perf_hooks'
import { FULL_LOAD, LiveLoad } from './live-load.ts'
import { figure, quantile, type Figure } from './report.ts'

const WARM_UP_MS = 5_000
const MEASURED_MS = 20_000

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** Tick → decision in real time; ends by itself after half a minute. */
export async function latency(): Promise<Figure[]> {
  const load = await LiveLoad.open(FULL_LOAD)
  load.start()
  await pause(WARM_UP_MS)
  load.latencies = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const [cpu, start, ticks] = [process.cpuUsage(), performance.now(), load.ticks]
  await pause(MEASURED_MS)
  const { user, system } = process.cpuUsage(cpu)
  const elapsedMs = performance.now() - start
  const rate = ((load.ticks - ticks) * 1_000) / elapsedMs
  const latencies = load.latencies
  delay.disable()
  await load.stop()
  const { lost, doubled } = await load.audit()
  await load.rig.close()
  if (lost.length + doubled.length > 0) throw new Error([...lost, ...doubled].join('\n'))
  const name = 'S8 tick → decision, 10,000 positions'
  return [
    figure('S8 ticks delivered, 10,000 positions', 'ticks/s', rate),
    figure('S8 exits decided', 'exits/s', (latencies.length * 1_000) / elapsedMs),
    figure(`${name}: p50`, 'ms', quantile(latencies, 0.5)),
    figure(`${name}: p99`, 'ms', quantile(latencies, 0.99)),
    figure(`${name}: max`, 'ms', quantile(latencies, 1)),
    figure(
      'S8 share of a core, all threads and the load itself',
      '%',
      (user + system) / elapsedMs / 10,
    ),
    figure(
      'S8 event-loop delay, the timer of 1 ms included: p99',
      'ms',
      delay.percentile(99) / 1e6,
    ),
    figure('S8 event-loop delay, the timer of 1 ms included: max', 'ms', delay.max / 1e6),
  ]
}
