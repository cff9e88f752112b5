import { createHash } from 'node:crypto'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId } from '../domain/order.ts'
import { NET_ID_PREFIX } from '../domain/resting-stop.ts'

/** What one net is; equal nets have equal ids in every process at any time. */
export interface NetIdentity {
  /** Random id of the store that made the net. */
  readonly storeId: string
  readonly account: string
  readonly positionId: PositionId
  /** Generation of the position id, from 1. */
  readonly generation: number
  /** From 1; a new number only after the net before it is proved to be over. */
  readonly n: number
}

/** Hexadecimal digits of the hash: 96 bits. */
const DIGITS = 24

/** The id of a net's order: a hash of its identity, of a kind of its own beside the ids of exits. */
export function netId(
  { storeId, account, positionId, generation, n }: NetIdentity,
  length: number,
): ClientOrderId {
  const identity = JSON.stringify([storeId, account, positionId, generation, 'net', n])
  const digest = createHash('sha256').update(identity).digest('hex')
  return `${NET_ID_PREFIX}${digest.slice(0, DIGITS)}`.slice(0, length) as ClientOrderId
}
