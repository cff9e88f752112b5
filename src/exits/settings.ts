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
  /** An order that works longer is cancelled, and sent anew. */
  readonly workingMs: number
  /** Waits after rejections: the first one, doubled each time up to the longest. */
  readonly retryMs: number
  readonly maxRetryMs: number
  /** Wait while a market is closed. */
  readonly closedMarketRetryMs: number
  /** Rejections from which an exit counts as stuck; it is tried again all the same. */
  readonly loudAfter: number
  /** Time without a proof of an order's outcome, or of what is held, after which that is reported, ms. */
  readonly loudAfterMs: number
  /** Random id of the store, part of each client order id; empty where nothing is kept. */
  readonly storeId: string
  /**
   * Age of an answer to the question for the holding, ms, above which an order that needs one asks
   * again before it leaves.
   */
  readonly holdingFreshMs: number
  /**
   * Time without an answer about the holding, ms, after which an order leaves by what was known last;
   * undefined: it waits for the answer. Only where the venue finds every order by its id.
   */
  readonly sendUnverifiedAfterMs?: number | undefined
  /** How long after its send a venue that keeps deadlines takes an order, ms. */
  readonly actWithinMs: number
}

/** What is used where the configuration says nothing. */
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
 * How much later than an event a question must be asked for its answer to show it, ms. Of what
 * happened within one millisecond the order is unknown.
 */
export const proofMs = ({ visibilityMs }: Pick<Capabilities, 'visibilityMs'>): number =>
  Math.max(1, visibilityMs)

/**
 * From when on the venue takes no sending of an order that nothing has answered since `since` (epoch ms): its
 * deadline, where the venue keeps one. That of a process that has died is not known, only how long it was.
 */
export const takenUntil = (
  { actBy }: Pick<ExitRecord, 'actBy'>,
  since: number,
  { capabilities, actWithinMs }: Pick<ExitSettings, 'capabilities' | 'actWithinMs'>,
): number =>
  capabilities.deadline === 'kept' ? Math.max(since, actBy ?? since + actWithinMs) : since

/** How the fate of an order is learned whose existence is in doubt: the first way that the venue has. */
export type Way = 'resend' | 'look-up' | 'reduce-only' | 'reports'

/** The first way that a venue has. An id that is refused only while it works proves nothing later. */
export function wayOf({ dedupe, lookup, reduceOnly }: Capabilities): Way {
  if (dedupe === 'always') return 'resend'
  if (lookup === 'complete') return 'look-up'
  return reduceOnly ? 'reduce-only' : 'reports'
}

/** Whether the holding must prove what an order executed: then it serves one exit at a time. */
export const isHoldingEvidence = ({ lookup }: Pick<Capabilities, 'lookup'>): boolean =>
  lookup !== 'complete'

/**
 * Whether what is held must be asked for, by name and after the decision, before an order is sent: the
 * venue does not stop the order at zero, or the holding must prove what it executed.
 */
export const asksHolding = ({
  lookup,
  reduceOnly,
}: Pick<Capabilities, 'lookup' | 'reduceOnly'>): boolean => !reduceOnly || lookup !== 'complete'

/**
 * The settings by which the fate of a record's present order is judged at `at` (epoch ms): the venue proves no
 * more than it could when the attempt was made, and no more than it can now. A look-up proves nothing of an
 * order that is so old that the venue has forgotten it.
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
 * The settings by which the present order of a record is sent at `at` (epoch ms). Of an order that has not left, however
 * long ago it was planned, there is nothing that the venue could have forgotten.
 */
export const settingsToSend = (
  record: Pick<ExitRecord, 'provable' | 'order' | 'madeAt' | 'hasLeft'>,
  settings: ExitSettings,
  at: number,
): ExitSettings => (record.hasLeft ? settingsFor(record, settings, at) : settings)

/**
 * The settings by which an order is planned, and judged before it is sent, at `at` (epoch ms). What may live already is
 * sent again by what the venue proves now.
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

/**
 * Whether an attempt was made under what the venue can prove now. One that is outdated is planned anew: what it does
 * from then on counts from then.
 */
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

/** Whether nothing at the venue can prove that an exit is sent only once. */
export const isUnprovable = (capabilities: Capabilities): boolean =>
  wayOf(capabilities) === 'reports'

/** Wait after the next rejection, when there were `rejections` before it, ms. */
export const backoffMs = (
  rejections: number,
  { retryMs, maxRetryMs }: Pick<ExitSettings, 'retryMs' | 'maxRetryMs'>,
): number => Math.min(maxRetryMs, retryMs * 2 ** rejections)
