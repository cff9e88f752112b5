import { createHash } from 'node:crypto'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId } from '../domain/order.ts'

/** What identifies one attempt of an exit. */
export interface ExitAttempt {
  /** Random id of the store that made the attempt; empty: made by a version whose stores had none. */
  readonly storeId: string
  readonly account: string
  readonly positionId: PositionId
  /** Generation of the position id, from 1: an id that closes and opens again is a new one. */
  readonly generation: number
  /** From 1. */
  readonly attempt: number
}

const PREFIX = 'wk'
/** Hexadecimal digits of the hash: 96 bits. */
const DIGITS = 24

/**
 * The id of an attempt's order: a hash, the same in every process at any time, and of no other store. `length`: most
 * characters that the venue takes; default 26.
 *
 * @example
 * ```ts
 * import { clientOrderId, hasOurPrefix, orderable } from 'watchkeeper/exits'
 * import { positionId } from 'watchkeeper/risk'
 *
 * const attempt = { storeId: 's1', account: '', positionId: positionId('p'), generation: 1, attempt: 1 }
 * const id = clientOrderId(attempt)
 * id === clientOrderId({ ...attempt }) // => true
 * id === clientOrderId({ ...attempt, attempt: 2 }) // => false
 * hasOurPrefix(id) // => true
 * orderable(7.9, { lot: 2, minQuantity: 1 }) // => 6
 * ```
 */
export function clientOrderId(
  { storeId, account, positionId, generation, attempt }: ExitAttempt,
  length = PREFIX.length + DIGITS,
): ClientOrderId {
  const store = storeId === '' ? [] : [storeId]
  const identity = JSON.stringify([...store, account, positionId, generation, attempt])
  const digest = createHash('sha256').update(identity).digest('hex')
  return `${PREFIX}${digest.slice(0, DIGITS)}`.slice(0, length) as ClientOrderId
}

/** Whether an order id has our format, of this or of another store. */
export const hasOurPrefix = (id: string): boolean => /^wk[0-9a-f]+$/.test(id)
