import type { CallLimit, EndpointGroup } from '../domain/venue.ts'
import type { RateLimited } from '../errors.ts'
import type { Breaker, Permit } from '../resilience/breaker-state.ts'
import { isPermit, type Outcome } from '../resilience/breaker.ts'
import { held, NO_HOLD, type Hold } from '../resilience/hold.ts'
import { restoreThrottle, snapshotThrottle } from '../resilience/throttle-snapshot.ts'
import {
  admit,
  breakerClosed,
  breakerOpened,
  rateLimited,
  throttle,
  type Load,
  type Throttle,
  type ThrottleOptions,
} from '../resilience/throttle.ts'
import { Breakers, GROUPS, type BreakersOptions } from './breakers.ts'
import type { GatesSnapshot } from './gates-snapshot.ts'

export interface GatesOptions extends BreakersOptions {
  readonly limits: readonly CallLimit[]
  readonly throttle: Omit<ThrottleOptions, 'perSecond' | 'perMinute' | 'perHour' | 'perDay'>
  /** State of an earlier process, aged to the present. */
  readonly past?: GatesSnapshot | undefined
  load(): Load
}

/** One declared limit and its throttle. */
export interface Gate {
  readonly limit: CallLimit
  throttle: Throttle
}

/** The properties of a call that gates need. */
export interface Passing {
  readonly group: EndpointGroup
  /** It is part of an exit, or a query that an exit waits for. */
  readonly isUrgent: boolean
  /** Evaluated last: a call that is not ready uses nothing of the limit. */
  readonly isReady?: (() => boolean) | undefined
}

/** Permission for one call. */
export interface Leave extends Omit<Passing, 'isReady'> {
  readonly kind: 'leave'
  readonly permit: Permit
  readonly sentAt: number
}

/**
 * The breaker refuses it, the venue has asked urgent calls to wait, or the throttle has no token.
 */
export interface NoLeave {
  readonly kind: 'breaker' | 'hold' | 'throttle'
  readonly retryInMs: number
}

/** Breaker and throttle would have allowed it, and it was not ready. */
export interface NotReady {
  readonly kind: 'not-ready'
}

/** A circuit breaker for each group of endpoints, and a throttle for each limit of the venue. */
export class CallGates {
  readonly all: readonly Gate[]
  /** Increases with every change that a snapshot would show. */
  revision = 0
  private readonly options: GatesOptions
  private readonly breakers: Breakers
  private readonly holds: Record<EndpointGroup, Hold>

  constructor(options: GatesOptions) {
    this.options = options
    this.holds = { orders: NO_HOLD, account: NO_HOLD, quotes: NO_HOLD }
    this.breakers = new Breakers(options, group => this.moved(group))
    this.all = withDefault(options.limits).map(limit => {
      const gate = { limit, throttle: this.throttleOf(limit) }
      if (this.isTroubled(gate)) gate.throttle = breakerOpened(gate.throttle, this.now)
      return gate
    })
  }

  breaker(group: EndpointGroup): Breaker {
    return this.breakers.of(group)
  }

  /** The gate of a group's calls. */
  of(group: EndpointGroup): Gate {
    return this.all.find(({ limit }) => limit.groups.includes(group))!
  }

  /**
   * When the breaker of a group may let such a call pass, ms from now; Infinity: a person decides.
   */
  shutForMs({ group, isUrgent }: Passing): number {
    return this.breakers.retryInMs(group, isUrgent)
  }

  /** Requests permission for one call: from the breaker first, then from the throttle. */
  ask({ group, isUrgent, isReady }: Passing): Leave | NoLeave | NotReady {
    const { now } = this
    const gate = this.of(group)
    const permit = this.breakers.acquire(group, isUrgent)
    if (!isPermit(permit)) return { kind: 'breaker', retryInMs: permit.retryInMs }
    const heldForMs = isUrgent ? this.holds[group].until - now : 0
    if (heldForMs > 0) {
      this.breakers.giveBack(group, permit)
      return { kind: 'hold', retryInMs: heldForMs }
    }
    const kind = isUrgent ? 'exit' : 'other'
    const [next, answer] = admit(gate.throttle, kind, this.options.load(), now)
    if (answer.kind === 'refused') {
      gate.throttle = next
      this.breakers.giveBack(group, permit)
      return { kind: 'throttle', retryInMs: answer.retryInMs }
    }
    if (isReady?.() === false) {
      this.breakers.giveBack(group, permit)
      return { kind: 'not-ready' }
    }
    gate.throttle = next
    this.revision++
    return { kind: 'leave', group, isUrgent, permit, sentAt: answer.sentAt }
  }

  /**
   * Records the outcome of a call; `isExitWaiting`: an exit waits for the same breaker. Returns
   * whether another group may continue because of it.
   */
  settle({ group, isUrgent, permit }: Leave, outcome: Outcome, isExitWaiting: boolean): boolean {
    if (isUrgent && outcome === 'success') this.holds[group] = NO_HOLD
    return this.breakers.settle(
      group,
      // A failed exit will be repeated.
      { permit, outcome, isExitWaiting: isExitWaiting || isUrgent },
      this.of(group).limit.groups,
    )
  }

  /**
   * A rate limit answer proves that the venue is reachable: it feeds the throttle, not the breaker.
   */
  refused(
    { group, isUrgent, sentAt }: Leave,
    { retryAfterMs: waitMs = 0, isBan }: RateLimited,
  ): void {
    const { now } = this
    const gate = this.of(group)
    gate.throttle = rateLimited(gate.throttle, { sentAt }, waitMs, now)
    if (waitMs === 0) return
    if (isBan) for (const each of gate.limit.groups) this.breakers.ban(each, now + waitMs)
    else if (isUrgent) {
      this.holds[group] = held(this.holds[group], waitMs, this.options.breakers[group], now)
    }
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.breakers.handle(group, change)
  }

  /** The state to store. */
  snapshot(): GatesSnapshot {
    const { now } = this
    return {
      breakers: this.breakers.snapshot(),
      throttles: Object.fromEntries(
        this.all.map(({ limit, throttle: state }) => [limit.name, snapshotThrottle(state, now)]),
      ),
    }
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private throttleOf(limit: CallLimit): Throttle {
    const options = { ...this.options.throttle, ...ceilingsOf(limit) }
    const kept = this.options.past?.throttles[limit.name]
    return kept === undefined
      ? throttle(options, this.now)
      : restoreThrottle(options, kept, this.now)
  }

  /** A throttle is frozen while the breaker of one of its groups is open. */
  private moved(group: EndpointGroup): void {
    this.revision++
    for (const gate of this.all) {
      if (!gate.limit.groups.includes(group)) continue
      if (this.breaker(group).kind === 'open') {
        gate.throttle = breakerOpened(gate.throttle, this.now)
      } else if (!this.isTroubled(gate)) gate.throttle = breakerClosed(gate.throttle, this.now)
    }
  }

  private isTroubled({ limit }: Pick<Gate, 'limit'>): boolean {
    return limit.groups.some(group => this.breakers.isTroubled(group))
  }
}

/** The limits, and one more for the groups that none of them names. */
function withDefault(limits: readonly CallLimit[]): readonly CallLimit[] {
  const groups = GROUPS.filter(group => !limits.some(limit => limit.groups.includes(group)))
  return groups.length === 0 ? limits : [...limits, { name: 'default', groups }]
}

const ceilingsOf = ({ perSecond, perMinute, perHour, perDay }: CallLimit) => ({
  ...(perSecond !== undefined && { perSecond }),
  ...(perMinute !== undefined && { perMinute }),
  ...(perHour !== undefined && { perHour }),
  ...(perDay !== undefined && { perDay }),
})
