import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { Decision } from '../domain/decision.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import { withoutRule } from '../risk/at-market.ts'

/** A decision of a person, the kill switch or a limit to exit a position, at `at` (epoch ms). */
export function decisionByHand(
  registry: Pick<ActorRegistry, 'get'>,
  position: Position,
  { reason, at }: { readonly reason: ExitReason; readonly at: number },
): Decision {
  const child = registry.get(position.id)
  const best =
    child === undefined ? position.entryPrice : child.watched.sign * child.watched.bestNow()
  return withoutRule(position, { reason, at, best })
}
