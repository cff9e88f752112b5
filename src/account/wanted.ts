import type { Position } from '../domain/position.ts'
import type { Entry, Registered } from '../ports/state-repository.ts'

/** A position that is to be registered, and the options of its rules. */
export interface Wanted {
  readonly position: Position
  readonly rules: Registered['rules']
  /** An id that was used before is refused. */
  readonly mustBeNew?: boolean
  /** See Registered. */
  readonly entry?: Entry
  /** The account certainly holds it: a paper account must not be given it. */
  readonly isHeld?: boolean
}
