/** What a claim has found. */
export interface Claimed {
  /** Names the store, for as long as it is not made anew. */
  readonly instance: string
  /** Counts owners. */
  readonly epoch: number
  readonly lastSeq: number
  /** A process was killed while it wrote again what the server had lost. */
  readonly isIncomplete: boolean
  /** The owner before, and how many writes of it the server has. */
  readonly before: { readonly epoch: number; readonly writes: number }
}

export interface ClaimRequest {
  readonly token: string
  readonly leaseMs: number
  /** Begins anew where the server has lost what was written. */
  readonly isAnew?: boolean
  /** Name of the store that it begins anew. */
  readonly instance?: string | undefined
  /** What the store must be, if it was seen before. */
  readonly expected?: Seen | undefined
}

/** A store as it was seen before; `reached`: how many writes of that owner, and lines, it had. */
export interface Seen extends Pick<Claimed, 'instance' | 'epoch'> {
  readonly reached?: { readonly writes: number; readonly seq: number } | undefined
}

/** Whether a store has less than it had when it was seen. */
export function isOlder({ before, lastSeq }: Claimed, { epoch, reached }: Seen): boolean {
  if (reached === undefined) return false
  const hasLostWrites = before.epoch === epoch && before.writes < reached.writes
  return hasLostWrites || lastSeq < reached.seq
}
