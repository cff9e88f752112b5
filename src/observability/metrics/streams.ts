import type { MetricFacts } from './facts.ts'
import { single, type MetricFamily } from './family.ts'

/** Streams of venues: connections, and the messages that came on them. */
export const streamMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_stream_up',
      help: 'Whether a WebSocket stream of a venue is connected.',
      labels: ['stream'],
    },
    ({ streams }) => streams.streams.map(({ stream, isUp }) => [{ stream }, isUp ? 1 : 0]),
  )
  board.counter(
    {
      name: 'watchkeeper_stream_reconnects_total',
      help: 'Connections of a stream that were made after its first.',
      labels: ['stream'],
    },
    ({ streams }) => streams.streams.map(({ stream, reconnects }) => [{ stream }, reconnects]),
  )
  board.counter(
    {
      name: 'watchkeeper_stream_messages_total',
      help: 'Messages of the streams of a venue that were read.',
    },
    ({ streams }: MetricFacts) => single(streams.messages),
  )
  board.counter(
    {
      name: 'watchkeeper_stream_odd_messages_total',
      help: 'Those of them that proved nothing, by what was wrong with them.',
      labels: ['kind'],
    },
    ({ streams }) => Object.entries(streams.oddities).map(([kind, count]) => [{ kind }, count]),
  )
}
