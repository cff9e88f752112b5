import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { ExitAnswer } from '../ports/broker.ts'
import type { RuleSet } from '../risk/rule.ts'

/**
 * Every message in the system. The straight line is: the dispatcher wakes a monitor (`catch-up`),
 * the monitor asks for an exit (`exit`), the gateway tells the supervisor that it is done (`closed`).
 */

/** To a monitor. */
export type MonitorMessage = { readonly kind: 'catch-up' }

/** To the gateway. */
export type GatewayMessage =
  | { readonly kind: 'exit'; readonly decision: Decision; readonly position: Position }
  /** The broker's answer to the order for this position. */
  | { readonly kind: 'settled'; readonly positionId: PositionId; readonly answer: ExitAnswer }
  /** The call for this position failed; nothing is known of its order. */
  | { readonly kind: 'failed'; readonly positionId: PositionId; readonly error: unknown }
  /** An acknowledged order was executed. */
  | { readonly kind: 'filled'; readonly fill: Fill }

/** To the supervisor. */
export type SupervisorMessage =
  | { readonly kind: 'guard'; readonly position: Position; readonly ruleSet: RuleSet }
  /** An incarnation of a monitor crashed. */
  | {
      readonly kind: 'down'
      readonly positionId: PositionId
      readonly epoch: number
      readonly reason: unknown
    }
  /** The position's exit is filled. */
  | { readonly kind: 'closed'; readonly positionId: PositionId }
