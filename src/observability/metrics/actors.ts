import { ACTOR_STATUSES } from '../../ports/supervision.ts'
import type { ActorFacts, MetricFacts } from './facts.ts'
import { single, type MetricFamily } from './family.ts'

/** Actors and their supervision. */
export const actorMetrics: MetricFamily = board => {
  const each = (value: (actors: ActorFacts) => number) => (facts: MetricFacts) =>
    facts.actors.map(actors => [{ kind: actors.kind }, value(actors)] as const)
  board.gauge(
    {
      name: 'watchkeeper_actors',
      help: 'Actors by state: running, in restart backoff, or quarantined.',
      labels: ['kind', 'state'],
    },
    facts =>
      facts.actors.flatMap(({ kind, states }) =>
        ACTOR_STATUSES.map(state => [{ kind, state }, states[state]] as const),
      ),
  )
  board.counter(
    {
      name: 'watchkeeper_actor_restarts_total',
      help: 'Incarnations that replaced another one: it crashed, did not start, or by hand.',
      labels: ['kind', 'cause'],
    },
    facts => facts.restarts.map(({ count, ...labels }) => [labels, count] as const),
  )
  board.counter(
    {
      name: 'watchkeeper_actor_messages_total',
      help: 'Messages that actors have handled.',
      labels: ['kind'],
    },
    each(({ handled }) => handled),
  )
  board.counter(
    {
      name: 'watchkeeper_actor_busy_seconds_total',
      help: 'Time in which actors handled messages.',
      labels: ['kind'],
    },
    each(({ busyMs }) => busyMs / 1_000),
  )
  board.gauge(
    {
      name: 'watchkeeper_mailbox_messages',
      help: 'Messages that actors have not begun yet.',
      labels: ['kind'],
    },
    each(({ queued }) => queued),
  )
  board.counter(
    {
      name: 'watchkeeper_dead_letters_total',
      help: 'Messages to actors that had stopped.',
    },
    facts => single(facts.deadLetters),
  )
}
