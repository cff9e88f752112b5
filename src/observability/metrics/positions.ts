import { LAYERS, NET_COUNTS } from '../../domain/layer.ts'
import { POSITION_STATES } from '../../domain/position.ts'
import { UNGUARDED_CAUSES } from '../../domain/unguarded.ts'
import { EXITABLE_STATES } from '../../ports/control/exitable.ts'
import { type MetricFamily } from './family.ts'

/** The open positions. */
export const positionMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_positions',
      help: 'Open positions by what becomes of them.',
      labels: ['state'],
    },
    facts => POSITION_STATES.map(state => [{ state }, facts.positions[state]] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_positions_exitable',
      help: 'Open positions that are not being exited, by whether an exit could be carried out now.',
      labels: ['state'],
    },
    facts => EXITABLE_STATES.map(state => [{ state }, facts.exitable[state]] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_positions_by_layer',
      help: 'Open positions by what protects them: the own guard, the stop at the venue, both or none.',
      labels: ['layer'],
    },
    facts => LAYERS.map(layer => [{ layer }, facts.layers[layer]] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_nets',
      help: 'Stops at the venue: resting, missing where rules ask for one, unproved after a cancel, and of no position (orphan).',
      labels: ['state'],
    },
    facts => NET_COUNTS.map(state => [{ state }, facts.nets[state]] as const),
  )
  board.counter(
    {
      name: 'watchkeeper_venue_layer_seconds_total',
      help: 'Time that positions were protected by their stops at the venue alone, summed over them.',
    },
    facts => [[{}, facts.venueLayerMs / 1_000]],
  )
  board.counter(
    {
      name: 'watchkeeper_unguarded_seconds_total',
      help: 'Time that positions were without a guard, summed over them, by the first cause that held.',
      labels: ['cause'],
    },
    facts =>
      UNGUARDED_CAUSES.map(
        cause => [{ cause }, (facts.unguardedMs.get(cause) ?? 0) / 1_000] as const,
      ),
  )
}
