import type { AccountHint } from '../domain/account-hint.ts'
import type { Decision } from '../domain/decision.ts'
import type { Holding, HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { ClientOrderId, Execution, Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { ExitEvent } from '../exits/events.ts'
import type { CallKind } from '../exits/exit-calls.ts'
import type { HoldingList } from '../exits/holding-book.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { NetRecord } from '../nets/record.ts'
import type { NetCall } from '../nets/tracked-net.ts'
import type { NetEvent } from '../nets/transitions.ts'
import type { OpenOrder, OrderState, OrderUpdate } from '../ports/broker.ts'
import type { SupervisedKind } from '../ports/supervision.ts'
import type { LimitStanding, PortfolioDay, Realised } from '../risk/portfolio.ts'
import type { RuleSet } from '../risk/rule.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import type { Ratchet } from '../risk/watched-state.ts'

/** Kinds of actors that exist once. */
export type ServiceKind = Exclude<SupervisedKind, 'monitor'>

/** An actor that is supervised: one of a kind, or the monitor of a position. */
export type Actor =
  | { readonly kind: ServiceKind }
  | { readonly kind: 'monitor'; readonly positionId: PositionId }

/**
 * Every message in the system. The straight line is: the dispatcher wakes a monitor (`catch-up`),
 * the monitor asks for an exit (`exit`), the gateway reports to the supervisor that it is done (`closed`).
 */

/** To a monitor. */
export type MonitorMessage = { readonly kind: 'catch-up' }

/** To the caretaker: a frozen position, whose monitor is quarantined, has crossed its last levels. */
export interface CaretakerMessage {
  readonly kind: 'crossed'
  readonly watched: WatchedPosition
}

/** To the gateway. */
export type GatewayMessage =
  | NetMessage
  /** The next slice of what a new incarnation recovers. */
  | { readonly kind: 'recover' }
  | {
      readonly kind: 'exit'
      readonly decision: Decision
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
    }
  /** A position is open: a share of its holding belongs to it. */
  | { readonly kind: 'own'; readonly position: Position; readonly generation: number }
  /** A person has set the quantity of an open position; `done` gets false where an exit of it exists. */
  | {
      readonly kind: 'resize'
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
      done(isOwned: boolean): void
    }
  /** A person has let go of a position; what is held of it stays. */
  | {
      readonly kind: 'release'
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
    }
  /** The store has this state of an exit on disk. */
  | { readonly kind: 'recorded'; readonly record: ExitRecord }
  /** How a call for an exit ended; without an event nothing was learned. */
  | {
      readonly kind: 'ended'
      readonly of: {
        readonly id: PositionId
        readonly generation: number
        readonly call: CallKind
      }
      readonly event: ExitEvent | undefined
    }
  /** What the venue says, asked at `askedAt` (epoch ms), of an order: one that is over, or one that a hint is about. */
  | {
      readonly kind: 'order'
      readonly clientOrderId: ClientOrderId
      readonly order: OrderState
      readonly by: 'look-up' | 'cancel'
      readonly askedAt: number
    }
  /** The broker sends an update of one of our orders of its own accord. */
  | { readonly kind: 'pushed'; readonly update: OrderUpdate }
  /** The venue says that something may have changed. */
  | { readonly kind: 'hint'; readonly hint: AccountHint }
  /** What is held, asked for at `askedAt` (epoch ms): one holding by name, then a list of all. */
  | {
      readonly kind: 'holding'
      readonly key: HoldingKey
      readonly report: HoldingReport
      readonly askedAt: number
    }
  | { readonly kind: 'holdings'; readonly holdings: readonly Holding[]; readonly askedAt: number }
  /** Holdings of such a list that positions own; those before `from` are judged. */
  | {
      readonly kind: 'listed'
      readonly reports: HoldingList['reports']
      readonly from: number
      readonly askedAt: number
    }
  | { readonly kind: 'orders'; readonly orders: readonly OpenOrder[]; readonly askedAt: number }
  /** Whether a person must confirm what the account holds before anything is sent. */
  | { readonly kind: 'confirm'; readonly isUnconfirmed: boolean }
  /** Time to evaluate everything that waits. */
  | { readonly kind: 'cycle' }
  | { readonly kind: 'kill-switch'; readonly killSwitch: KillSwitch }
  /** Forget the exits that can have nothing at the broker; `done` gets them. */
  | { readonly kind: 'discard'; done(records: readonly ExitRecord[]): void }
  /** An exit that was discarded is not forgotten by the store: it goes on. */
  | { readonly kind: 'restore-exit'; readonly record: ExitRecord; readonly position: Position }

/** To the gateway, about nets. */
export type NetMessage =
  /** The store has this state of a net on disk. */
  | { readonly kind: 'net-recorded'; readonly record: NetRecord }
  /** How a call for a net ended; without an event nothing was learned. */
  | {
      readonly kind: 'net-ended'
      readonly of: { readonly id: ClientOrderId; readonly call: NetCall }
      readonly event: NetEvent | undefined
    }

/** To the reconciler. */
export type ReconcilerMessage =
  /** Ask for the holding that a position is a part of. */
  | { readonly kind: 'ask-for'; readonly position: PositionId }
  | { readonly kind: 'ask'; readonly key: HoldingKey }
  | { readonly kind: 'list' }
  | { readonly kind: 'list-orders' }
  /** Look up an order of ours. */
  | {
      readonly kind: 'look-up'
      readonly clientOrderId: ClientOrderId
      readonly instrument: InstrumentId
    }
  /** A question was answered or failed; `again` asks it once more. */
  | { readonly kind: 'ended'; readonly question: string; readonly again: ReconcilerMessage }
  | { readonly kind: 'cycle' }

/** To the supervisor. */
export type SupervisorMessage =
  | {
      readonly kind: 'watch'
      readonly position: Position
      readonly ruleSet: RuleSet
      /** Generation of the position id, from 1. */
      readonly generation: number
      /** What an earlier process had got to. */
      readonly ratchet?: Ratchet
      /** Called once the position is watched. */
      readonly done?: () => void
    }
  /** The position has other rules, or another quantity or entry price, from now on; it keeps its ratchet. */
  | {
      readonly kind: 'rerule'
      readonly positionId: PositionId
      /** Absent: as it is. */
      readonly position?: Position
      readonly ruleSet: RuleSet
      readonly done: () => void
    }
  /** An incarnation crashed. */
  | {
      readonly kind: 'down'
      readonly actor: Actor
      readonly epoch: number
      readonly reason: unknown
    }
  /** The wait before an actor's next incarnation is over. */
  | { readonly kind: 'due'; readonly actor: Actor; readonly epoch: number }
  /** A position whose monitor is in restart backoff has crossed its band, and the stand-in has decided in its place. */
  | { readonly kind: 'stood-in'; readonly positionId: PositionId }
  /** A person wants a new incarnation; `done` gets whether there is such an actor. */
  | { readonly kind: 'restart'; readonly actor: Actor; done(isKnown: boolean): void }
  /** Time to repeat what was not answered. */
  | { readonly kind: 'cycle' }
  /** The position's exit is durable: its monitor need not repeat itself. */
  | { readonly kind: 'intended'; readonly positionId: PositionId; readonly generation: number }
  /** The position's exit is filled. */
  | { readonly kind: 'closed'; readonly positionId: PositionId; readonly generation: number }

/** To the portfolio. */
export type PortfolioMessage =
  /** Time to evaluate the limits. */
  | { readonly kind: 'cycle' }
  /** A position's exit is filled. */
  | {
      readonly kind: 'filled'
      readonly position: Position
      /** Generation of the position id, from 1. */
      readonly generation: number
      readonly fill: Fill
    }
  /**
   * An order has executed something after its exit had ended, or after its position was released; `done` gets the
   * profit of it.
   */
  | {
      readonly kind: 'late-filled'
      readonly position: Position
      readonly executed: Execution
      done(profit: Realised | undefined): void
    }
  /** A profit or loss was realised outside the service. */
  | { readonly kind: 'reported'; readonly profit: Realised; done(): void }
  /** Put the loss behind a limit; `done` gets how the limit stood, undefined for an unknown one. */
  | {
      readonly kind: 'reset'
      readonly limit: string
      done(before: LimitStanding | undefined): void
    }
  | { readonly kind: 'ask'; answer(standing: PortfolioStanding): void }

export interface PortfolioStanding {
  readonly day: PortfolioDay
  readonly standings: readonly LimitStanding[]
}
