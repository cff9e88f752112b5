import type { CallLimit, EndpointGroup } from '../domain/venue.ts'
import type { RateLimited } from '../errors.ts'
import {
  acquire,
  breaker,
  isPermit,
  type Outcome,
  retryInMs,
  settle,
} from '../resilience/breaker.ts'
import { openUntil, restore, snapshot } from '../resilience/breaker-hand.ts'
import type { BreakerOptions } from '../resilience/breaker-options.ts'
import type { Breaker, Permit } from '../resilience/breaker-state.ts'
import {
  admit,
  breakerClosed,
  breakerOpened,
  holdExits,
  type Load,
  rateLimited,
  throttle,
  type Throttle,
  type ThrottleOptions,
} from '../resilience/throttle.ts'
import { restoreThrottle, snapshotThrottle } from '../resilience/throttle-snapshot.ts'
import type { GatesSnapshot } from './gates-snapshot.ts'

export interface GatesOptions {
  readonly limits: readonly CallLimit[]
  readonly breakers: Readonly<Record<EndpointGroup, BreakerOptions>>
  readonly throttle: Omit<ThrottleOptions, 'perSecond' | 'perMinute' | 'perDay'>
  /** What an earlier process left behind, as it is by now. */
  readonly past?: GatesSnapshot | undefined
  /** Monotonic, ms. */
  monotonic(): number
  /** In [0, 1). */
  random(): number
  load(): Load
}

/** One declared limit and the throttle that keeps it. */
export interface Gate {
  readonly limit: CallLimit
  throttle: Throttle
}

/** What a call is, as far as gates care. */
export interface Passing {
  readonly group: EndpointGroup
  readonly isExit: boolean
}

/** Leave for one call. */
export interface Leave extends Passing {
  readonly kind: 'leave'
  readonly permit: Permit
  readonly sentAt: number
}

/** The breaker lets nothing through, or the throttle not yet. */
export interface NoLeave {
  readonly kind: 'breaker' | 'throttle'
  readonly retryInMs: number
}

/** Groups of endpoints, each with a breaker of its own. */
export const GROUPS: readonly EndpointGroup[] = ['orders', 'account', 'quotes']

/** A circuit breaker for each group of endpoints, and a throttle for each limit of the venue. */
export class Gates {
  readonly all: readonly Gate[]
  /** Rises with whatever a snapshot would show. */
  revision = 0
  private readonly options: GatesOptions
  private readonly breakers: Record<EndpointGroup, Breaker>

  constructor(options: GatesOptions) {
    this.options = options
    this.breakers = {
      orders: this.breakerOf('orders'),
      account: this.breakerOf('account'),
      quotes: this.breakerOf('quotes'),
    }
    this.all = withDefault(options.limits).map(limit => {
      const gate = { limit, throttle: this.throttleOf(limit) }
      if (this.isTroubled(gate)) gate.throttle = breakerOpened(gate.throttle, this.now)
      return gate
    })
  }

  breaker(group: EndpointGroup): Breaker {
    return this.breakers[group]
  }

  /** The gate that calls of a group go through. */
  of(group: EndpointGroup): Gate {
    return this.all.find(({ limit }) => limit.groups.includes(group))!
  }

  /** When the breaker of a group may let a call through, ms from now; Infinity: a person says. */
  shutForMs(group: EndpointGroup): number {
    return retryInMs(this.breakers[group], this.now)
  }

  /** Asks for leave for one call: the breaker first, then the throttle. */
  ask({ group, isExit }: Passing): Leave | NoLeave {
    const { now } = this
    const gate = this.of(group)
    const around = { random: this.options.random(), isExitWaiting: isExit }
    const [seen, permit] = acquire(this.breakers[group], now, around)
    this.move(group, seen)
    if (!isPermit(permit)) return { kind: 'breaker', retryInMs: permit.retryInMs }
    const kind = isExit ? 'exit' : 'other'
    const [next, answer] = admit(gate.throttle, kind, this.options.load(), now)
    gate.throttle = next
    if (answer.kind === 'refused') {
      this.breakers[group] = settle(this.breakers[group], permit, 'ignored', now)
      return { kind: 'throttle', retryInMs: answer.retryInMs }
    }
    this.revision++
    return { kind: 'leave', group, isExit, permit, sentAt: answer.sentAt }
  }

  /** Takes the outcome of a call; `isExitWaiting`: another exit waits for the same breaker. */
  settle({ group, isExit, permit }: Leave, outcome: Outcome, isExitWaiting: boolean): void {
    // An exit that failed itself will want to try again.
    const around = { random: this.options.random(), isExitWaiting: isExitWaiting || isExit }
    this.move(group, settle(this.breakers[group], permit, outcome, this.now, around))
  }

  /** A refusal by rate proves the venue alive: it feeds the throttle in place of the breaker. */
  refused(
    { group, isExit, sentAt }: Leave,
    { retryAfterMs: waitMs = 0, isBan }: RateLimited,
  ): void {
    const { now } = this
    const gate = this.of(group)
    gate.throttle = rateLimited(gate.throttle, { sentAt }, waitMs, now)
    if (waitMs === 0) return
    if (isExit) gate.throttle = holdExits(gate.throttle, now + waitMs)
    if (!isBan) return
    for (const each of gate.limit.groups) {
      this.move(each, openUntil(this.breakers[each], now + waitMs, now))
    }
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.move(group, change(this.breakers[group], this.now))
  }

  /** What to keep of all this. */
  snapshot(): GatesSnapshot {
    const { now } = this
    const { orders, account, quotes } = this.breakers
    return {
      breakers: {
        orders: snapshot(orders, now),
        account: snapshot(account, now),
        quotes: snapshot(quotes, now),
      },
      throttles: Object.fromEntries(
        this.all.map(({ limit, throttle: state }) => [limit.name, snapshotThrottle(state, now)]),
      ),
    }
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private breakerOf(group: EndpointGroup): Breaker {
    const { breakers, past } = this.options
    const options = breakers[group]
    return past === undefined ? breaker(options) : restore(options, past.breakers[group], this.now)
  }

  private throttleOf(limit: CallLimit): Throttle {
    const options = { ...this.options.throttle, ...ceilingsOf(limit) }
    const kept = this.options.past?.throttles[limit.name]
    return kept === undefined
      ? throttle(options, this.now)
      : restoreThrottle(options, kept, this.now)
  }

  /** Takes a breaker's next state over; a throttle is frozen while one of its groups is in trouble. */
  private move(group: EndpointGroup, next: Breaker): void {
    const before = this.breakers[group]
    this.breakers[group] = next
    if (before.kind === next.kind) return
    this.revision++
    for (const gate of this.all) {
      if (!gate.limit.groups.includes(group)) continue
      if (next.kind === 'open') gate.throttle = breakerOpened(gate.throttle, this.now)
      else if (!this.isTroubled(gate)) gate.throttle = breakerClosed(gate.throttle, this.now)
    }
  }

  private isTroubled({ limit }: Pick<Gate, 'limit'>): boolean {
    return limit.groups.some(group => {
      const { kind } = this.breakers[group]
      return kind === 'open' || kind === 'half-open'
    })
  }
}

/** The limits, and one more for the groups that none of them names. */
function withDefault(limits: readonly CallLimit[]): readonly CallLimit[] {
  const groups = GROUPS.filter(group => !limits.some(limit => limit.groups.includes(group)))
  return groups.length === 0 ? limits : [...limits, { name: 'default', groups }]
}

const ceilingsOf = ({ perSecond, perMinute, perDay }: CallLimit) => ({
  ...(perSecond !== undefined && { perSecond }),
  ...(perMinute !== undefined && { perMinute }),
  ...(perDay !== undefined && { perDay }),
})
