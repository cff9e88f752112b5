import type { Decision } from '../domain/decision.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Execution, Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { RestartCause, SupervisedKind } from './supervision.ts'

/** One line of the history of an exit. */
export interface HistoryStep {
  /** Epoch ms. */
  readonly at: number
  readonly attempt: number
  readonly what: string
}

/** What happened to the guarded positions, in order. */
export type JournalEvent =
  | { readonly kind: 'exit-intended'; readonly decision: Decision }
  /** The exit is over; `steps` is all that happened to it. */
  | {
      readonly kind: 'exit-filled'
      readonly decision: Decision
      readonly fill: Fill
      readonly steps: readonly HistoryStep[]
    }
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
  /** Refused so often that a person should act. */
  | {
      readonly kind: 'exit-stuck'
      readonly decision: Decision
      readonly rejections: number
      readonly steps: readonly HistoryStep[]
    }
  /** The outcome of its order has been unknown for so long, ms. */
  | {
      readonly kind: 'exit-unproved'
      readonly decision: Decision
      readonly forMs: number
      readonly steps: readonly HistoryStep[]
    }
  /** For so long, ms, no answer came about the holding that an order needs; `isSent`: it leaves all the same. */
  | {
      readonly kind: 'exit-unverified'
      readonly decision: Decision
      readonly forMs: number
      readonly isSent: boolean
    }
  /** The broker said what cannot be true. */
  | {
      readonly kind: 'exit-fault'
      readonly decision: Decision
      readonly steps: readonly HistoryStep[]
    }
  /** The broker has an order of the exit's id that this store did not send; nothing of it is booked. */
  | {
      readonly kind: 'exit-foreign'
      readonly decision: Decision
      readonly clientOrderId: string
      /** How it was found. */
      readonly by: 'duplicate' | 'look-up'
    }
  /** Too little is left for an order: it stays at the broker. */
  | { readonly kind: 'exit-dust'; readonly decision: Decision; readonly left: number }
  /** What is left is worth less than the smallest order, money: it is sent once a price makes it large enough. */
  | {
      readonly kind: 'exit-below-minimum'
      readonly decision: Decision
      readonly value: number
      readonly minimum: number
    }
  /** Orders of others reserve what is to be sold. */
  | {
      readonly kind: 'exit-reserved'
      readonly decision: Decision
      readonly orders: readonly (string | null)[]
    }
  /** The exit is over; what closed the position, and at what price, is not known. */
  | {
      readonly kind: 'exit-closed'
      readonly decision: Decision
      readonly by: 'gone' | 'dust'
      readonly steps: readonly HistoryStep[]
    }
  /** The exit of a released position is over; what its orders executed in all. */
  | {
      readonly kind: 'released-order-over'
      readonly decision: Decision
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
      readonly clientOrderId: string
      readonly attempts: number
      readonly executed: Execution
      readonly wasDoubted: boolean
      readonly steps: readonly HistoryStep[]
    }
  /**
   * An order that was over has executed that much more than was booked; `booked`: units of its exit in all.
   * `isOpen`: the exit is not over, and its end books them.
   */
  | {
      readonly kind: 'exit-late-fill'
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
      readonly clientOrderId: string
      readonly executed: Execution
      readonly booked: number
      readonly isOpen: boolean
    }
  /** A position, or a part of one, was closed outside the service, without an exit of ours. */
  | { readonly kind: 'position-gone'; readonly positionId: PositionId; readonly lost: number }
  | {
      readonly kind: 'position-shrunk'
      readonly positionId: PositionId
      readonly lost: number
      readonly left: number
    }
  | { readonly kind: 'holding-oversold'; readonly holding: HoldingKey; readonly quantity: number }
  /** For so long, ms, no question about the holding was answered. */
  | { readonly kind: 'holding-unknown'; readonly holding: HoldingKey; readonly forMs: number }
  | { readonly kind: 'holding-unowned'; readonly holding: HoldingKey; readonly quantity: number }
  /** Something threw that concerns one position or holding alone; all else goes on. */
  | { readonly kind: 'isolated-fault'; readonly what: string; readonly error: unknown }
  /** An order in our format that this store did not send: another process guards the account. */
  | { readonly kind: 'second-guard'; readonly clientOrderId: string }
  /** A question about what is held failed; it is asked again. */
  | { readonly kind: 'reconcile-failed'; readonly error: unknown }
  /** The store refused a write; it is tried again. */
  | { readonly kind: 'store-failed'; readonly error: unknown }
  | {
      readonly kind: 'monitor-restarted'
      readonly positionId: PositionId
      /** Incarnation that replaced the crashed one. */
      readonly epoch: number
      readonly cause: RestartCause
      readonly reason: unknown
    }
  | {
      readonly kind: 'monitor-gave-up'
      readonly positionId: PositionId
      readonly reason: unknown
      /** What becomes of the position. */
      readonly action: 'quarantine' | 'exit-position' | 'shutdown'
    }
  /** An actor that exists once was replaced, or will not be any more. */
  | {
      readonly kind: 'actor-restarted'
      readonly actor: SupervisedKind
      readonly epoch: number
      readonly cause: RestartCause
      readonly reason: unknown
    }
  | { readonly kind: 'actor-gave-up'; readonly actor: string; readonly reason: unknown }
  /** So many restarts for so long have one cause. */
  | { readonly kind: 'common-cause'; readonly restartsPerSecond: number }

/**
 * Takes each event once, at the moment it happens; `generation` is the generation of the position that an
 * event of an account is about. Never throws.
 */
export type Journal = (event: JournalEvent, generation?: number) => void
