import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'
import { AskedPrices } from './asked-prices.ts'

export interface PollFeedOptions {
  /** Last prices of instruments; those without one are left out. */
  ask(instruments: readonly InstrumentId[]): Promise<readonly Tick[]>
  /** The instruments that are wanted at this moment. */
  wanted(): Iterable<InstrumentId>
  readonly onTick: (tick: Tick) => void
  /** Epoch ms. */
  now(): number
  /** Told once when polls begin to fail, and with undefined when they go well again. */
  readonly onTrouble: (error: unknown) => void
  /** Most instruments in one question; default 50. */
  readonly batch?: number
}

/**
 * Asks for the prices of what nobody pushes. One round at a time: while answers are awaited, further
 * polls do nothing. An answer that is the same as the last one is no news.
 */
export class PollFeed {
  private readonly options: Required<PollFeedOptions>
  private readonly answers = new AskedPrices()
  private round: Promise<void> | undefined
  private isFailing = false

  constructor(options: PollFeedOptions) {
    this.options = { batch: 50, ...options }
  }

  /** Begins a round unless one is under way. */
  look(): void {
    this.round ??= this.ask().finally(() => (this.round = undefined))
  }

  /** Resolves when no round is under way. */
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
