import { orderValue, type OrderSpec } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Action } from './action.ts'
import type { BelowMinimum } from './below-minimum.ts'
import type { Circumstances } from './circumstances.ts'
import { belowOf } from './exit-state.ts'
import { priceOfAttempt } from './order-type.ts'
import { attemptQuantity } from './quantity.ts'
import type { ExitRecord } from './record.ts'

/**
 * What an order is worth, where that is less than the smallest value of an order. Undefined: it may be sent,
 * which it may as well where no price is known, and where the venue takes reduce-only orders of any value.
 */
export function belowMinimum(
  { quantity, price, isReduceOnly, position }: ValuedOrder,
  { minOrderValue: minimum, reduceOnlyExempt = false }: ValueSpec,
): BelowMinimum | undefined {
  if (minimum === undefined || price === undefined) return undefined
  if (isReduceOnly && reduceOnlyExempt) return undefined
  const value = orderValue(quantity, price, position)
  return value < minimum ? { value, minimum } : undefined
}

type ValueSpec = Pick<OrderSpec, 'minOrderValue' | 'reduceOnlyExempt'>

interface ValuedOrder {
  readonly position: Pick<Position, 'multiplier' | 'contract'>
  /** Units, > 0. */
  readonly quantity: number
  readonly price: number | undefined
  readonly isReduceOnly: boolean
}

/**
 * What to do where an order of that size is worth less than the venue takes: the exit is reported once, and
 * waits for a price. Undefined: the order is large enough.
 */
export function heldBackBy(
  { state }: ExitRecord,
  { quantity, limit }: { readonly quantity: number; readonly limit: number | undefined },
  { price, settings, position, spec }: Circumstances,
): readonly Action[] | undefined {
  const { reduceOnly: isReduceOnly } = settings.capabilities
  const below = belowMinimum({ quantity, price: limit ?? price, isReduceOnly, position }, spec)
  if (below === undefined) return undefined
  return belowOf(state) === undefined ? [{ kind: 'below-minimum', below }] : []
}

/** The same of all that is left: while that is too little, the venue need not be asked for anything. */
export function heldBackAtMost(
  record: ExitRecord,
  around: Circumstances,
): readonly Action[] | undefined {
  if (around.spec.minOrderValue === undefined) return undefined
  const quantity = attemptQuantity(record, Infinity, around.spec)
  const priced = priceOfAttempt(record, around)
  if (typeof quantity !== 'number' || priced === 'wait') return undefined
  return heldBackBy(record, { quantity, limit: priced.limit }, around)
}
