import type { Capabilities } from '../domain/venue.ts'
import { forgottenAt } from './horizon.ts'
import type { ExitRecord, Provable } from './record.ts'

/** How exits are ordered. */
export type ExitStyle = { readonly kind: 'market' } | LimitStyle

/** Exits by limit orders that are executed at once. */
export interface LimitStyle {
  readonly kind: 'marketable-limit'
  /** How far beyond the last price the limit lies, percent. */
  readonly bandPct: number
  /**
   * After this time the order is cancelled, and the rest is sold at market, or with a wider limit where
   * the venue takes no market orders.
   */
  readonly escalateMs: number
}

/** How exits are carried out at one venue. */
export interface ExitSettings {
  readonly capabilities: Capabilities
  /** The venue lists working orders. */
  readonly listsOrders: boolean
  readonly style: ExitStyle
  /** An order that works longer is cancelled, and the rest is ordered again, ms. */
  readonly workingMs: number
  /** Wait after the first rejection, ms; doubled after each further one. */
  readonly retryMs: number
  /** Longest wait after a rejection, ms. */
  readonly maxRetryMs: number
  /** Wait after a rejection because the market is closed, ms. */
  readonly closedMarketRetryMs: number
  /** From this number of rejections on an exit counts as stuck; it is still tried again. */
  readonly loudAfter: number
  /** An order outcome or a holding that is unknown for longer is reported, ms. */
  readonly loudAfterMs: number
  /** Random id of the store, part of each client order id; empty: there is no store. */
  readonly storeId: string
  /** An order that needs an answer about the holding asks again before it leaves if the last one is older, ms. */
  readonly holdingFreshMs: number
  /**
   * After so long without an answer about the holding an order leaves by the last one, ms; undefined: it waits.
   * Only where the venue finds every order by its id.
   */
  readonly sendUnverifiedAfterMs?: number | undefined
  /** How long after its send a venue that keeps deadlines takes an order, ms. */
  readonly actWithinMs: number
}

/** Defaults of the configuration. */
export const EXIT_DEFAULTS = {
  style: { kind: 'market' },
  workingMs: 30_000,
  retryMs: 1_000,
  maxRetryMs: 60_000,
  closedMarketRetryMs: 15_000,
  loudAfter: 5,
  loudAfterMs: 30_000,
  storeId: '',
  holdingFreshMs: 1_000,
  actWithinMs: 5_000,
} as const satisfies Omit<ExitSettings, 'capabilities' | 'listsOrders'>

/**
 * An answer proves something about an event only if its question was asked so much later, ms; at least 1, as times
 * within one millisecond have no order.
 */
export const proofMs = ({ visibilityMs }: Pick<Capabilities, 'visibilityMs'>): number =>
  Math.max(1, visibilityMs)

/**
 * Until when (epoch ms) a sending may still make an order, where no answer came since `since` (epoch ms): its
 * deadline, at venues that keep one, else `since`. Of a sending of an earlier process only the length is known.
 */
export const takenUntil = (
  { actBy }: Pick<ExitRecord, 'actBy'>,
  since: number,
  { capabilities, actWithinMs }: Pick<ExitSettings, 'capabilities' | 'actWithinMs'>,
): number =>
  capabilities.deadline === 'kept' ? Math.max(since, actBy ?? since + actWithinMs) : since

/** How an exit learns whether an order of unknown outcome exists. */
export type Way = 'resend' | 'look-up' | 'reduce-only' | 'reports'

/** The first way that a venue offers. `dedupe: open-only` is none: after the order has ended it proves nothing. */
export function wayOf({ dedupe, lookup, reduceOnly }: Capabilities): Way {
  if (dedupe === 'always') return 'resend'
  if (lookup === 'complete') return 'look-up'
  return reduceOnly ? 'reduce-only' : 'reports'
}

/** Whether the holding is the evidence for what an order executed; then one exit at a time holds its lock. */
export const isHoldingEvidence = ({ lookup }: Pick<Capabilities, 'lookup'>): boolean =>
  lookup !== 'complete'

/**
 * Whether the holding must be queried by name after the decision, before an order is sent: the venue does not stop
 * the order at zero, or the holding is the evidence for what it executed.
 */
export const asksHolding = ({
  lookup,
  reduceOnly,
}: Pick<Capabilities, 'lookup' | 'reduceOnly'>): boolean => !reduceOnly || lookup !== 'complete'

/**
 * The settings by which answers about a record's present order are judged at `at` (epoch ms): the weaker of what the
 * venue could prove when the attempt was made and what it can prove now. A look-up proves nothing about an order that
 * is older than the venue keeps orders (`lookupKeeps`).
 */
export function settingsFor(
  { provable, order, madeAt }: Pick<ExitRecord, 'provable' | 'order' | 'madeAt'>,
  settings: ExitSettings,
  at: number,
): ExitSettings {
  const { capabilities } = settings
  const { dedupe, reduceOnly } = capabilities
  const isForgotten = at >= forgottenAt(capabilities.lookupKeeps, madeAt)
  const lookup = isForgotten ? 'none' : capabilities.lookup
  const weaker: Provable = {
    dedupe: weakest(DEDUPE, dedupe, provable?.dedupe),
    lookup: weakest(LOOKUP, lookup, provable?.lookup),
    reduceOnly: reduceOnly && order.reduceOnly && provable?.reduceOnly !== false,
  }
  const isSame =
    weaker.dedupe === dedupe &&
    weaker.lookup === capabilities.lookup &&
    weaker.reduceOnly === reduceOnly
  return isSame ? settings : { ...settings, capabilities: { ...capabilities, ...weaker } }
}

/**
 * The settings by which the present order of a record is sent at `at` (epoch ms). The venue cannot have forgotten an
 * order that has not left.
 */
export const settingsToSend = (
  record: Pick<ExitRecord, 'provable' | 'order' | 'madeAt' | 'hasLeft'>,
  settings: ExitSettings,
  at: number,
): ExitSettings => (record.hasLeft ? settingsFor(record, settings, at) : settings)

/**
 * The settings by which an order is planned, and checked before it is sent, at `at` (epoch ms). An order that may
 * exist already is sent again by what the venue can prove now.
 */
export const settingsToPlan = (
  record: Pick<ExitRecord, 'provable' | 'order' | 'madeAt' | 'hasLeft' | 'isDoubted'>,
  settings: ExitSettings,
  at: number,
): ExitSettings => (record.isDoubted ? settings : settingsToSend(record, settings, at))

/** Whether an order that has not left was planned so long ago that the venue would have forgotten it at `at` (epoch ms). */
export const isOutdated = (
  { hasLeft, madeAt }: Pick<ExitRecord, 'hasLeft' | 'madeAt'>,
  { capabilities }: ExitSettings,
  at: number,
): boolean => !hasLeft && at >= forgottenAt(capabilities.lookupKeeps, madeAt)

/** Whether the venue can prove now what it could when the attempt was made; an outdated attempt is planned again. */
export function isMadeUnder(record: ExitRecord, settings: ExitSettings, now: number): boolean {
  const { dedupe, lookup, reduceOnly } = settings.capabilities
  const { provable } = record
  const isSameNow =
    provable?.dedupe === dedupe && provable.lookup === lookup && provable.reduceOnly === reduceOnly
  return isSameNow && !isOutdated(record, settings, now)
}

const DEDUPE = ['never', 'open-only', 'always'] as const
const LOOKUP = ['none', 'open-only', 'complete'] as const

/** The lower of two values of a scale; the first where there is no second. */
const weakest = <Value>(scale: readonly Value[], a: Value, b: Value | undefined): Value =>
  b === undefined || scale.indexOf(a) < scale.indexOf(b) ? a : b

/** Whether nothing at the venue can prove that an exit is filled only once (P1): `acceptUnprovable` is needed. */
export const isUnprovable = (capabilities: Capabilities): boolean =>
  wayOf(capabilities) === 'reports'

/** Wait after the next rejection, when there were `rejections` before it, ms. */
export const backoffMs = (
  rejections: number,
  { retryMs, maxRetryMs }: Pick<ExitSettings, 'retryMs' | 'maxRetryMs'>,
): number => Math.min(maxRetryMs, retryMs * 2 ** rejections)
