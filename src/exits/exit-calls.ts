import type { Action } from './action.ts'

/** A call that an exit needs. */
export type CallKind = Extract<
  Action['kind'],
  | 'save'
  | 'send'
  | 'ask-order'
  | 'cancel'
  | 'ask-past'
  | 'cancel-past'
  | 'ask-holding'
  | 'list-orders'
>

/** The calls of one exit that keep others from being made. */
export interface CallsMade {
  /** Calls that have not ended yet. */
  readonly underWay: Set<CallKind>
  /** Calls made since the last cycle: a venue that answers at once is not asked in a loop. */
  readonly made: Set<CallKind>
}

/** Begins those of the calls that may be made now, and gives them. */
export function beginCalls(
  wanted: readonly CallKind[],
  { made, underWay }: CallsMade,
): readonly CallKind[] {
  const calls = wanted.filter(kind => !made.has(kind) && !underWay.has(kind))
  for (const kind of calls) {
    made.add(kind)
    // One question for a holding or a list serves every exit, and is asked once at a time.
    if (kind !== 'ask-holding' && kind !== 'list-orders') underWay.add(kind)
  }
  return calls
}
