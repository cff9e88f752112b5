import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { MetricsFormat } from '../../ports/control.ts'
import { nextTurn } from '../../ports/turns.ts'
import type { MetricFacts } from './facts.ts'
import { openMetricsOf } from './open-metrics.ts'

/** Adds a family of metrics to a board. One file and one registry line each. */
export type MetricFamily = (board: Board) => void

/** One value for each combination of labels; a combination that is not named is not shown. */
export type Values = Iterable<readonly [labels: Readonly<Record<string, string>>, value: number]>

interface Described {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** Combinations of labels that are shown before anything was observed. */
  readonly zeros?: readonly Readonly<Record<string, string>>[]
}

/**
 * Records a duration in seconds, with the values of the labels. Never throws: the measured code
 * continues.
 */
export type Observe = (seconds: number, values?: Readonly<Record<string, string>>) => void

/** From half a millisecond to a minute: an exit may wait for its broker. */
const BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
]

/** Text of a scrape that is written in one turn of the event loop, characters: about half a millisecond. */
const TEXT_A_TURN = 8_000

/** The metrics of one service, all read from the same facts when they are scraped. */
export class Board {
  readonly registry = new Registry()
  /** Metrics that could not be read, over all scrapes, and invalid durations. */
  failures = 0
  private facts: MetricFacts | undefined
  private scraping: Promise<unknown> = Promise.resolve()

  /** The text of a scrape; one after the other, so that each shows one set of facts. */
  scrape(facts: MetricFacts, format: MetricsFormat = 'text'): Promise<string> {
    const scraped = this.scraping.then(() => this.textOf(facts, format))
    this.scraping = scraped.catch(() => undefined)
    return scraped
  }

  private async textOf(facts: MetricFacts, format: MetricsFormat): Promise<string> {
    this.facts = facts
    const texts: string[] = []
    let length = 0
    for (const { name } of this.registry.getMetricsAsArray()) {
      const text = await this.registry.getSingleMetricAsString(name)
      texts.push(text)
      length += text.length
      if (length < TEXT_A_TURN) continue
      length = 0
      await nextTurn()
    }
    const text = `${texts.join('\n\n')}\n`
    return format === 'text' ? text : openMetricsOf(text)
  }

  /** Adds a value that may go up and down. */
  gauge({ name, help, labels = [] }: Described, read: (facts: MetricFacts) => Values): void {
    const { caught, factsOf } = this
    const metric = new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [],
      collect() {
        caught(() => {
          this.reset()
          for (const [values, value] of read(factsOf())) this.set({ ...values }, value)
        })
      },
    })
    this.registry.registerMetric(metric)
  }

  /** Adds a total that only grows while the process runs. */
  counter({ name, help, labels = [] }: Described, read: (facts: MetricFacts) => Values): void {
    const { caught, factsOf } = this
    const metric = new Counter({
      name,
      help,
      labelNames: [...labels],
      registers: [],
      collect() {
        caught(() => {
          this.reset()
          for (const [values, value] of read(factsOf())) this.inc({ ...values }, value)
        })
      },
    })
    this.registry.registerMetric(metric)
  }

  /**
   * Adds a histogram of durations, observed when they end. Returns the function that records one,
   * in seconds.
   */
  histogram({ name, help, labels = [], zeros = [] }: Described): Observe {
    const metric = new Histogram({
      name,
      help,
      labelNames: [...labels],
      registers: [],
      buckets: [...BUCKETS],
    })
    for (const labels of zeros) metric.zero({ ...labels })
    this.registry.registerMetric(metric)
    return (seconds, values = {}) => this.quietly(() => metric.observe({ ...values }, seconds))
  }

  /** A metric that cannot be read must not fail the scrape of all others. */
  private readonly caught = (collect: () => void): void => {
    if (this.facts !== undefined) this.quietly(collect)
  }

  private quietly(act: () => void): void {
    try {
      act()
    } catch {
      this.failures++
    }
  }

  private readonly factsOf = (): MetricFacts => this.facts!
}

/** A value without labels. */
export const single = (value: number): Values => [[{}, value]]

/** Sets the present one of several states to 1, every other to 0. */
export const oneOf = (label: string, states: readonly string[], present: string): Values =>
  states.map(state => [{ [label]: state }, state === present ? 1 : 0] as const)

/** A count for each known key, 0 where nothing was counted. */
export const countsOf = (
  label: string,
  keys: readonly string[],
  counts: ReadonlyMap<string, number>,
): Values => keys.map(key => [{ [label]: key }, counts.get(key) ?? 0] as const)
