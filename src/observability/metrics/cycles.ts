import { single, type MetricFamily } from './family.ts'

/** The phases of a monitoring cycle, in their order. */
export const CYCLE_PHASES = ['clock', 'deadlines', 'actors', 'flush', 'guarding', 'health'] as const

/** The monitoring cycles, and the event loop that they share with everything else. */
export const cycleMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_cycles_total',
      help: 'Monitoring cycles, by whether they ended with an error.',
      labels: ['result'],
    },
    ({ cycles: { ok, failed } }) => [
      [{ result: 'ok' }, ok],
      [{ result: 'failed' }, failed],
    ],
  )
  board.counter(
    {
      name: 'watchkeeper_cycles_empty_total',
      help: 'Monitoring cycles without a position to evaluate.',
    },
    ({ cycles }) => single(cycles.empty),
  )
  board.counter(
    {
      name: 'watchkeeper_cycle_phase_seconds_total',
      help: 'Time that monitoring cycles have spent, by phase.',
      labels: ['phase'],
    },
    ({ cycles: { phasesMs } }) =>
      CYCLE_PHASES.map(phase => [{ phase }, (phasesMs.get(phase) ?? 0) / 1_000] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_health_age_seconds',
      help: 'Age of the last health snapshot; it grows when cycles fail.',
    },
    ({ cycles }) => single(cycles.healthAgeMs / 1_000),
  )
  board.counter(
    {
      name: 'watchkeeper_event_loop_active_seconds_total',
      help: 'Time in which the event loop had work; its rate is the share of a core that it takes.',
    },
    ({ cycles }) => single(cycles.loopActiveMs / 1_000),
  )
}
