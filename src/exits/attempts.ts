import type { Decision } from '../domain/decision.ts'
import type { Execution, ExitOrder, PriceBand, Rejection, RejectionCode } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import { isEnough } from '../domain/units.ts'
import type { Capabilities } from '../domain/venue.ts'
import { clientOrderId } from './client-order-id.ts'
import { NO_DRIFT } from './exit-state.ts'
import { avoiding, nextType, takes, typeOf } from './order-type.ts'
import { withPresent } from './past-orders.ts'
import {
  NOTHING,
  plus,
  remainingOf,
  withStep,
  type ExitRecord,
  type PastOrder,
  type Provable,
} from './record.ts'
import { backoffMs, type ExitSettings } from './settings.ts'

/** A position that must be closed completely. */
export interface Intent {
  readonly position: Position
  /** Generation of the position id, from 1. */
  readonly generation: number
  readonly decision: Decision
  /** Epoch ms. */
  readonly at: number
  /** The venue's stop of the position, where that may be executed beside the exit. */
  readonly net?: PastOrder | undefined
}

/** The record of a new exit, with its first attempt. */
export function newExit(
  { position, generation, decision, at, net }: Intent,
  { capabilities, storeId }: ExitSettings,
): ExitRecord {
  const { id, instrument, side, quantity, priceSource, account, ticket, product } = position
  const attempt = { storeId, account: account ?? '', positionId: id, generation, attempt: 1 }
  const order: ExitOrder = {
    clientOrderId: clientOrderId(attempt, capabilities.clientOrderIdLength),
    positionId: id,
    instrument,
    side,
    quantity,
    priceSource,
    ...(account !== undefined && { account }),
    ...(ticket !== undefined && { ticket }),
    ...(product !== undefined && { product }),
    reduceOnly: capabilities.reduceOnly,
  }
  const record: ExitRecord = {
    quantity,
    order,
    decision,
    intendedAt: at,
    heldBefore: null,
    provable: provableBy(capabilities),
    drift: NO_DRIFT,
    before: NOTHING,
    executed: NOTHING,
    pastOrders: net === undefined ? [] : [net],
    lost: 0,
    explained: NOTHING,
    exists: false,
    hasLeft: false,
    isDoubted: false,
    wasDoubted: false,
    avoids: null,
    bandStep: 0,
    band: null,
    madeAt: at,
    actBy: null,
    rejections: 0,
    faults: 0,
    state: { kind: 'intending', notBefore: 0 },
    steps: [],
    // Last: V8 adds each property behind a spread by a slow path, about a microsecond each.
    ...attempt,
  }
  return withStep(record, at, `decided: ${decision.reason}`)
}

/** What a venue can prove of an order that is made now. */
export const provableBy = ({
  dedupe,
  lookup,
  reduceOnly,
  styles,
}: Capabilities): Required<Provable> => {
  return { dedupe, lookup, reduceOnly, market: takes('market', styles) }
}

/**
 * The record with its next attempt, made at `at` (epoch ms) for what is left. `executed`: what the present one
 * has executed.
 */
export function nextAttempt(
  record: ExitRecord,
  { at: madeAt, executed = NOTHING }: { at: number; executed?: Execution },
  { capabilities }: ExitSettings,
): ExitRecord {
  const { storeId, account, positionId, generation } = record
  const attempt = record.attempt + 1
  const { limit: _priced, ...order } = record.order
  const id = { storeId, account, positionId, generation, attempt }
  return {
    ...record,
    attempt,
    order: {
      ...order,
      reduceOnly: capabilities.reduceOnly,
      clientOrderId: clientOrderId(id, capabilities.clientOrderIdLength),
      quantity: remainingOf(record),
    },
    pastOrders: withPresent(record, executed),
    heldBefore: null,
    drift: NO_DRIFT,
    provable: provableBy(capabilities),
    exists: false,
    hasLeft: false,
    isDoubted: false,
    madeAt,
    actBy: null,
    state: { kind: 'intending', notBefore: 0 },
  }
}

/** The record after the end of its present order, which executed that much and no more. */
export function ended(
  record: ExitRecord,
  {
    executed,
    at,
    by,
    text,
  }: {
    executed: Execution
    at: number
    by: 'cancel' | 'venue' | 'holding'
    text?: string | undefined
  },
  settings: ExitSettings,
): ExitRecord {
  const before = plus(record.before, executed)
  const next = { ...record, before, executed: NOTHING, isDoubted: false }
  if (remainingOf(next) === 0) {
    return by === 'holding'
      ? withStep({ ...next, state: { kind: 'flat', at, by: 'gone' } }, at, 'gone from the holding')
      : withStep({ ...next, state: { kind: 'filled', at, earlier: record.before } }, at, 'filled')
  }
  const said = text === undefined ? '' : `: ${text}`
  const noted = withStep(next, at, `ended by ${by}: ${executed.quantity} executed${said}`)
  const isAll = isEnough(executed.quantity, record.order.quantity)
  // Many a venue ends a limit itself that it cannot execute at once, again and again.
  const isAvoided =
    !isAll && (record.order.limit !== undefined || (by !== 'cancel' && executed.quantity === 0))
  // A band that was stated for an earlier price may keep a limit from the price of now.
  const tried: ExitRecord = isAvoided
    ? { ...noted, ...avoiding(record, 'not-executed'), band: null }
    : noted
  if (by === 'cancel' || executed.quantity > 0) {
    return nextAttempt(tried, { at, executed }, settings)
  }
  // A venue that ends an order with nothing executed may do so again at once.
  const retryAt = at + backoffMs(record.rejections, settings)
  const rejections = record.rejections + 1
  const state = { kind: 'rejected', code: 'ended', since: at, retryAt } as const
  return { ...tried, rejections, state }
}

/** The record after a refusal that proves that the present order never lived. */
export function rejected(
  record: ExitRecord,
  {
    code,
    text,
    band,
    at,
  }: Omit<Rejection, 'kind' | 'text'> & { text?: string | undefined; at: number },
  settings: ExitSettings,
): ExitRecord {
  const noted = withStep(record, at, text === undefined ? code : `${code}: ${text}`)
  const retry = { kind: 'rejected', code, since: at } as const
  const base = { ...noted, exists: false, isDoubted: false }
  switch (code) {
    case 'market-closed':
      return { ...base, state: { ...retry, retryAt: at + settings.closedMarketRetryMs } }
    case 'insufficient-quantity':
    case 'nothing-held':
    case 'held-by-orders':
    case 'unknown-instrument':
      return { ...base, ...refusedMore(record, { code, at, isOther: false }, settings) }
    case 'below-minimum':
      // Only another price, or an operator, makes it large enough.
      return {
        ...base,
        rejections: record.rejections + 1,
        state: { ...retry, retryAt: at + settings.maxRetryMs },
      }
    case 'price-band':
      if (band !== undefined) return { ...base, ...banded(record, { band, at }, settings) }
      return { ...base, ...otherwise(record, { code, at }, settings) }
    case 'would-trigger':
    case 'no-permission':
    case 'refused':
      return { ...base, ...otherwise(record, { code, at }, settings) }
  }
}

/** What changes where the venue states which prices it takes: the next limit lies within them, at once. */
function banded(
  record: ExitRecord,
  { band, at }: { band: PriceBand; at: number },
  settings: ExitSettings,
): Pick<ExitRecord, 'band' | 'avoids' | 'rejections' | 'state'> {
  const isNews = record.band?.low !== band.low || record.band?.high !== band.high
  // A market order has no limit that could lie within them.
  const avoids = record.order.limit === undefined ? 'market' : record.avoids
  const rejections = record.rejections + 1
  const retryAt = isNews ? at : at + backoffMs(record.rejections, settings)
  const state = { kind: 'rejected', code: 'price-band', since: at, retryAt } as const
  return { band, avoids, rejections, state }
}

/** What changes after a refusal that another type of order may not meet. */
function otherwise(
  record: ExitRecord,
  { code, at }: { code: RejectionCode; at: number },
  settings: ExitSettings,
): Pick<ExitRecord, 'avoids' | 'bandStep' | 'state'> & Partial<ExitRecord> {
  const avoided = avoiding(record, 'refused')
  const type = typeOf(record.order)
  const isOther = nextType(avoided.avoids, settings) !== type
  // That a limit would trigger says that the exit is right, and the type is wrong.
  const isNoRefusal = code === 'would-trigger' && isOther && type === 'marketable-limit'
  if (isNoRefusal) return { ...avoided, state: { kind: 'rejected', code, since: at, retryAt: at } }
  return { ...avoided, ...refusedMore(record, { code, at, isOther }, settings) }
}

/** One more refusal; another type of order is tried at once when it is the first of its exit. */
function refusedMore(
  { rejections, avoids }: ExitRecord,
  { code, at, isOther }: { code: RejectionCode; at: number; isOther: boolean },
  settings: ExitSettings,
): Pick<ExitRecord, 'rejections' | 'state'> {
  const retryAt = isOther && avoids === null ? at : at + backoffMs(rejections, settings)
  return { rejections: rejections + 1, state: { kind: 'rejected', code, since: at, retryAt } }
}
