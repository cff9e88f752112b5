/** A fault of the store's commits. */
export interface CommitFault {
  /** Text that a commit has somewhere, such as the kind of a journal line; default: every commit. */
  readonly having?: string
  /** Commits that are hit; default: all that match. */
  readonly times?: number
  /** Delay before anything is on disk, ms. */
  readonly slowMs?: number
  /** The store refuses it. */
  readonly isRefused?: boolean
}

/** The wall clock is set so far from the true time, ms, so long after the start of the process. */
export interface ClockStep {
  readonly afterMs: number
  readonly ms: number
}

/** What a test changes in a process of the service from outside. */
export interface Steering {
  /** Sets the wall clock so far from the true time, ms. */
  readonly clockMs?: number
  /** Sets it again. */
  readonly clockStep?: ClockStep
  /** The faults of later commits. */
  readonly commits?: readonly CommitFault[]
}

/** The environment variable that says how to steer the process from its start. */
export const STEERING = 'STEERING'
