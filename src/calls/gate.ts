import { ENDPOINT_GROUPS, type CallLimit } from '../domain/venue.ts'
import { restoreThrottle, type ThrottleSnapshot } from '../resilience/throttle-snapshot.ts'
import {
  breakerClosed,
  breakerOpened,
  throttle,
  type Throttle,
  type ThrottleOptions,
} from '../resilience/throttle.ts'
import type { LimitMember, LimitShare } from './shared-limits.ts'

/** One declared limit and its throttle. */
export interface LimitGate {
  readonly limit: CallLimit
  throttle: Throttle
  /** Present where other accounts draw from the same throttle. */
  readonly share?: LimitShare
  /** How each account that draws from the throttle reacts to the venue's answers. */
  readonly members: Iterable<LimitMember>
}

export interface LimitGateOptions {
  readonly throttle: Omit<ThrottleOptions, 'perSecond' | 'perMinute' | 'perHour' | 'perDay'>
  /** The part of the account in a limit that others share; `own`: the throttle that it would have alone. */
  shareOf?(limit: string, own: Throttle): LimitShare | undefined
}

/** The limits, and one more for the groups that none of them names. */
export function withDefault(limits: readonly CallLimit[]): readonly CallLimit[] {
  const groups = ENDPOINT_GROUPS.filter(
    group => !limits.some(limit => limit.groups.includes(group)),
  )
  return groups.length === 0 ? limits : [...limits, { name: 'default', groups }]
}

/** The gate of a limit at `now` (monotonic ms). `kept`: its throttle as an earlier process stored it. */
export function openLimitGate(
  limit: CallLimit,
  options: LimitGateOptions,
  {
    kept,
    member,
    now,
  }: {
    readonly kept: ThrottleSnapshot | undefined
    readonly member: LimitMember
    readonly now: number
  },
): LimitGate {
  const settings = { ...options.throttle, ...ceilingsOf(limit) }
  const own = kept === undefined ? throttle(settings, now) : restoreThrottle(settings, kept, now)
  const share = options.shareOf?.(limit.name, own)
  if (share === undefined) return { limit, throttle: own, members: [member] }
  share.join(member)
  return {
    limit,
    share,
    get throttle() {
      return share.throttle
    },
    set throttle(next: Throttle) {
      share.throttle = next
    },
    get members() {
      return share.members
    },
  }
}

/**
 * Freezes the rate of a limit while a breaker of its groups is open (`isTroubled`), as nothing is learnt about it then.
 * A limit that several accounts share is frozen while each of them has such a breaker.
 */
export function freeze(gate: LimitGate, isTroubled: boolean, now: number): void {
  const isFrozen = gate.share?.noteTrouble(isTroubled) ?? isTroubled
  gate.throttle = isFrozen ? breakerOpened(gate.throttle, now) : breakerClosed(gate.throttle, now)
}

const ceilingsOf = ({ perSecond, perMinute, perHour, perDay }: CallLimit) => ({
  ...(perSecond !== undefined && { perSecond }),
  ...(perMinute !== undefined && { perMinute }),
  ...(perHour !== undefined && { perHour }),
  ...(perDay !== undefined && { perDay }),
})
