import { type MetricFamily } from './family.ts'

/** Prices from the feed. */
export const tickMetrics: MetricFamily = board => {
  board.counter(
    {
      name: 'watchkeeper_ticks_total',
      help: 'Ticks of guarded instruments by what became of them: evaluated, dropped as impossible, or too old.',
      labels: ['result'],
    },
    facts => {
      const { accepted, bad, old } = facts.ticks
      return [
        [{ result: 'evaluated' }, accepted],
        [{ result: 'bad' }, bad],
        [{ result: 'old' }, old],
      ]
    },
  )
}
