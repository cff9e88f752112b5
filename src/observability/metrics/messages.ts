import type { MetricFamily } from './family.ts'

/** What persons are sent of events, and what they send to a bot. */
export const messageMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_messages_total',
      help: 'Messages about events by channel: delivered, tries of a channel that takes none, left out because too many waited.',
      labels: ['channel', 'result'],
    },
    ({ notices: { channels } }) =>
      channels.flatMap(({ channel, delivered, failed, leftOut }) => [
        [{ channel, result: 'delivered' }, delivered],
        [{ channel, result: 'failed' }, failed],
        [{ channel, result: 'left-out' }, leftOut],
      ]),
  )
  board.gauge(
    {
      name: 'watchkeeper_messages_waiting',
      help: 'Messages about events that a channel has not taken yet.',
      labels: ['channel'],
    },
    ({ notices: { channels } }) => channels.map(({ channel, waiting }) => [{ channel }, waiting]),
  )
  board.counter(
    {
      name: 'watchkeeper_commands_total',
      help: 'Messages to the bot of a channel: answers, acts, refusals of users and confirmations, and those that are no command.',
      labels: ['channel', 'result'],
    },
    ({ notices: { commands } }) =>
      commands.flatMap(({ channel, counts }) =>
        Object.entries(counts).map(([result, count]) => [{ channel, result }, count] as const),
      ),
  )
}
