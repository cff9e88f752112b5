import type { Exitable } from '../exits/exitable.ts'

/** A judgement, and since when it has been the same (ms of the steady clock). */
export interface Judged {
  readonly exitable: Exitable
  readonly since: number
}

/** The earlier judgement where the new one is the same, otherwise the new one from now on. */
export function changed(before: Judged | undefined, exitable: Exitable, now: number): Judged {
  if (before?.exitable.kind === exitable.kind) return { exitable, since: before.since }
  return { exitable, since: now }
}
