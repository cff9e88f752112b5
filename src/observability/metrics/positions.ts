import { POSITION_GROUPS } from './facts.ts'
import { type MetricFamily } from './family.ts'

/** The open positions. */
export const positionMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_positions',
      help: 'Open positions by what becomes of them.',
      labels: ['state'],
    },
    facts => POSITION_GROUPS.map(state => [{ state }, facts.positions[state]] as const),
  )
}
