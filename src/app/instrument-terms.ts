import type { Account } from '../account/account.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { InstrumentSpec, InstrumentTable } from '../domain/instrument.ts'
import type { VenueInstrument } from '../domain/venue-facts.ts'
import { specsAt } from './venue-start.ts'

export interface InstrumentTermsDeps {
  /** The table of the service; `configured` are the specifications that the configuration states. */
  readonly instruments: InstrumentTable
  readonly configured: InstrumentTable
  readonly account: Pick<Account, 'note'> & {
    readonly state: { readonly positions: Pick<Account['state']['positions'], 'open'> }
  }
}

/** The rules of an instrument that an order must meet. */
const TERMS = [
  'lot',
  'minQuantity',
  'maxQuantity',
  'tickSize',
  'minOrderValue',
  'reduceOnlyExempt',
] as const satisfies readonly (keyof InstrumentSpec)[]

/**
 * Applies the rules that a venue lists for its instruments while the service runs, and writes what that changes for
 * open positions to the journal. An instrument that is no longer listed keeps its last rules.
 */
export class InstrumentTerms {
  private readonly deps: InstrumentTermsDeps
  /** Instruments of open positions that the last list lacked. */
  private unlisted: ReadonlySet<InstrumentId> = new Set()

  constructor(deps: InstrumentTermsDeps) {
    this.deps = deps
  }

  /** Takes a whole list of the venue's instruments. */
  take(rows: readonly VenueInstrument[]): void {
    const { instruments, configured, account } = this.deps
    const positions = [...account.state.positions.open.values()]
    const open = new Set(positions.map(({ position }) => position.instrument))
    const before = new Map([...open].map(each => [each, instruments.of(each)]))
    const listed = new Set(rows.map(({ instrument }) => instrument))
    instruments.refresh(specsAt(configured, rows))
    for (const [instrument, spec] of before) this.noteChange(instrument, spec)
    const lacking = new Set([...open].filter(each => !listed.has(each)))
    for (const instrument of lacking) {
      if (!this.unlisted.has(instrument)) account.note('instrument-unlisted', { instrument })
    }
    this.unlisted = lacking
  }

  private noteChange(instrument: InstrumentId, before: InstrumentSpec): void {
    const after = this.deps.instruments.of(instrument)
    const changed = TERMS.filter(each => before[each] !== after[each])
    if (changed.length === 0) return
    const of = (spec: InstrumentSpec) =>
      Object.fromEntries(changed.map(each => [each, spec[each] ?? null]))
    this.deps.account.note('instrument-changed', { instrument, was: of(before), is: of(after) })
  }
}
