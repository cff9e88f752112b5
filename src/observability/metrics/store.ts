import { STORE_ROWS } from './facts.ts'
import { single, type MetricFamily } from './family.ts'

/** What is made durable. */
export const storeMetrics: MetricFamily = board => {
  writeMetrics(board)
  ownerMetrics(board)
}

/** Commits, and what waits for one. */
const writeMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_store_failing_writes',
      help: 'Writes that failed since the last one that went well.',
    },
    ({ writes }) => single(writes.failing),
  )
  board.counter(
    {
      name: 'watchkeeper_store_commits_total',
      help: 'Commits by whether the store took them.',
      labels: ['result'],
    },
    ({ writes: { commits } }) => [
      [{ result: 'ok' }, commits.ok],
      [{ result: 'failed' }, commits.failed],
    ],
  )
  board.gauge(
    {
      name: 'watchkeeper_store_waiting_rows',
      help: 'Rows that wait for their commit; what a kill could lose is the commit under way.',
      labels: ['table'],
    },
    ({ writes: { waiting } }) => STORE_ROWS.map(table => [{ table }, waiting[table]] as const),
  )
  board.gauge(
    {
      name: 'watchkeeper_store_ratchet_age_seconds',
      help: 'Age of the oldest price that may have moved a best price and is not on disk; 0: all are. A kill loses no more.',
    },
    ({ writes }) => single(writes.ratchetAgeMs / 1_000),
  )
  board.counter(
    {
      name: 'watchkeeper_journal_lines_total',
      help: 'Journal lines that this process has made durable.',
    },
    ({ writes }) => single(writes.journalLines),
  )
  board.counter(
    {
      name: 'watchkeeper_journal_lines_lost_total',
      help: 'Journal lines that were dropped because too many waited for a store that refused writes.',
    },
    ({ writes }) => single(writes.lostLines),
  )
}

/** The ownership of the store, and outages of its server. */
const ownerMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_store_owned',
      help: 'Whether this process may act on what it has read from the store, 1 or 0.',
    },
    facts => single(facts.store.isOurs ? 1 : 0),
  )
  board.gauge(
    {
      name: 'watchkeeper_store_lease_seconds',
      help: 'Time until nothing is sent any more unless the lease is renewed; 0 without a lease.',
    },
    facts => single((facts.store.leaseLeftMs ?? 0) / 1_000),
  )
  board.gauge(
    {
      name: 'watchkeeper_store_away_seconds',
      help: 'Time for which the server of the store has been away; 0 while it is there.',
    },
    facts => single((facts.store.outage?.forMs ?? 0) / 1_000),
  )
  board.gauge(
    {
      name: 'watchkeeper_store_outage_rows',
      help: 'Rows and journal lines that are kept on this machine for a server that is away.',
    },
    facts => single(facts.store.outage?.rows ?? 0),
  )
  board.counter(
    {
      name: 'watchkeeper_store_outages_total',
      help: 'Times that the server of the store went away.',
    },
    facts => single(facts.store.outages),
  )
  board.counter(
    {
      name: 'watchkeeper_store_losses_total',
      help: 'Times that the server had lost what it had acknowledged, and was written again.',
    },
    facts => single(facts.store.losses),
  )
}
