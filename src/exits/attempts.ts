import type { Decision } from '../domain/decision.ts'
import type { Execution, ExitOrder, RejectionCode } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { Capabilities } from '../domain/venue.ts'
import { clientOrderId } from './client-order-id.ts'
import { NO_DRIFT } from './exit-state.ts'
import { avoiding, nextType, typeOf } from './order-type.ts'
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
import type { ExitSettings } from './settings.ts'

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
  const { id, instrument, side, quantity, priceSource, account, ticket } = position
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
    reduceOnly: capabilities.reduceOnly,
  }
  const record: ExitRecord = {
    ...attempt,
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
    rejections: 0,
    faults: 0,
    state: { kind: 'intending', notBefore: 0 },
    steps: [],
  }
  return withStep(record, at, `decided: ${decision.reason}`)
}

/** What a venue can prove of an order that is made now. */
export const provableBy = ({ dedupe, lookup, reduceOnly }: Capabilities): Provable => {
  return { dedupe, lookup, reduceOnly }
}

/**
 * The record with its next attempt, for what is left; not to be sent before `notBefore`. `executed`: what
 * the present one has executed.
 */
export function nextAttempt(
  record: ExitRecord,
  { notBefore = 0, executed = NOTHING }: { notBefore?: number; executed?: Execution },
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
    state: { kind: 'intending', notBefore },
  }
}

/** The record after the end of its present order, which executed that much and no more. */
export function ended(
  record: ExitRecord,
  { executed, at, by }: { executed: Execution; at: number; by: 'cancel' | 'venue' | 'holding' },
  settings: ExitSettings,
): ExitRecord {
  const before = plus(record.before, executed)
  const next = { ...record, before, executed: NOTHING, isDoubted: false }
  if (remainingOf(next) === 0) {
    return by === 'holding'
      ? withStep({ ...next, state: { kind: 'flat', at, by: 'gone' } }, at, 'gone from the holding')
      : withStep({ ...next, state: { kind: 'filled', at, earlier: record.before } }, at, 'filled')
  }
  const noted = withStep(next, at, `ended by ${by}: ${executed.quantity} executed`)
  // Many a venue ends a limit itself that it cannot execute at once, again and again.
  const isAvoided = record.order.limit !== undefined || (by !== 'cancel' && executed.quantity === 0)
  const tried = isAvoided ? { ...noted, ...avoiding(record, 'not-executed') } : noted
  if (by === 'cancel' || executed.quantity > 0) {
    return nextAttempt(tried, { executed }, settings)
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
  { code, text, at }: { code: RejectionCode; text?: string | undefined; at: number },
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
    case 'below-minimum':
    case 'unknown-instrument':
      return { ...base, ...refusedMore(record, { code, at, isOther: false }, settings) }
    case 'would-trigger':
    case 'price-band':
    case 'no-permission':
    case 'refused': {
      const avoided = avoiding(record, 'refused')
      const type = typeOf(record.order)
      const isOther = nextType(avoided.avoids, settings) !== type
      // That a limit would trigger says that the exit is right, and the type is wrong.
      const isNoRefusal = code === 'would-trigger' && isOther && type === 'marketable-limit'
      if (isNoRefusal) return { ...base, ...avoided, state: { ...retry, retryAt: at } }
      const more = refusedMore(record, { code, at, isOther }, settings)
      return { ...base, ...avoided, ...more }
    }
  }
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

/** Wait after the next rejection, when there were `rejections` before it, ms. */
export const backoffMs = (
  rejections: number,
  { retryMs, maxRetryMs }: Pick<ExitSettings, 'retryMs' | 'maxRetryMs'>,
): number => Math.min(maxRetryMs, retryMs * 2 ** rejections)
