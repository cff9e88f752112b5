/** What the store does with some of its commits. */
export interface CommitFault {
  /** Text that a commit has somewhere, such as the kind of a journal line; default: every commit. */
  readonly having?: string
  /** Commits that are hit; default: all that match. */
  readonly times?: number
  /** Time that passes before anything is on disk, ms. */
  readonly slowMs?: number
  /** The store refuses it. */
  readonly isRefused?: boolean
}

/** What a test does to a process of the service from outside. */
export interface Steering {
  /** Sets the wall clock so far from the true time, ms. */
  readonly clockMs?: number
  /** What goes wrong with commits from now on. */
  readonly commits?: readonly CommitFault[]
}

/** The environment variable that tells how the process is steered from its start. */
export const STEERING = 'STEERING'
