import { createHash } from 'node:crypto'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId } from '../domain/order.ts'

/** What one attempt to exit is; equal attempts have equal ids in every process at any time. */
export interface ExitAttempt {
  readonly account: string
  readonly positionId: PositionId
  /** Life of the position id, from 1: an id that closes and opens again is a new one. */
  readonly generation: number
  /** From 1. */
  readonly attempt: number
}

const PREFIX = 'wk'
/** Hexadecimal digits of the hash: 96 bits. */
const DIGITS = 24

/**
 * The id of an exit order, a hash of what it is; never of process, time or chance. A venue that
 * takes no more than `length` characters gets the first ones of it.
 */
export function clientOrderId(
  { account, positionId, generation, attempt }: ExitAttempt,
  length = PREFIX.length + DIGITS,
): ClientOrderId {
  const identity = JSON.stringify([account, positionId, generation, attempt])
  const digest = createHash('sha256').update(identity).digest('hex')
  return `${PREFIX}${digest.slice(0, DIGITS)}`.slice(0, length) as ClientOrderId
}

/** Whether an order id looks like one of ours, of this or of another process. */
export const hasOurPrefix = (id: string): boolean => /^wk[0-9a-f]+$/.test(id)
