/** A call that waits for a token: when it asks again, monotonic ms. */
type Due = number

/** One participant in the turns of a throttle. */
interface Participant {
  /** Number of the admission that it was given last; 0: none yet. */
  readonly served: number
  /** The calls that wait: exits, and all others. */
  readonly exit: Due | undefined
  readonly other: Due | undefined
}

/**
 * Whose call is next where several accounts draw tokens from one throttle: exits of every account before other calls
 * of any, and among equals the account that was admitted longest ago. Plain data; at most one entry an account.
 */
export interface Turns {
  readonly admitted: number
  readonly participants: ReadonlyMap<string, Participant>
}

export const NO_TURNS: Turns = { admitted: 0, participants: new Map() }

/** A waiting call that has not asked again so long after it was due gives up its turn, ms. */
export const GRACE_MS = 50

const NEW: Participant = { served: 0, exit: undefined, other: undefined }

/** Ms until a call of `who` may ask the throttle at `now`; 0: it is its turn. */
export function turnInMs(turns: Turns, who: string, kind: 'exit' | 'other', now: number): number {
  const own = turns.participants.get(who) ?? NEW
  let waitMs = 0
  for (const [name, { served, exit, other }] of turns.participants) {
    if (name === who) continue
    if (kind === 'other' && isWaiting(exit, now)) {
      waitMs = Math.max(waitMs, exit + GRACE_MS - now)
    }
    const equal = kind === 'exit' ? exit : other
    if (isWaiting(equal, now) && served < own.served) {
      waitMs = Math.max(waitMs, 1, equal - now + 1)
    }
  }
  return waitMs
}

const isWaiting = (due: Due | undefined, now: number): due is Due =>
  due !== undefined && now < due + GRACE_MS

/** The call of `who` asks again at `due` (monotonic ms). */
export function waits(turns: Turns, who: string, kind: 'exit' | 'other', due: number): Turns {
  const own = turns.participants.get(who) ?? NEW
  return { ...turns, participants: new Map(turns.participants).set(who, { ...own, [kind]: due }) }
}

/** A call of `who` was given a token. */
export function served(turns: Turns, who: string, kind: 'exit' | 'other'): Turns {
  const own = turns.participants.get(who) ?? NEW
  const admitted = turns.admitted + 1
  const next = { ...own, served: admitted, [kind]: undefined }
  return { admitted, participants: new Map(turns.participants).set(who, next) }
}
