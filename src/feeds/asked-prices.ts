import type { InstrumentId } from '../domain/ids.ts'
import { isSameTick, type Tick } from '../domain/tick.ts'

interface Answer {
  readonly tick: Tick
  /** Time of the answer, epoch ms. */
  readonly at: number
}

/**
 * The last answers of a source that is polled. A price is news if any field differs from the last
 * answer. Its own time gives its age only; it does not decide whether the price is news.
 */
export class AskedPrices {
  private readonly last = new Map<InstrumentId, Answer>()

  /**
   * The answer that arrived at `at` (epoch ms) if it is news, else undefined. Some sources send the
   * time of the last trade while the quote moves: a change under an unchanged time is as old as the
   * answer before it.
   */
  news(tick: Tick, at: number): Tick | undefined {
    const before = this.last.get(tick.instrument)
    this.last.set(tick.instrument, { tick, at })
    if (before === undefined) return tick
    if (isSameTick(tick, before.tick)) return undefined
    return tick.ts === before.tick.ts && tick.ts < before.at ? { ...tick, ts: before.at } : tick
  }

  /** Forgets instruments that are not polled any more. */
  keep(isWanted: (instrument: InstrumentId) => boolean): void {
    for (const known of this.last.keys()) if (!isWanted(known)) this.last.delete(known)
  }
}
