import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import { AskedPrices } from './asked-prices.ts'

export interface PollFeedOptions {
  /** Fetches last prices of instruments; omits instruments without one. */
  ask(instruments: readonly InstrumentId[]): Promise<readonly Tick[]>
  /** The instruments that need prices at this moment. */
  wanted(): Iterable<InstrumentId>
  readonly onTick: (tick: Tick) => void
  /** Epoch ms. */
  now(): number
  /** Called with the error when polls begin to fail, and with undefined when they succeed again. */
  readonly onTrouble: (error: unknown) => void
  /** Most instruments in one request; default 50. */
  readonly batch?: number
}

/**
 * Polls prices that no source pushes. One round runs at a time: during a round, further calls do
 * nothing. An answer that equals the last one is not delivered.
 */
export class PollFeed {
  private readonly options: Required<PollFeedOptions>
  private readonly answers = new AskedPrices()
  private round: Promise<void> | undefined
  private isFailing = false

  constructor(options: PollFeedOptions) {
    this.options = { batch: 50, ...options }
  }

  /** Starts a round unless one is running. */
  poll(): void {
    this.round ??= this.ask().finally(() => (this.round = undefined))
  }

  /** Resolves when no round is running. */
  async idle(): Promise<void> {
    await this.round
  }

  private async ask(): Promise<void> {
    const { wanted, batch } = this.options
    const asked = new Set(wanted())
    this.answers.keep(instrument => asked.has(instrument))
    const instruments = [...asked]
    for (let from = 0; from < instruments.length; from += batch) {
      await this.askSome(instruments.slice(from, from + batch))
    }
  }

  private async askSome(instruments: readonly InstrumentId[]): Promise<void> {
    const { ask, onTick, onTrouble, now } = this.options
    try {
      const ticks = await ask(instruments)
      if (this.isFailing) onTrouble(undefined)
      this.isFailing = false
      for (const tick of ticks) {
        if (!instruments.includes(tick.instrument)) continue
        const news = this.answers.news(tick, now())
        if (news !== undefined) onTick(news)
      }
    } catch (error) {
      if (!this.isFailing) onTrouble(error)
      this.isFailing = true
    }
  }
}
