import { type MetricFamily, single } from './family.ts'

/** What is made durable. */
export const storeMetrics: MetricFamily = board => {
  board.gauge(
    {
      name: 'watchkeeper_store_failing_writes',
      help: 'Writes that failed since the last one that went well.',
    },
    facts => single(facts.storeErrors),
  )
  board.counter(
    {
      name: 'watchkeeper_journal_lines_total',
      help: 'Journal lines that this process has made durable.',
    },
    facts => single(facts.journalLines),
  )
}
