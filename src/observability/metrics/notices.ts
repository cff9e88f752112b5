import { single, type MetricFamily } from './family.ts'

/** Messages about health that people receive without Prometheus. */
export const noticeMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_notifications_total',
      help: 'Messages about health to all channels: delivered, tries of a channel that takes none, changes left out.',
      labels: ['result'],
    },
    ({ notices: { delivered, failed, leftOut } }) => [
      [{ result: 'delivered' }, delivered],
      [{ result: 'failed' }, failed],
      [{ result: 'left-out' }, leftOut],
    ],
  )
  board.gauge(
    {
      name: 'watchkeeper_notifications_waiting',
      help: 'Channels that have not taken the last state of health.',
    },
    ({ notices }) => single(notices.waiting),
  )
  board.counter(
    {
      name: 'watchkeeper_heartbeats_total',
      help: 'Calls of the heartbeat URL, by whether they were answered.',
      labels: ['result'],
    },
    ({ notices: { beats, missedBeats } }) => [
      [{ result: 'answered' }, beats],
      [{ result: 'failed' }, missedBeats],
    ],
  )
}
