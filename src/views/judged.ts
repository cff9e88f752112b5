import type { Exitable } from '../exits/exitable.ts'

/** A judgement, and since when it is the same (ms of the steady clock). */
export interface Judged {
  readonly exitable: Exitable
  readonly since: number
}

/** The same judgement goes on; another one begins now. */
export function changed(before: Judged | undefined, exitable: Exitable, now: number): Judged {
  if (before?.exitable.kind === exitable.kind) return { exitable, since: before.since }
  return { exitable, since: now }
}
