import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Fill } from '../domain/order.ts'

/** What happened to the guarded positions, in order. */
export type JournalEvent =
  | { readonly kind: 'exit-intended'; readonly decision: Decision }
  | { readonly kind: 'exit-filled'; readonly decision: Decision; readonly fill: Fill }
  | { readonly kind: 'exit-failed'; readonly decision: Decision; readonly error: unknown }
  | {
      readonly kind: 'monitor-restarted'
      readonly positionId: PositionId
      /** Incarnation that replaced the crashed one. */
      readonly epoch: number
      readonly reason: unknown
    }
  | { readonly kind: 'monitor-gave-up'; readonly positionId: PositionId; readonly reason: unknown }

/** Takes each event once, at the moment it happens. Never throws. */
export type Journal = (event: JournalEvent) => void
