import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitEvent } from '../exits/ledger.ts'
import type { Fill } from '../domain/order.ts'
import type { Guard, Ratchet } from '../risk/guard.ts'
import type { LimitStanding, PortfolioDay, Realised } from '../risk/portfolio.ts'
import type { RuleSet } from '../risk/rule.ts'
import type { Actor } from './roster.ts'

/**
 * Every message in the system. The straight line is: the dispatcher wakes a monitor (`catch-up`),
 * the monitor asks for an exit (`exit`), the gateway tells the supervisor that it is done (`closed`).
 */

/** To a monitor. */
export type MonitorMessage = { readonly kind: 'catch-up' }

/** To the caretaker: a position that nobody evaluates any more has crossed its last levels. */
export interface CaretakerMessage {
  readonly kind: 'crossed'
  readonly guard: Guard
}

/** To the gateway. */
export type GatewayMessage =
  | {
      readonly kind: 'exit'
      readonly decision: Decision
      readonly position: Position
      /** Life of the position id, from 1. */
      readonly generation: number
    }
  /** How a call for the exit of this position ended. */
  | { readonly kind: 'happened'; readonly positionId: PositionId; readonly event: ExitEvent }
  /** Time to look again at everything that waits. */
  | { readonly kind: 'cycle' }
  | { readonly kind: 'kill-switch'; readonly killSwitch: KillSwitch }
  /** Forget the exits of which nothing can be at the broker; `done` is told which. */
  | { readonly kind: 'discard'; done(ids: readonly PositionId[]): void }

/** To the supervisor. */
export type SupervisorMessage =
  | {
      readonly kind: 'guard'
      readonly position: Position
      readonly ruleSet: RuleSet
      /** Life of the position id, from 1. */
      readonly generation: number
      /** What an earlier process had got to. */
      readonly ratchet?: Ratchet
      /** Called once the position's ticks are seen. */
      readonly guarded?: () => void
    }
  /** The position has other rules from now on; it keeps its ratchet. */
  | {
      readonly kind: 'rerule'
      readonly positionId: PositionId
      readonly ruleSet: RuleSet
      readonly guarded: () => void
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
  /** A position whose monitor is down has crossed its band; a fold has looked at it. */
  | { readonly kind: 'crossed'; readonly positionId: PositionId }
  /** A person wants a new incarnation; `done` is told whether there is such an actor. */
  | { readonly kind: 'restart'; readonly actor: Actor; done(isKnown: boolean): void }
  /** Time to look after what was not answered. */
  | { readonly kind: 'cycle' }
  /** The position's exit is durable: its monitor need not repeat itself. */
  | { readonly kind: 'intended'; readonly positionId: PositionId; readonly generation: number }
  /** The position's exit is filled. */
  | { readonly kind: 'closed'; readonly positionId: PositionId; readonly generation: number }

/** To the portfolio. */
export type PortfolioMessage =
  /** Time to look at the limits. */
  | { readonly kind: 'cycle' }
  /** A position's exit is filled. */
  | { readonly kind: 'filled'; readonly position: Position; readonly fill: Fill }
  /** Somebody else has realised a profit or loss. */
  | { readonly kind: 'reported'; readonly profit: Realised; done(): void }
  /** Put the loss behind a limit; `done` is told how the limit stood, undefined for an unknown one. */
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
