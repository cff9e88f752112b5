import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

export interface PollFeedOptions {
  /** Last prices of instruments; those without one are left out. */
  ask(instruments: readonly InstrumentId[]): Promise<readonly Tick[]>
  /** The instruments that are wanted at this moment. */
  wanted(): Iterable<InstrumentId>
  readonly onTick: (tick: Tick) => void
  /** Told once when polls begin to fail, and with undefined when they go well again. */
  readonly onTrouble: (error: unknown) => void
  /** Most instruments in one question; default 50. */
  readonly batch?: number
}

/**
 * Asks for the prices of what nobody pushes. One round at a time: while answers are awaited, further
 * looks do nothing. A price that the venue has given before, with the same time, is no news.
 */
export class PollFeed {
  private readonly options: Required<PollFeedOptions>
  private readonly last = new Map<InstrumentId, number>()
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
    for (const known of this.last.keys()) if (!asked.has(known)) this.last.delete(known)
    const instruments = [...asked]
    for (let from = 0; from < instruments.length; from += batch) {
      await this.askSome(instruments.slice(from, from + batch))
    }
  }

  private async askSome(instruments: readonly InstrumentId[]): Promise<void> {
    const { ask, onTick, onTrouble } = this.options
    try {
      const ticks = await ask(instruments)
      if (this.isFailing) onTrouble(undefined)
      this.isFailing = false
      for (const tick of ticks) {
        if (!instruments.includes(tick.instrument)) continue
        if (tick.ts <= (this.last.get(tick.instrument) ?? -Infinity)) continue
        this.last.set(tick.instrument, tick.ts)
        onTick(tick)
      }
    } catch (error) {
      if (!this.isFailing) onTrouble(error)
      this.isFailing = true
    }
  }
}
