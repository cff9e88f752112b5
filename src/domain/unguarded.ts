/**
 * Why a position is not guarded: the kill switch is `halt`, the store is owned by another process
 * or refuses writes, its first price would have exited it at once, neither a monitor nor the
 * caretaker holds its band, none of its rules ever exits, it is not open yet, its instrument never
 * had a price in this process, its price is too old, no process was running, or the process or the
 * machine was suspended. The first that applies counts.
 */
export const UNGUARDED_CAUSES = [
  'halt',
  'store',
  'entry',
  'monitor',
  'rules',
  'not-open',
  'unpriced',
  'price',
  'down',
  'pause',
] as const
export type UnguardedCause = (typeof UNGUARDED_CAUSES)[number]
