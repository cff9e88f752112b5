import { KILL_SWITCH_STATES } from '../../ports/control/kill-switch.ts'
import { oneOf, single, type MetricFamily } from './family.ts'

/** The service as a whole. */
export const serviceMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_build_info',
      help: 'Release that runs; always 1.',
      labels: ['version', 'node'],
    },
    facts => [[{ version: facts.version, node: facts.nodeVersion }, 1]],
  )
  board.gauge(
    {
      name: 'watchkeeper_start_time_seconds',
      help: 'Unix time at which the service started.',
    },
    facts => single(facts.startedAt / 1_000),
  )
  board.gauge(
    {
      name: 'watchkeeper_health_status',
      help: 'Health of the last monitoring cycle: 1 for the status that holds.',
      labels: ['status'],
    },
    facts => oneOf('status', ['pass', 'warn', 'fail'], facts.health),
  )
  board.gauge(
    {
      name: 'watchkeeper_mode',
      help: 'Whether exits are sent (guard) or only noted (observe): 1 for the mode that holds.',
      labels: ['mode'],
    },
    facts => oneOf('mode', ['guard', 'observe'], facts.mode),
  )
  board.gauge(
    {
      name: 'watchkeeper_kill_switch_state',
      help: 'Kill switch: 1 for the state that holds.',
      labels: ['state'],
    },
    facts => oneOf('state', KILL_SWITCH_STATES, facts.killSwitch),
  )
  board.counter(
    {
      name: 'watchkeeper_clock_jumps_total',
      help: 'Times that the wall clock moved more than two seconds against the monotonic one.',
    },
    facts => single(facts.clockJumps),
  )
}
