import type { Decision } from '../domain/decision.ts'
import type { Position } from '../domain/position.ts'
import type { ExitRecord } from './record.ts'

/** Makes exits durable, for the gateway: it sends nothing of an exit before the save of it resolves (P1, P2). */
export interface ExitPersistence {
  /** Resolves when a new exit is on disk. @throws WatchkeeperError POSITION_UNKNOWN once its position is over. */
  saveIntent(record: ExitRecord): Promise<void>
  /** The same for the next attempt of an exit that is on disk, or for its end. */
  saveAttempt(record: ExitRecord): Promise<void>
  /** Makes a later state of an exit durable soon; no caller waits for it. */
  note(record: ExitRecord): void
  /** The same for the exit of a released position. */
  noteReleased(exit: { readonly record: ExitRecord; readonly position: Position }): void
  /** Notes an exit that is not sent because the account is only observed. */
  noteObserved(decision: Decision): void
}
