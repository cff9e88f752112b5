import type { ActorRegistry } from '../actors/actor-registry.ts'
import { closestName } from '../domain/closest-name.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { PriceBoard } from '../risk/price-board.ts'

export interface MissingPricesDeps {
  readonly registry: ActorRegistry
  /** Names and prices that the feed has given in this process. */
  readonly prices: {
    readonly otherNames: ReadonlySet<string>
    readonly board: Pick<PriceBoard, 'priced'>
  }
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
}

/** Most names of the venue that are kept, to guess at the name that a position may have meant. */
const MOST_NAMES = 1_000
/** Most positions that a line names. */
const MOST_IDS = 5

/** Reports instruments that positions name and the feed does not, each with a guess at the name that was meant. */
export class MissingPrices {
  private readonly parts: MissingPricesDeps
  /** Instruments that the venue, or a feed without prices of them yet, has listed. */
  private readonly listed = new Set<string>()
  private readonly named = new Set<InstrumentId>()
  /** Guesses among `knownCount` names: a guess compares with all of them, and health asks in each cycle. */
  private readonly guesses = new Map<InstrumentId, string | undefined>()
  private knownCount = 0

  constructor(parts: MissingPricesDeps) {
    this.parts = parts
  }

  /** Records the name of an instrument that the venue or the feed lists. */
  list(instrument: string): void {
    if (this.listed.size < MOST_NAMES) this.listed.add(instrument)
  }

  /** Each instrument, with a guess at what was meant. */
  textsOf(instruments: Iterable<InstrumentId>): string[] {
    const named = [...instruments]
    if (named.length === 0) return []
    const meantBy = this.guesser()
    return named.map(instrument => {
      const meant = meantBy(instrument)
      return meant === undefined ? instrument : `${instrument} (did you mean ${meant}?)`
    })
  }

  /** Journals each of these instruments once. */
  noteUnpriced(instruments: Iterable<InstrumentId>): void {
    const added = [...instruments].filter(each => !this.named.has(each))
    if (added.length === 0) return
    const meantBy = this.guesser()
    const named = this.idsBy(new Set(added))
    for (const instrument of added) {
      this.named.add(instrument)
      const meant = meantBy(instrument)
      const ids = named.get(instrument) ?? []
      this.parts.note('instrument-unpriced', {
        instrument,
        positions: ids.slice(0, MOST_IDS),
        count: ids.length,
        ...(meant !== undefined && { meant }),
      })
    }
  }

  /** Guesses at names of now; the guesses are kept until another name has a price. */
  private guesser(): (instrument: InstrumentId) => string | undefined {
    const { otherNames, board } = this.parts.prices
    const known = new Set([...this.listed, ...otherNames, ...board.priced()])
    const { guesses } = this
    const most = 2 * this.parts.registry.size
    if (known.size !== this.knownCount || guesses.size > most) guesses.clear()
    this.knownCount = known.size
    const names = [...known]
    return instrument => {
      // The feed or the venue has this very name: the name is right, and only a fresh price is
      // missing.
      if (known.has(instrument)) return undefined
      if (!guesses.has(instrument)) {
        guesses.set(instrument, closestName(instrument, names))
      }
      return guesses.get(instrument)
    }
  }

  /** The positions whose rules compare each of these instruments, in one pass over all positions. */
  private idsBy(instruments: ReadonlySet<InstrumentId>): Map<InstrumentId, PositionId[]> {
    const ids = new Map<InstrumentId, PositionId[]>()
    for (const { watched } of this.parts.registry.all()) {
      const { id, instrument, underlying } = watched.position
      const other = watched.other && (watched.underlying?.instrument ?? underlying)
      for (const each of new Set([instrument, other])) {
        if (each === undefined || !instruments.has(each)) continue
        const found = ids.get(each)
        if (found === undefined) ids.set(each, [id])
        else found.push(id)
      }
    }
    return ids
  }
}
