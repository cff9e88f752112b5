import type { Decision } from '../domain/decision.ts'
import type { Outcome } from './catch-up.ts'
import { fold, lastLevels } from './fold.ts'
import type { WatchedPosition } from './watched-position.ts'

/** What takes over what was found in the place of a monitor; see `Dispatcher`. */
export interface StandInDeps {
  /** Epoch ms. */
  readonly now: number
  commit(guard: WatchedPosition, outcome: Outcome): void
  conclude(guard: WatchedPosition, decision: Decision): void
  suspend(guard: WatchedPosition): void
}

/** Decides or arms in the place of a monitor that is down, with everything seen so far. */
export function standIn(dispatcher: StandInDeps, guard: WatchedPosition): void {
  if (guard.closed || !guard.pending) return
  const outcome = fold(guard, dispatcher.now)
  if (outcome.kind === 'exit') dispatcher.conclude(guard, outcome.decision)
  else dispatcher.commit(guard, outcome)
}

/** Leaves a position with its last stop, target and deadline: its rules are not asked any more. */
export function freeze(dispatcher: StandInDeps, guard: WatchedPosition): void {
  dispatcher.suspend(guard)
  standIn(dispatcher, guard)
  if (guard.closed) return
  const levels = lastLevels(guard, dispatcher.now)
  dispatcher.suspend(guard)
  guard.freeze(levels)
  standIn(dispatcher, guard)
}

/** Lets the rules of a frozen position be asked again, from its next catch-up on. */
export function thaw(dispatcher: StandInDeps, guard: WatchedPosition): void {
  dispatcher.suspend(guard)
  guard.thaw()
}

/** Whether a position is left with any level that could exit it. */
export const hasLevels = ({ merged }: WatchedPosition): boolean =>
  merged.stopBy !== -1 || merged.targetBy !== -1 || merged.exitBy !== -1
