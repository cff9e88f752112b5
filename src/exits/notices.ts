import type { Decision } from '../domain/decision.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution, Fill, RejectionCode } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { BelowMinimum } from './below-minimum.ts'
import type { ExitStep } from './history.ts'
import type { LateTaker } from './watched-exit.ts'

/** What an exit or a holding reports: each notice once, when its cause begins. */
export type Notice =
  /** The exit is durable: no monitor need ask for it again. */
  | { readonly kind: 'exit-intended'; readonly decision: Decision }
  | { readonly kind: 'exit-unknown'; readonly decision: Decision }
  | {
      readonly kind: 'exit-rejected'
      readonly decision: Decision
      readonly code: RejectionCode | 'ended'
      readonly rejections: number
    }
  /** Refused so often that a person should act; `steps` is the evidence so far. */
  | {
      readonly kind: 'exit-stuck'
      readonly decision: Decision
      readonly rejections: number
      readonly steps: readonly ExitStep[]
    }
  /** The outcome of its order has been unknown for so long, ms; `steps` is the evidence so far. */
  | {
      readonly kind: 'exit-unproved'
      readonly decision: Decision
      readonly clientOrderId: ClientOrderId
      readonly forMs: number
      readonly steps: readonly ExitStep[]
    }
  /**
   * For so long, ms, no answer came about the holding that an order needs before it leaves; `isSent`: it
   * leaves now by what was known last.
   */
  | {
      readonly kind: 'exit-unverified'
      readonly decision: Decision
      readonly forMs: number
      readonly isSent: boolean
    }
  /** The venue said what cannot be true. */
  | {
      readonly kind: 'exit-fault'
      readonly decision: Decision
      readonly steps: readonly ExitStep[]
    }
  /** The venue has an order of the exit's id that this store did not send; nothing of it is booked. */
  | {
      readonly kind: 'exit-foreign'
      readonly decision: Decision
      readonly clientOrderId: string
      readonly by: 'duplicate' | 'look-up'
    }
  /** Too little is left for an order: it stays at the venue. */
  | { readonly kind: 'exit-dust'; readonly decision: Decision; readonly left: number }
  /** What is left is worth less than the smallest order: it is sent once a price makes it large enough. */
  | ({ readonly kind: 'exit-below-minimum'; readonly decision: Decision } & BelowMinimum)
  /** The limit of its order needs a price, and none is known. */
  | { readonly kind: 'exit-priceless'; readonly decision: Decision }
  /** Orders of others reserve what is to be sold. */
  | {
      readonly kind: 'exit-reserved'
      readonly decision: Decision
      readonly orders: readonly (string | null)[]
    }
  /** The exit is over, and brought this; `steps` is all that happened to it. */
  | {
      readonly kind: 'exit-filled'
      readonly decision: Decision
      readonly fill: Fill
      readonly steps: readonly ExitStep[]
    }
  /** The exit is over; what closed the position, and at what price, is not known. */
  | {
      readonly kind: 'exit-closed'
      readonly decision: Decision
      readonly by: 'gone' | 'dust'
      readonly steps: readonly ExitStep[]
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
      /** Ids of its last orders. */
      readonly orders: readonly string[]
      readonly executed: Execution
      readonly wasDoubted: boolean
      readonly steps: readonly ExitStep[]
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
  /** An order of an exit that is over works at the venue: it is cancelled. `isOver`: it works no more. */
  | {
      readonly kind: 'exit-late-order'
      readonly positionId: PositionId
      readonly generation: number
      readonly clientOrderId: string
      readonly isOver: boolean
    }
  /**
   * A position was closed, without an exit of its own, outside the service or by late fills of other exits
   * (`takenBy`).
   */
  | {
      readonly kind: 'position-gone'
      readonly positionId: PositionId
      readonly lost: number
      readonly takenBy?: readonly LateTaker[]
    }
  /** The same of a part of a position. */
  | {
      readonly kind: 'position-shrunk'
      readonly positionId: PositionId
      readonly lost: number
      readonly left: number
      readonly takenBy?: readonly LateTaker[]
    }
  | { readonly kind: 'holding-oversold'; readonly holding: HoldingKey; readonly quantity: number }
  /** For so long, ms, no question about the holding was answered. */
  | { readonly kind: 'holding-unknown'; readonly holding: HoldingKey; readonly forMs: number }
  | { readonly kind: 'holding-unowned'; readonly holding: HoldingKey; readonly quantity: number }
  /** Something threw that concerns one position or holding alone; all else goes on. */
  | { readonly kind: 'isolated-fault'; readonly what: string; readonly error: unknown }
  /** An order in our format that this store did not send: another process guards the account. */
  | { readonly kind: 'second-guard'; readonly clientOrderId: string }
