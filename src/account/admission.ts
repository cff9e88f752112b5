import type { InstrumentId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { AddRequest } from '../ports/control/positions.ts'
import type { Ended, Registered } from '../ports/state-repository.ts'
import { refuseImmediateExit, type Beginning } from '../risk/at-once.ts'
import { instantText } from '../risk/calendar.ts'
import type { PriceBoard } from '../risk/price-board.ts'
import { watchedBy } from '../risk/rule.ts'
import { beginningOf } from './beginning.ts'
import type { PositionTable } from './position-table.ts'
import { ruleSetOf } from './stored-rules.ts'
import type { TickIntake } from './tick-intake.ts'
import type { Wanted } from './wanted.ts'

export interface AdmissionDeps {
  readonly positions: Pick<PositionTable, 'get'>
  readonly board: PriceBoard
  readonly gate: Pick<TickIntake, 'shownPrice'>
  /** Instruments of the account, as the configuration and its venue state them. */
  readonly instruments: Pick<InstrumentTable, 'of'>
  readonly clock: Clock
  /** An `openedAt` that is ahead of the clock by at most this counts as now, ms. */
  readonly skewMs: number
  /** Age beyond which a price does not decide whether a position may be added, ms. */
  readonly staleMs: number
}

/** Confirmations that a request to add a position may contain. */
export type AdmissionFlags = Pick<AddRequest, 'exitNow' | 'opensLater' | 'reopen'>

/** A position that a request, a file or adoption wants to add. */
export type Entering = AdmissionFlags &
  Pick<AddRequest, 'position' | 'rules' | 'filledIn'> & {
    /** Present price of one unit, where the caller knows it. */
    readonly price?: number | undefined
  }

/** A position that may be registered, with its warnings, one line each. */
export interface Admitted {
  readonly wanted: Wanted
  readonly warnings: readonly string[]
}

/** Judges positions before they are registered. The positions file, HTTP, the command line and adoption share it. */
export class Admission {
  private readonly parts: AdmissionDeps

  constructor(parts: AdmissionDeps) {
    this.parts = parts
  }

  /**
   * Judges one position. Where no fresh price is known, the first price that comes decides whether its rules would
   * exit it at once.
   *
   * @throws WatchkeeperError OPENS_LATER, EXITS_AT_ONCE, POSITION_CLOSED.
   */
  admit({ position: given, rules, price, filledIn = [], ...flags }: Entering): Admitted {
    const { id, instrument } = given
    const row = this.parts.positions.get(id)
    if (row !== undefined && row.state !== 'open' && !flags.reopen) throw closedError(row)
    const warnings: string[] = []
    // The file is read before the venue: fields that it omits come from the account's instruments.
    const multiplier = filledIn.includes('multiplier')
      ? this.parts.instruments.of(instrument).multiplier
      : given.multiplier
    const { openedAt, warning } = this.openedAt(given, flags)
    if (warning !== undefined) warnings.push(warning)
    const position: Position = { ...given, multiplier, openedAt }
    const mustBeNew = !flags.reopen
    if (flags.exitNow) return { wanted: { position, rules, mustBeNew }, warnings }
    const awaited = this.refuseImmediateExit({ position, rules, price })
    const entry =
      awaited.length === 0 ? {} : { entry: { kind: 'awaits-price', of: awaited } as const }
    return { wanted: { position, rules, mustBeNew, ...entry }, warnings }
  }

  private openedAt(
    { id, openedAt }: AddRequest['position'],
    { opensLater }: Pick<AdmissionFlags, 'opensLater'>,
  ): { readonly openedAt: number; readonly warning?: string } {
    const now = this.parts.clock.now()
    if (openedAt === undefined || openedAt <= now) return { openedAt: openedAt ?? now }
    const aheadMs = openedAt - now
    if (opensLater) return { openedAt }
    if (aheadMs <= this.parts.skewMs) {
      const warning = `openedAt: found a time ${aheadMs} ms ahead of the clock, now is taken`
      return { openedAt: now, warning }
    }
    const found = `openedAt ${instantText(openedAt)}, ${Math.round(aheadMs / 1000)} s ahead of the clock`
    const text = `${id} is not open yet: found ${found}, expected a time up to now, or opensLater`
    throw new WatchkeeperError('OPENS_LATER', text)
  }

  /** Returns the instruments whose first price will decide. */
  private refuseImmediateExit({
    position,
    rules,
    price,
  }: Pick<Entering, 'rules' | 'price'> & { readonly position: Position }): InstrumentId[] {
    const { board, clock, gate, staleMs } = this.parts
    const at = clock.now()
    const ruleSet = ruleSetOf({ position, rules })
    const known = beginningOf(board, position, at)
    const shown = price ?? gate.shownPrice(position.instrument)?.price
    const beginning: Beginning = { ...known, ...(shown !== undefined && { price: shown }) }
    refuseImmediateExit(position, ruleSet, beginning)
    const other = watchedBy(ruleSet, position)
    const { instrument } = position
    return [
      ...(price === undefined && at - known.pricedAt > staleMs ? [instrument] : []),
      ...(other !== undefined && Number.isNaN(known.priceOf(other)) ? [other] : []),
    ]
  }
}

/** The refusal of an id that a closed position has used. */
export function closedError({ position: { id }, ended }: Registered): WatchkeeperError {
  const text = `the position ${id} is over: found ${endText(ended)}; expected another id, or reopen`
  return new WatchkeeperError('POSITION_CLOSED', text)
}

function endText(ended: Ended | undefined): string {
  if (ended === undefined) return 'that it has ended'
  const price = ended.price === undefined ? '' : ` at ${ended.price}`
  return `that it has ended by ${ended.by}${price} at ${instantText(ended.at)}`
}

/** The text of a refusal on one line, without the name of its source. */
export const refusalOf = (error: WatchkeeperError): string =>
  error instanceof InputError ? error.message.replaceAll(/\s+/g, ' ') : error.message
