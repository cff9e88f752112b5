import type { EndpointGroup } from '../domain/venue.ts'
import { stricterThrottle } from '../resilience/throttle-snapshot.ts'
import type { Throttle } from '../resilience/throttle.ts'
import { NO_TURNS, served, turnInMs, waits, type Turns } from '../resilience/turns.ts'

/** How an account reacts to answers that concern every account behind the same address. */
export interface LimitMember {
  /** The address is banned until `until` (monotonic ms). */
  banned(until: number): void
  /** The venue has asked exits of a group to wait `waitMs` (ms). */
  waitBegun(group: EndpointGroup, waitMs: number): void
  /** An exit of the group has passed. */
  waitOver(group: EndpointGroup): void
}

interface SharedLimit {
  throttle: Throttle
  turns: Turns
  readonly members: Map<string, LimitMember>
  /** Accounts with an open breaker in a group of the limit. */
  readonly troubled: Set<string>
}

/** One account's view of a limit that it shares. */
export interface LimitShare {
  /** Name under which the accounts share it. */
  readonly shared: string
  throttle: Throttle
  /** Every account that shares it, this one included. */
  readonly members: Iterable<LimitMember>
  join(member: LimitMember): void
  /** Ms until it is this account's turn at the throttle; 0: now. */
  turnInMs(kind: 'exit' | 'other', now: number): number
  /** Notes that a call waits, and tries again at `due` (monotonic ms). */
  waits(kind: 'exit' | 'other', due: number): void
  /** Notes that a call has got a token. */
  served(kind: 'exit' | 'other'): void
  /**
   * Notes whether a breaker of this account is open (`is`). Returns whether one is open at every account: only then
   * nothing is learnt about the limit, and its rate is frozen.
   */
  noteTrouble(is: boolean): boolean
}

/** The limits that accounts of a process share, such as those that a venue counts for each network address. */
export class SharedLimits {
  private readonly all = new Map<string, SharedLimit>()

  /**
   * The view that `account` has of a limit. `own`: its throttle as an earlier process stored it, or a new one; the
   * strictest of all accounts counts.
   */
  shareOf(shared: string, limit: string, account: string, own: Throttle): LimitShare {
    const key = `${shared}\n${limit}`
    const known = this.all.get(key)
    const part: SharedLimit = known ?? {
      throttle: own,
      turns: NO_TURNS,
      members: new Map(),
      troubled: new Set(),
    }
    if (known === undefined) this.all.set(key, part)
    else known.throttle = stricterThrottle(known.throttle, own)
    return {
      shared,
      get throttle() {
        return part.throttle
      },
      set throttle(next: Throttle) {
        part.throttle = next
      },
      get members() {
        return part.members.values()
      },
      join: member => void part.members.set(account, member),
      turnInMs: (kind, now) => turnInMs(part.turns, account, kind, now),
      waits: (kind, due) => void (part.turns = waits(part.turns, account, kind, due)),
      served: kind => void (part.turns = served(part.turns, account, kind)),
      noteTrouble: is => {
        if (is) part.troubled.add(account)
        else part.troubled.delete(account)
        return part.troubled.size === part.members.size
      },
    }
  }
}
