import type { PositionId } from '../domain/ids.ts'
import type { Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'

export interface ChangeableDeps {
  readonly engine: Pick<Engine<unknown>, 'registry'>
  /** The exit of a generation of a position; undefined where none was decided. */
  exitOf(id: PositionId, generation: number): ExitRecord | undefined
}

/**
 * The watched position of an open position that may be changed, as no exit of it was decided. After a restart an
 * exit continues without a monitor, so the exit record is checked as well as the monitor's decision.
 *
 * @throws WatchkeeperError EXIT_RUNNING; ACTOR_DOWN where the position has no monitor at the moment.
 */
export function changeablePosition(
  { engine, exitOf }: ChangeableDeps,
  { position: { id }, generation, observed }: Registered,
): WatchedPosition {
  const watched = engine.registry.get(id)?.watched
  const isExiting = observed !== undefined || exitOf(id, generation) !== undefined
  if (isExiting || watched?.decision !== undefined) throw exitRunning(id)
  if (watched === undefined) {
    throw new WatchkeeperError(
      'ACTOR_DOWN',
      `position ${id} has no monitor at the moment: try again`,
    )
  }
  return watched
}

export const exitRunning = (id: PositionId): WatchkeeperError =>
  new WatchkeeperError('EXIT_RUNNING', `position ${id} is being exited`)
