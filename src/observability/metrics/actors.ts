import { type MetricFamily, single } from './family.ts'

/** Actors and their supervision. */
export const actorMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_monitors',
      help: 'Monitors of open positions: how many there should be, and how many live.',
      labels: ['kind'],
    },
    facts => {
      const { alive, expected } = facts.actors
      return [
        [{ kind: 'alive' }, alive],
        [{ kind: 'expected' }, expected],
      ]
    },
  )
  board.counter(
    {
      name: 'watchkeeper_monitor_restarts_total',
      help: 'Monitors that crashed and were replaced.',
    },
    facts => single(facts.restarts),
  )
  board.counter(
    {
      name: 'watchkeeper_dead_letters_total',
      help: 'Messages to actors that had stopped.',
    },
    facts => single(facts.deadLetters),
  )
}
