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

/** The id of an exit order, a hash of what it is; never of process, time or chance. */
export function clientOrderId({
  account,
  positionId,
  generation,
  attempt,
}: ExitAttempt): ClientOrderId {
  const identity = JSON.stringify([account, positionId, generation, attempt])
  const digest = createHash('sha256').update(identity).digest('hex')
  return `${PREFIX}${digest.slice(0, DIGITS)}` as ClientOrderId
}
