import type { CallLimit, EndpointGroup, LimitUse } from '../domain/venue.ts'
import type { RateLimited } from '../errors.ts'
import type { Breaker, Permit } from '../resilience/breaker-state.ts'
import { isPermit, type Outcome } from '../resilience/breaker.ts'
import { held, NO_HOLD, type Hold } from '../resilience/hold.ts'
import { snapshotThrottle } from '../resilience/throttle-snapshot.ts'
import { admit, pollsHeld, rateLimited, type Load } from '../resilience/throttle.ts'
import { Breakers, byGroup, type BreakersOptions } from './breakers.ts'
import {
  freeze,
  openLimitGate,
  withDefault,
  type LimitGate,
  type LimitGateOptions,
} from './gate.ts'
import type { GatesSnapshot } from './gates-snapshot.ts'
import { LimitUses } from './limit-uses.ts'
import type { LimitMember } from './shared-limits.ts'

/** Share of a limit beyond which the rest is kept for exits. */
const RESERVED_FROM = 0.95
/** Longest window of a limit that a venue reports, ms. */
const LONGEST_WINDOW_MS = 60_000

export interface GatesOptions extends BreakersOptions, LimitGateOptions {
  readonly limits: readonly CallLimit[]
  /** State of an earlier process, aged to the present. */
  readonly past?: GatesSnapshot | undefined
  load(): Load
}

/** The properties of a call that gates need. */
export interface Passing {
  readonly group: EndpointGroup
  /** It is part of an exit, or a query that an exit waits for. */
  readonly isUrgent: boolean
  /** Evaluated last: a call that is not ready uses nothing of the limit. */
  readonly isReady?: (() => boolean) | undefined
}

/** Permission to send one call. */
export interface Grant extends Omit<Passing, 'isReady'> {
  readonly kind: 'granted'
  readonly permit: Permit
  readonly sentAt: number
}

/**
 * A call must wait: its breaker is open, the venue has asked urgent calls to wait, or the throttle has
 * no token.
 */
export interface Delay {
  readonly kind: 'breaker' | 'venue-wait' | 'throttle'
  readonly retryInMs: number
}

/** Breaker and throttle would have allowed it, and it was not ready. */
export interface NotReady {
  readonly kind: 'not-ready'
}

/** A circuit breaker for each group of endpoints, and a throttle for each limit of the venue. */
export class CallGates {
  readonly all: readonly LimitGate[]
  /** Increases with every change that a snapshot would show, except those that time alone makes. */
  revision = 0
  private readonly uses = new LimitUses()
  private readonly options: GatesOptions
  private readonly breakers: Breakers
  private readonly holds: Record<EndpointGroup, Hold>

  constructor(options: GatesOptions) {
    this.options = options
    this.holds = byGroup(() => NO_HOLD)
    this.breakers = new Breakers(options, group => this.moved(group))
    this.all = withDefault(options.limits).map(limit => {
      const kept = options.past?.throttles[limit.name]
      const member = this.memberOf(limit)
      const gate = openLimitGate(limit, options, { kept, member, now: this.now })
      freeze(gate, this.isTroubled(gate), this.now)
      return gate
    })
  }

  breaker(group: EndpointGroup): Breaker {
    return this.breakers.of(group)
  }

  /** The gate of a group's calls. */
  of(group: EndpointGroup): LimitGate {
    return this.all.find(({ limit }) => limit.groups.includes(group))!
  }

  /**
   * When the breaker of a group may let such a call pass, ms from now; Infinity: only a person closes it.
   */
  shutForMs({ group, isUrgent }: Passing): number {
    return this.breakers.retryInMs(group, isUrgent)
  }

  /** Requests permission for one call: from the breaker first, then from the throttle. */
  ask({ group, isUrgent, isReady }: Passing): Grant | Delay | NotReady {
    const { now } = this
    const gate = this.of(group)
    const permit = this.breakers.acquire(group, isUrgent)
    if (!isPermit(permit)) return { kind: 'breaker', retryInMs: permit.retryInMs }
    const heldForMs = isUrgent ? this.holds[group].until - now : 0
    if (heldForMs > 0) {
      this.breakers.returnPermit(group, permit)
      return { kind: 'venue-wait', retryInMs: heldForMs }
    }
    const kind = isUrgent ? 'exit' : 'other'
    const turnInMs = gate.share?.turnInMs(kind, now) ?? 0
    if (turnInMs > 0) {
      this.breakers.returnPermit(group, permit)
      return this.noToken(gate, kind, turnInMs)
    }
    const [next, answer] = admit(gate.throttle, kind, this.loadOf(gate), now)
    if (answer.kind === 'refused') {
      gate.throttle = next
      this.breakers.returnPermit(group, permit)
      return this.noToken(gate, kind, answer.retryInMs)
    }
    if (isReady?.() === false) {
      this.breakers.returnPermit(group, permit)
      return { kind: 'not-ready' }
    }
    gate.throttle = next
    gate.share?.served(kind)
    this.revision++
    return { kind: 'granted', group, isUrgent, permit, sentAt: answer.sentAt }
  }

  /**
   * Records the outcome of a call; `isExitWaiting`: an exit waits for the same breaker. Returns
   * whether another group may continue because of it.
   */
  settle({ group, isUrgent, permit }: Grant, outcome: Outcome, isExitWaiting: boolean): boolean {
    if (isUrgent && outcome === 'success') {
      for (const each of this.of(group).members) each.waitOver(group)
    }
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
  rateLimited(
    { group, isUrgent, sentAt }: Grant,
    { retryAfterMs: waitMs = 0, isBan }: RateLimited,
  ): void {
    const { now } = this
    const gate = this.of(group)
    gate.throttle = rateLimited(gate.throttle, { sentAt }, waitMs, now)
    this.revision++
    if (waitMs === 0) return
    for (const each of gate.members) {
      if (isBan) each.banned(now + waitMs)
      else if (isUrgent) each.waitBegun(group, waitMs)
    }
  }

  /** The venue reports the use of a limit: from `RESERVED_FROM` on, only exits and what they wait for leave. */
  used({ groups, share, resetInMs }: LimitUse): void {
    this.uses.note({ groups, share }, this.now)
    if (share < RESERVED_FROM || !(resetInMs > 0)) return
    const forMs = Math.min(resetInMs, LONGEST_WINDOW_MS)
    for (const gate of new Set(groups.map(group => this.of(group))))
      gate.throttle = pollsHeld(gate.throttle, forMs, this.now)
    this.revision++
  }

  /** The largest share of a limit that the venue reported as used within the last minute; undefined: it reports none. */
  usedShare(group: EndpointGroup): number | undefined {
    return this.uses.of(group, this.now)
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

  /** How this account reacts to answers that concern all accounts of a limit. */
  private memberOf({ groups }: CallLimit): LimitMember {
    const { breakers } = this.options
    return {
      banned: until => {
        for (const each of groups) this.breakers.ban(each, until)
      },
      waitBegun: (group, waitMs) => {
        this.holds[group] = held(this.holds[group], waitMs, breakers[group], this.now)
      },
      waitOver: group => {
        this.holds[group] = NO_HOLD
      },
    }
  }

  /** Failures of one account say nothing about the polls of those that share its limit. */
  private loadOf({ share }: LimitGate): Load {
    const load = this.options.load()
    return share === undefined ? load : { ...load, failureShare: 0 }
  }

  /** Delays a call without a token, or before its turn; accounts that share the limit see that it waits. */
  private noToken({ share }: LimitGate, kind: 'exit' | 'other', retryInMs: number): Delay {
    share?.waits(kind, this.now + retryInMs)
    return { kind: 'throttle', retryInMs }
  }

  private moved(group: EndpointGroup): void {
    this.revision++
    for (const gate of this.all) {
      if (gate.limit.groups.includes(group)) freeze(gate, this.isTroubled(gate), this.now)
    }
  }

  private isTroubled({ limit }: Pick<LimitGate, 'limit'>): boolean {
    return limit.groups.some(group => this.breakers.isTroubled(group))
  }
}
