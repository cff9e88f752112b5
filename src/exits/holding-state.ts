import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import { type Position, signOf } from '../domain/position.ts'
import type { Capabilities } from '../domain/venue.ts'
import type { Held } from './evidence.ts'

/** Answers to the question by name that are all alike. Times are epoch ms. */
export interface Named {
  /** Signed units. */
  readonly quantity: number
  /** When some of them were asked for, oldest first: enough to find two that are far apart. */
  readonly times: readonly number[]
  /** When the last one was. */
  readonly at: number
}

/** Most times that are kept, and how many of them fall into one `apartMs`. */
const MOST_TIMES = 64
const TIMES_APART = 16

/** Whether two of the answers came `apartMs` apart, both of them from `since` on. */
export const isToldTwice = (
  named: Pick<Named, 'times' | 'at'> | undefined,
  since: number,
  apartMs: number,
): boolean =>
  named !== undefined && named.times.some(time => time >= since && named.at - time >= apartMs)

/** A holding as it was last told: three-valued, as `known` may be 0 or missing. Times are epoch ms. */
export interface HoldingState {
  /** Signed units, when they were asked for, and whether by name: a list may lag behind that. */
  readonly known:
    { readonly quantity: number; readonly at: number; readonly isNamed: boolean } | undefined
  /** The last answers to the question by name, all alike. */
  readonly named: Named | undefined
  /** Since when no question was answered; null while the last one was. */
  readonly unknownSince: number | null
}

/** A holding that nothing is known of since `now`. */
export const unknownHolding = (now: number): HoldingState => ({
  known: undefined,
  named: undefined,
  unknownSince: now,
})

/** The state after a report that was asked for at `askedAt`, by name or as a part of a list. */
export function reported(
  state: HoldingState,
  report: HoldingReport,
  { askedAt, isNamed, apartMs }: { askedAt: number; isNamed: boolean; apartMs: number },
): HoldingState {
  const { known, named, unknownSince } = state
  const quantity = quantityOf(report)
  if (quantity === undefined) return { ...state, unknownSince: unknownSince ?? askedAt }
  if (known !== undefined && askedAt < known.at) return state
  const alike = named?.quantity === quantity ? named : undefined
  // A list is no proof, but it can contradict one.
  const nextNamed = isNamed ? oneMore(alike, { quantity, askedAt, apartMs }) : alike
  return { known: { quantity, at: askedAt, isNamed }, named: nextNamed, unknownSince: null }
}

function oneMore(
  named: Named | undefined,
  { quantity, askedAt, apartMs }: { quantity: number; askedAt: number; apartMs: number },
): Named {
  const times = named?.times ?? []
  const isFar = askedAt - (times.at(-1) ?? -Infinity) >= apartMs / TIMES_APART
  const kept = isFar ? [...times.slice(-(MOST_TIMES - 1)), askedAt] : times
  return { quantity, times: kept, at: askedAt }
}

/** Signed units of a report; undefined where it proves nothing. */
export function quantityOf(report: HoldingReport): number | undefined {
  switch (report.kind) {
    case 'unknown':
      return undefined
    case 'flat':
      return 0
    case 'held':
      return Number.isFinite(report.quantity) ? report.quantity : undefined
  }
}

/** The holding in the direction of the positions in it; less than nothing counts as nothing. */
export function heldOf({ known, named }: HoldingState, side: Position['side']): Held | undefined {
  if (known === undefined) return undefined
  return {
    quantity: Math.max(0, signOf(side) * known.quantity),
    at: known.at,
    named,
  }
}

/** The holding that a position is a part of, at a venue that tells holdings apart in this way. */
export function holdingKeyOf(
  {
    account,
    instrument,
    side,
    ticket,
  }: Pick<Position, 'instrument' | 'side'> & {
    readonly account?: string | undefined
    readonly ticket?: string | undefined
  },
  holdings: Capabilities['holdings'],
): HoldingKey {
  return {
    ...(account !== undefined && { account }),
    instrument,
    ...(holdings === 'sides' && { side }),
    ...(holdings === 'tickets' && ticket !== undefined && { ticket }),
  }
}

/** A name for a holding; equal holdings have equal names. */
export const nameOf = ({ account, instrument, side, ticket }: HoldingKey): string =>
  JSON.stringify([account ?? '', instrument, side ?? '', ticket ?? ''])
