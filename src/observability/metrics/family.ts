import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricFacts } from './facts.ts'

/** Adds a family of metrics to a board. One file and one registry line each. */
export type MetricFamily = (board: Board) => void

/** One value for each combination of labels; a combination that is not named is not shown. */
export type Values = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>

interface Described {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
}

/** Takes a duration in seconds, and the values of the labels. */
export type Observe = (seconds: number, values?: Readonly<Record<string, string>>) => void

/** From half a millisecond to a minute: an exit may wait for its broker. */
const BUCKETS = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5],
  ...[1, 2.5, 5, 10, 30, 60],
]

/** The metrics of one service, all read from the same facts when they are scraped. */
export class Board {
  readonly registry = new Registry()
  /** Metrics that could not be read, over all scrapes. */
  failures = 0
  private facts: MetricFacts | undefined

  /** The text of a scrape, format of Prometheus. */
  scrape(facts: MetricFacts): Promise<string> {
    this.facts = facts
    return this.registry.metrics()
  }

  /** Adds a value that may go up and down. */
  gauge({ name, help, labels = [] }: Described, read: (facts: MetricFacts) => Values): void {
    const valuesOf = (): Values => this.valuesOf(read)
    const metric = new Gauge({
      ...{ name, help, labelNames: [...labels], registers: [] },
      collect() {
        this.reset()
        for (const [values, value] of valuesOf()) this.set({ ...values }, value)
      },
    })
    this.registry.registerMetric(metric)
  }

  /** Adds a total that only grows while the process lives. */
  counter({ name, help, labels = [] }: Described, read: (facts: MetricFacts) => Values): void {
    const valuesOf = (): Values => this.valuesOf(read)
    const metric = new Counter({
      ...{ name, help, labelNames: [...labels], registers: [] },
      collect() {
        this.reset()
        for (const [values, value] of valuesOf()) this.inc({ ...values }, value)
      },
    })
    this.registry.registerMetric(metric)
  }

  /** Adds durations, told at the moment at which they end. Gives what takes one, in seconds. */
  histogram({ name, help, labels = [] }: Described): Observe {
    const metric = new Histogram({
      ...{ name, help, labelNames: [...labels], registers: [] },
      buckets: [...BUCKETS],
    })
    this.registry.registerMetric(metric)
    return (seconds, values = {}) => metric.observe({ ...values }, seconds)
  }

  /** A metric that cannot be read is left out: it must not fail the scrape of all others. */
  private valuesOf(read: (facts: MetricFacts) => Values): Values {
    try {
      return this.facts === undefined ? [] : [...read(this.facts)]
    } catch {
      this.failures++
      return []
    }
  }
}

/** A value without labels. */
export const single = (value: number): Values => [[{}, value]]

/** The one of several states that holds is 1, every other 0. */
export const oneOf = (label: string, states: readonly string[], present: string): Values =>
  states.map(state => [{ [label]: state }, state === present ? 1 : 0] as const)

/** A count for each known key, 0 where nothing was counted. */
export const countsOf = (
  label: string,
  keys: readonly string[],
  counts: ReadonlyMap<string, number>,
): Values => keys.map(key => [{ [label]: key }, counts.get(key) ?? 0] as const)
