import type { Decision } from '../domain/decision.ts'
import type { Outcome } from './catch-up.ts'
import { fold, lastLevels } from './fold.ts'
import type { WatchedPosition } from './watched-position.ts'

/** What takes over what was found in the place of a monitor; see `Dispatcher`. */
export interface StandInDeps {
  /** Epoch ms. */
  readonly now: number
  commit(watched: WatchedPosition, outcome: Outcome): void
  conclude(watched: WatchedPosition, decision: Decision): void
  suspend(watched: WatchedPosition): void
}

/** Decides or arms in the place of a monitor that is down, with everything seen so far. */
export function standIn(dispatcher: StandInDeps, watched: WatchedPosition): void {
  if (watched.closed || !watched.pending) return
  const outcome = fold(watched, dispatcher.now)
  if (outcome.kind === 'exit') dispatcher.conclude(watched, outcome.decision)
  else dispatcher.commit(watched, outcome)
}

/** Leaves a position with its last stop, target and deadline: its rules are not asked any more. */
export function freeze(dispatcher: StandInDeps, watched: WatchedPosition): void {
  dispatcher.suspend(watched)
  standIn(dispatcher, watched)
  if (watched.closed) return
  const levels = lastLevels(watched, dispatcher.now)
  dispatcher.suspend(watched)
  watched.freeze(levels)
  standIn(dispatcher, watched)
}

/** Lets the rules of a frozen position be asked again, from its next catch-up on. */
export function thaw(dispatcher: StandInDeps, watched: WatchedPosition): void {
  dispatcher.suspend(watched)
  watched.thaw()
}

/** Whether a position is left with any level that could exit it. */
export const hasLevels = ({ merged }: WatchedPosition): boolean =>
  merged.stopBy !== -1 || merged.targetBy !== -1 || merged.exitBy !== -1
