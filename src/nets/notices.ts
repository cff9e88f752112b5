import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution, RejectionCode } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { NetEnd } from './record.ts'

/** Why a position that asks for a net has none. */
export type NetHeld =
  /** Its rules give no stop yet that the net could follow. */
  | 'no-stop'
  /** The venue takes no trigger so far from the price. */
  | 'too-far'
  /** The venue takes no resting stops, or could not prove the outcome of one. */
  | 'unsupported'

/** The net of a position that a notice is about. */
interface OfNet {
  readonly positionId: PositionId
  readonly clientOrderId: ClientOrderId
}

/** Notices about nets; each is sent once, when its cause begins. */
export type NetNotice =
  /** The order rests at the venue; `trigger`: price per unit. */
  | ({
      readonly kind: 'net-resting' | 'net-moved'
      readonly quantity: number
      readonly trigger: number
    } & OfNet)
  | ({
      readonly kind: 'net-rejected'
      readonly code: RejectionCode
      readonly rejections: number
    } & OfNet)
  /** The venue has executed units of it: the net is the exit of its position. */
  | ({
      readonly kind: 'net-filled'
      readonly executed: Execution
      readonly quantity: number
    } & OfNet)
  /** Its order is over without a fill. */
  | ({ readonly kind: 'net-over'; readonly by: NetEnd } & OfNet)
  /** No answer has proved for `forMs` (ms) that a cancelled order is over. `isWaived`: the exit goes on beside it. */
  | ({ readonly kind: 'net-unproved'; readonly forMs: number; readonly isWaived: boolean } & OfNet)
  | { readonly kind: 'net-held'; readonly positionId: PositionId; readonly why: NetHeld }
  /** A stop order in the format of nets that belongs to no position of this store. */
  | {
      readonly kind: 'net-orphan'
      readonly clientOrderId: string
      readonly instrument: InstrumentId
      /** Units not executed yet, > 0 for a buy and < 0 for a sale. */
      readonly remaining: number
    }
  /** It has executed units after the end of its exit; `booked`: units that the exit has booked in total. */
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
