import type { ReportedChange, ShrinkCause } from '../../domain/shrink-cause.ts'

/** An execution that may have made a holding smaller. */
export interface Reduction {
  /** Epoch ms at the venue. */
  readonly at: number
  /** What the venue says of it; undefined: an ordinary order. */
  readonly cause: ShrinkCause | undefined
  /** Ids that the client has given to the order; empty texts and others that are none are ignored. */
  readonly ids: readonly (string | undefined)[]
  /** The venue's own number of it, as the proof. */
  readonly proof: string
}

/** Ids of orders and stops that some service of this kind has sent. */
const OURS = /^wkn?[0-9a-f]+$/

/** What took units out of a holding, the last one last; orders of this service are left out. */
export const changesOf = (reductions: readonly Reduction[]): readonly ReportedChange[] =>
  reductions
    .filter(({ ids }) => !ids.some(id => id !== undefined && OURS.test(id)))
    .map(({ at, cause = 'by-hand', proof: text }) => ({ at, cause, text }))
    .toSorted((a, b) => a.at - b.at)
