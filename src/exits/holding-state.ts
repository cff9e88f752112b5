import { isBounded } from '../domain/bounds.ts'
import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import { signOf, type Position } from '../domain/position.ts'
import type { Capabilities } from '../domain/venue.ts'

/** Equal answers to queries by name. Times are epoch ms. */
export interface AnswersByName {
  /** Signed units. */
  readonly quantity: number
  /** As of when some of them are, oldest first: enough to find two that are far apart. */
  readonly times: readonly number[]
  /** As of when the last one is. */
  readonly at: number
}

/** From this age on an answer counts as none to the question whether a holding is known, ms. */
const OLD_MS = 30_000
/** Most times that are kept, and how many of them fall into one `apartMs`. */
const MOST_TIMES = 64
const TIMES_APART = 16

/** Whether two of the answers came `apartMs` apart, both of them from `since` on. */
export const isReportedTwice = (
  byName: Pick<AnswersByName, 'times' | 'at'> | undefined,
  since: number,
  apartMs: number,
): boolean =>
  byName !== undefined && byName.times.some(time => time >= since && byName.at - time >= apartMs)

/** The last report of a holding. `known` absent is unknown, and a quantity of 0 is flat (P6). Times are epoch ms. */
export interface HoldingState {
  /** Signed units, as of when, and whether by name: a list may lag behind that. */
  readonly known:
    | { readonly quantity: number; readonly at: number; readonly isNamed: boolean }
    | undefined
  /** The last answers to the question by name, all alike. */
  readonly byName: AnswersByName | undefined
  /** Since when no question was answered; null while the last one was. */
  readonly unknownSince: number | null
}

/** A holding that is unknown since `now`. */
export const unknownHolding = (now: number): HoldingState => ({
  known: undefined,
  byName: undefined,
  unknownSince: now,
})

/** The state after a report that was asked for at `askedAt`, by name or as a part of a list. */
export function reported(
  state: HoldingState,
  report: HoldingReport,
  { askedAt, isNamed, apartMs }: { askedAt: number; isNamed: boolean; apartMs: number },
): HoldingState {
  const { known, byName, unknownSince } = state
  const claim = claimOf(report, askedAt)
  if (claim === undefined) return { ...state, unknownSince: unknownSince ?? askedAt }
  const { quantity, at } = claim
  // A cache that is never renewed answers every question and proves nothing.
  const since = askedAt - at < OLD_MS ? null : (unknownSince ?? at)
  // A list that was asked for later may be answered earlier: where it says the same, it takes nothing from
  // the answer by name, for which lists that never end would be waited for otherwise.
  const isUpheld =
    isNamed && known?.isNamed === false && known.quantity === quantity && at >= (byName?.at ?? at)
  if (known !== undefined && at < known.at && !isUpheld) return { ...state, unknownSince: since }
  const alike = byName?.quantity === quantity ? byName : undefined
  // A list is no proof, but it can contradict one.
  const nextByName = isNamed ? oneMore(alike, { quantity, at, apartMs }) : alike
  return { known: { quantity, at, isNamed }, byName: nextByName, unknownSince: since }
}

function oneMore(
  byName: AnswersByName | undefined,
  { quantity, at, apartMs }: { quantity: number; at: number; apartMs: number },
): AnswersByName {
  const times = byName?.times ?? []
  const isFar = at - (times.at(-1) ?? -Infinity) >= apartMs / TIMES_APART
  const kept = isFar ? [...times.slice(-(MOST_TIMES - 1)), at] : times
  return { quantity, times: kept, at }
}

/** What a report says: signed units, and as of when (epoch ms). */
export interface Claim {
  readonly quantity: number
  readonly at: number
}

/**
 * What a report says that was asked for at `askedAt` (epoch ms); undefined where it proves nothing.
 * The only way from a report to its quantity: none is used without its time.
 */
export function claimOf(report: HoldingReport, askedAt: number): Claim | undefined {
  if (report.kind === 'unknown') return undefined
  const quantity = report.kind === 'flat' ? 0 : report.quantity
  const at = askedAt - Math.max(0, report.ageMs)
  return isBounded(quantity) && Number.isFinite(at) ? { quantity, at } : undefined
}

/** The holding in the direction of the positions in it; less than nothing counts as nothing. */
export function heldOf({ known, byName }: HoldingState, side: Position['side']): Held | undefined {
  if (known === undefined) return undefined
  return {
    quantity: Math.max(0, signOf(side) * known.quantity),
    at: known.at,
    byName,
  }
}

/** What a venue's holdings are separated by. */
export type HoldingModel = Pick<Capabilities, 'holdings' | 'products'>

/** The holding that a position is a part of, by what the venue separates holdings by. */
export function holdingKeyOf(
  {
    account,
    instrument,
    side,
    ticket,
    product,
  }: Pick<Position, 'instrument' | 'side'> & {
    readonly account?: string | undefined
    readonly ticket?: string | undefined
    readonly product?: string | undefined
  },
  { holdings, products = false }: HoldingModel,
): HoldingKey {
  return {
    ...(account !== undefined && { account }),
    instrument,
    ...(holdings === 'sides' && { side }),
    ...(holdings === 'tickets' && ticket !== undefined && { ticket }),
    ...(products && product !== undefined && { product }),
  }
}

/** A name for a holding; equal holdings have equal names. */
export const holdingName = ({ account, instrument, side, ticket, product }: HoldingKey): string =>
  JSON.stringify([
    account ?? '',
    instrument,
    side ?? '',
    ticket ?? '',
    ...(product === undefined ? [] : [product]),
  ])

/** What is known of the holding that a position is a part of. Times are epoch ms. */
export interface Held {
  /** Units in the position's direction, >= 0, by the last report. */
  readonly quantity: number
  /** When that was asked. */
  readonly at: number
  /** The last answers to the question by name. */
  readonly byName: Pick<AnswersByName, 'times' | 'at'> | undefined
}
