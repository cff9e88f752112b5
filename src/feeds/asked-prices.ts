import type { InstrumentId } from '../domain/ids.ts'
import { isSameTick, type Tick } from '../domain/tick.ts'

interface Answer {
  readonly tick: Tick
  /** When it was given, epoch ms. */
  readonly at: number
}

/**
 * The last answers of a source that is asked for prices again and again. A price is news if anything
 * of it differs from the last answer: its own time gives its age, and says nothing of whether it counts.
 */
export class AskedPrices {
  private readonly last = new Map<InstrumentId, Answer>()

  /**
   * The answer of `at` (epoch ms) if it is news, else undefined. Some sources give the time of the last
   * trade while the quote moves: a change under an unchanged time is as old as the answer before it.
   */
  news(tick: Tick, at: number): Tick | undefined {
    const before = this.last.get(tick.instrument)
    this.last.set(tick.instrument, { tick, at })
    if (before === undefined) return tick
    if (isSameTick(tick, before.tick)) return undefined
    return tick.ts === before.tick.ts && tick.ts < before.at ? { ...tick, ts: before.at } : tick
  }

  /** Forgets what is not asked for any more. */
  keep(isWanted: (instrument: InstrumentId) => boolean): void {
    for (const known of this.last.keys()) if (!isWanted(known)) this.last.delete(known)
  }
}
