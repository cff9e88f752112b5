import type { HoldingKey } from '../domain/holding.ts'

/** What stops that rest at the venue may have taken of a holding; see `src/nets/`. */
export interface NetOrders {
  /** Whether one was not queried late enough to show what it has taken since `since` (epoch ms). */
  mayExplain(key: HoldingKey, since: number): boolean
  /** Whether one has taken units that no exit has booked yet. */
  isOwed(key: HoldingKey): boolean
}
