import { createHash } from 'node:crypto'
import type { Quotes } from '../ports/quotes.ts'

export interface PaperAccountOptions {
  /** Folder of the account's own lmdb environment; created where it is missing. */
  readonly folder: string
  readonly quotes: Quotes
  /** Delay between a durable fill and its answer, ms; default 0. */
  readonly delayMs?: number
  /** Fraction of new orders that are rejected, 0 to 1; default 0. */
  readonly rejectRate?: number
  /** Fraction of orders that are executed but answered with `OutcomeUnknown`, 0 to 1; default 0. */
  readonly timeoutRate?: number
  /** Seed that decides which calls the two rates hit; default 0. */
  readonly seed?: number
  /** Deletes the account that the folder holds, and starts with an empty one. */
  readonly fresh?: boolean
  /** Epoch ms. */
  readonly now?: () => number
}

/** Pseudorandom numbers ≥ 0 and < 1 that depend only on the seed. */
export function chance(seed: number): () => number {
  let count = 0
  return () => {
    const digest = createHash('sha256').update(`${seed}:${count++}`).digest()
    return digest.readUInt32BE() / 2 ** 32
  }
}
