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

/** Units that a position has lost, not by one of its exits. */
interface LostUnits {
  readonly positionId: PositionId
  readonly lost: number
  /** Exits whose orders, executed late, took units of it. */
  readonly takenBy?: readonly {
    readonly positionId: PositionId
    readonly generation: number
    readonly quantity: number
  }[]
}

/** What happened to a guarded position, its exit or its account. Times are epoch ms, quantities units, amounts money. */
export type JournalEvent =
  | { readonly kind: 'exit-intended'; readonly decision: Decision }
  /** The exit has ended; `steps` is its complete history. */
  | {
      readonly kind: 'exit-filled'
      readonly decision: Decision
      readonly fill: Fill
      readonly steps: readonly HistoryStep[]
    }
  /** A call for the exit failed; this proves nothing about the order. */
  | { readonly kind: 'exit-failed'; readonly decision: Decision; readonly error: unknown }
  | { readonly kind: 'exit-unknown'; readonly decision: Decision }
  | {
      readonly kind: 'exit-rejected'
      readonly decision: Decision
      /** The broker's reason. */
      readonly code: string
      /** Number of rejections so far. */
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
      readonly clientOrderId: string
      readonly forMs: number
      readonly steps: readonly HistoryStep[]
    }
  /**
   * For so long, ms, there was no answer about the holding that an order needs; `isSent`: it is
   * sent all the same.
   */
  | {
      readonly kind: 'exit-unverified'
      readonly decision: Decision
      readonly forMs: number
      readonly isSent: boolean
    }
  /** The broker reported something impossible. */
  | {
      readonly kind: 'exit-fault'
      readonly decision: Decision
      readonly steps: readonly HistoryStep[]
    }
  /**
   * The broker has an order with the exit's id that this store did not send; its fills are not
   * booked.
   */
  | {
      readonly kind: 'exit-foreign'
      readonly decision: Decision
      readonly clientOrderId: string
      /** The answer that showed it. */
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
  /** The limit of its order needs a price, and none is known. */
  | { readonly kind: 'exit-priceless'; readonly decision: Decision }
  /** Orders of others reserve the quantity to sell. */
  | {
      readonly kind: 'exit-reserved'
      readonly decision: Decision
      readonly orders: readonly (string | null)[]
    }
  /** The exit has ended; what closed the position, and at what price, is unknown. */
  | {
      readonly kind: 'exit-closed'
      readonly decision: Decision
      readonly by: 'gone' | 'dust'
      readonly steps: readonly HistoryStep[]
    }
  /** The exit of a released position has ended; total quantity that its orders executed. */
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
      readonly steps: readonly HistoryStep[]
    }
  /**
   * An ended order has executed that much more than was booked; `booked`: units of its exit in
   * total. `isOpen`: the exit has not ended, and books them at its end.
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
  /** An order of an ended exit works at the broker and is cancelled. `isOver`: it no longer works. */
  | {
      readonly kind: 'exit-late-order'
      readonly positionId: PositionId
      readonly generation: number
      readonly clientOrderId: string
      readonly isOver: boolean
    }
  /**
   * A position, or a part of one, was closed, not by one of its exits: outside the service, or by late
   * fills of other exits (`takenBy`).
   */
  | ({ readonly kind: 'position-gone' } & LostUnits)
  | ({ readonly kind: 'position-shrunk'; readonly left: number } & LostUnits)
  | { readonly kind: 'holding-oversold'; readonly holding: HoldingKey; readonly quantity: number }
  /** For so long, ms, no query for the holding was answered. */
  | { readonly kind: 'holding-unknown'; readonly holding: HoldingKey; readonly forMs: number }
  | { readonly kind: 'holding-unowned'; readonly holding: HoldingKey; readonly quantity: number }
  /** An error that concerns only one position or holding; everything else continues. */
  | { readonly kind: 'isolated-fault'; readonly what: string; readonly error: unknown }
  /**
   * An order in this service's format that this store did not send: another process guards the
   * account.
   */
  | { readonly kind: 'second-guard'; readonly clientOrderId: string }
  /** A holding query failed; it is repeated. */
  | { readonly kind: 'reconcile-failed'; readonly error: unknown }
  /** The store refused a write; it is repeated. */
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
      /** What happens to the position. */
      readonly action: 'quarantine' | 'exit-position' | 'shutdown'
    }
  /** An actor that exists once was replaced, or is no longer restarted. */
  | {
      readonly kind: 'actor-restarted'
      readonly actor: SupervisedKind
      readonly epoch: number
      readonly cause: RestartCause
      readonly reason: unknown
    }
  | { readonly kind: 'actor-gave-up'; readonly actor: string; readonly reason: unknown }
  /** So many restarts in so long have a common cause. */
  | { readonly kind: 'common-cause'; readonly restartsPerSecond: number }
  | NetJournalEvent

/** Events of stops that rest at the venue. */
export type NetJournalEvent =
  /** The stop of a position rests at the venue, or has another trigger; price per unit. */
  | ({
      readonly kind: 'net-resting' | 'net-moved'
      readonly quantity: number
      readonly trigger: number
    } & OfNet)
  | ({ readonly kind: 'net-rejected'; readonly code: string; readonly rejections: number } & OfNet)
  /** The venue has executed something of it: it is the exit of its position. */
  | ({
      readonly kind: 'net-filled'
      readonly executed: Execution
      readonly quantity: number
    } & OfNet)
  /** It is over without a fill. */
  | ({ readonly kind: 'net-over'; readonly by: string } & OfNet)
  /** For so long, ms, nothing has proved that it is over after a cancel; `isWaived`: the exit goes on beside it. */
  | ({ readonly kind: 'net-unproved'; readonly forMs: number; readonly isWaived: boolean } & OfNet)
  /** A position whose rules ask for a net has none. */
  | { readonly kind: 'net-held'; readonly positionId: PositionId; readonly why: string }
  /** A stop in the format of nets that belongs to no position of this store. */
  | {
      readonly kind: 'net-orphan'
      readonly clientOrderId: string
      readonly instrument: string
      readonly remaining: number
    }

/** The net of a position. */
interface OfNet {
  readonly positionId: PositionId
  readonly clientOrderId: string
}

/** Whether an event is about a stop that rests at the venue. */
export const isNetEvent = (event: JournalEvent): event is NetJournalEvent =>
  event.kind.startsWith('net-')

/**
 * Receives each event once, at the moment it happens; `generation` is the generation of the
 * position that the event is about. Never throws.
 */
export type Journal = (event: JournalEvent, generation?: number) => void
