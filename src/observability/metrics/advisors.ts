import { ADVISOR_STATES, ADVISOR_RESULTS } from './advisor-facts.ts'
import type { MetricFamily } from './family.ts'

/** Programs that advise: whether they run, and what became of what they asked for. */
export const advisorMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_advisor_state',
      help: 'State of an advisor: 1 for the one that holds.',
      labels: ['advisor', 'state'],
    },
    ({ advisors }) =>
      advisors.flatMap(({ advisor, state }) =>
        ADVISOR_STATES.map(each => [{ advisor, state: each }, each === state ? 1 : 0] as const),
      ),
  )
  board.gauge(
    {
      name: 'watchkeeper_advisor_update_age_seconds',
      help: 'Age of the last update that an advisor has confirmed; absent before the first one.',
      labels: ['advisor'],
    },
    ({ advisors }) =>
      advisors.flatMap(({ advisor, confirmedAgeMs }) =>
        confirmedAgeMs === undefined ? [] : [[{ advisor }, confirmedAgeMs / 1_000] as const],
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_advisor_restarts_total',
      help: 'How often the process of an advisor has ended or was killed.',
      labels: ['advisor'],
    },
    ({ advisors }) => advisors.map(({ advisor, restarts }) => [{ advisor }, restarts]),
  )
  board.counter(
    {
      name: 'watchkeeper_advisor_requests_total',
      help: 'What advisors asked for: tightened stops, exits and notes that were carried out, and refusals.',
      labels: ['advisor', 'result'],
    },
    ({ advisors }) =>
      advisors.flatMap(({ advisor, requests }) =>
        ADVISOR_RESULTS.map(result => [{ advisor, result }, requests[result]] as const),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_advisor_odd_lines_total',
      help: 'Lines of advisors that were left out: no request, or too many in a second.',
      labels: ['advisor', 'kind'],
    },
    ({ advisors }) =>
      advisors.flatMap(({ advisor, lines }) => [
        [{ advisor, kind: 'invalid' }, lines.invalid],
        [{ advisor, kind: 'dropped' }, lines.dropped],
      ]),
  )
}
