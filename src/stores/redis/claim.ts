/** The state that a claim has found. */
export interface Claimed {
  /** Random id of the store; another one after the store was created anew. */
  readonly instance: string
  /** Counts owners. */
  readonly epoch: number
  readonly lastSeq: number
  /** A process was killed while it rewrote what the server had lost. */
  readonly isIncomplete: boolean
  /** Epoch of the previous owner, and how many of its writes the server has. */
  readonly before: { readonly epoch: number; readonly writes: number }
}

export interface ClaimRequest {
  readonly token: string
  readonly leaseMs: number
  /** Starts anew where the server has lost what was written. */
  readonly isAnew?: boolean
  /** Id of the store that is started anew. */
  readonly instance?: string | undefined
  /** The store that is expected, if one was seen before. */
  readonly expected?: Seen | undefined
}

/** A store as it was last seen; `reached`: how many writes of that owner, and lines, it had. */
export interface Seen extends Pick<Claimed, 'instance' | 'epoch'> {
  readonly reached?: { readonly writes: number; readonly seq: number } | undefined
}

/** Whether a store has less than it had when it was last seen. */
export function isOlder({ before, lastSeq }: Claimed, { epoch, reached }: Seen): boolean {
  if (reached === undefined) return false
  const hasLostWrites = before.epoch === epoch && before.writes < reached.writes
  return hasLostWrites || lastSeq < reached.seq
}
