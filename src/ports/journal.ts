import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Fill } from '../domain/order.ts'

/** What happened to the guarded positions, in order. */
export type JournalEvent =
  | { readonly kind: 'exit-intended'; readonly decision: Decision }
  | { readonly kind: 'exit-filled'; readonly decision: Decision; readonly fill: Fill }
  /** A call for the exit failed; what became of the order is not known from it. */
  | { readonly kind: 'exit-failed'; readonly decision: Decision; readonly error: unknown }
  | { readonly kind: 'exit-unknown'; readonly decision: Decision }
  | {
      readonly kind: 'exit-rejected'
      readonly decision: Decision
      /** The broker's word for it. */
      readonly code: string
      /** How often by now. */
      readonly rejections: number
    }
  /** The store refused a write; it is tried again. */
  | { readonly kind: 'store-failed'; readonly error: unknown }
  | {
      readonly kind: 'monitor-restarted'
      readonly positionId: PositionId
      /** Incarnation that replaced the crashed one. */
      readonly epoch: number
      readonly reason: unknown
    }
  | {
      readonly kind: 'monitor-gave-up'
      readonly positionId: PositionId
      readonly reason: unknown
      /** What becomes of the position. */
      readonly action: 'quarantine' | 'exit-position' | 'shutdown'
    }
  /** An actor of which there is one was replaced, or will not be any more. */
  | {
      readonly kind: 'actor-restarted'
      readonly actor: string
      readonly epoch: number
      readonly reason: unknown
    }
  | { readonly kind: 'actor-gave-up'; readonly actor: string; readonly reason: unknown }
  /** So many restarts for so long have one cause. */
  | { readonly kind: 'common-cause'; readonly restartsPerSecond: number }

/** Takes each event once, at the moment it happens. Never throws. */
export type Journal = (event: JournalEvent) => void
