import { ENDPOINT_GROUPS, type EndpointGroup } from '../domain/venue.ts'
import {
  closeUnprobed,
  openUntil,
  probeNow,
  probeSooner,
  restore,
  snapshot,
  type BreakerSnapshot,
} from '../resilience/breaker-hand.ts'
import type { BreakerOptions } from '../resilience/breaker-options.ts'
import type { Breaker, Circumstances, Permit } from '../resilience/breaker-state.ts'
import {
  acquire,
  breaker,
  retryInMs,
  settle,
  type Outcome,
  type Refusal,
} from '../resilience/breaker.ts'

/** One value for each group. */
export type ByGroup<Value> = Readonly<Record<EndpointGroup, Value>>

/** One value for each group, each made anew. */
export const byGroup = <Value>(
  of: (group: EndpointGroup) => Value,
): Record<EndpointGroup, Value> => ({
  orders: of('orders'),
  account: of('account'),
  quotes: of('quotes'),
})

export interface BreakersOptions {
  readonly breakers: ByGroup<BreakerOptions>
  /** State of an earlier process, aged to the present. */
  readonly past?: { readonly breakers: ByGroup<BreakerSnapshot> } | undefined
  /** Monotonic, ms. */
  monotonic(): number
  /** In [0, 1). */
  random(): number
  /** Whether a call would use other credentials than the last one. */
  hasNewCredentials?(): boolean
}

/** How a call ended, and for whom that matters. */
export interface Settled {
  readonly permit: Permit
  readonly outcome: Outcome
  /** True where an exit waits for the breaker. */
  readonly isExitWaiting: boolean
}

/**
 * A circuit breaker for each group of endpoints. They open separately and recover together: an
 * answer of one group lets the others probe sooner.
 */
export class Breakers {
  private readonly options: BreakersOptions
  /** Called when a breaker has changed its state, or how long it stays open. */
  private readonly onMoved: (group: EndpointGroup) => void
  private readonly states: Record<EndpointGroup, Breaker>
  /** Groups whose last call failed. */
  private readonly failing = new Set<EndpointGroup>()

  constructor(options: BreakersOptions, onMoved: (group: EndpointGroup) => void) {
    this.options = options
    this.onMoved = onMoved
    this.states = byGroup(group => {
      const { breakers, past } = options
      if (past === undefined) return breaker(breakers[group])
      return restore(breakers[group], past.breakers[group], this.now)
    })
  }

  of(group: EndpointGroup): Breaker {
    return this.states[group]
  }

  /** When a call may pass, ms from now; Infinity when only a person decides. */
  retryInMs(group: EndpointGroup, isExitWaiting: boolean): number {
    this.tryNewCredentials(group)
    return retryInMs(this.states[group], this.now, { isExitWaiting })
  }

  acquire(group: EndpointGroup, isExitWaiting: boolean): Permit | Refusal {
    this.tryNewCredentials(group)
    const [seen, answer] = acquire(this.states[group], this.now, this.around(isExitWaiting))
    this.change(group, seen)
    return answer
  }

  /** Returns the permit of a call that was not made. */
  returnPermit(group: EndpointGroup, permit: Permit): void {
    this.states[group] = settle(this.states[group], permit, 'ignored', this.now)
  }

  /**
   * Records the outcome of a call. `limited` are the groups of its limit. Returns whether other
   * groups may continue now.
   */
  settle(
    group: EndpointGroup,
    { permit, outcome, isExitWaiting }: Settled,
    limited: readonly EndpointGroup[],
  ): boolean {
    const before = this.states[group]
    this.change(group, settle(before, permit, outcome, this.now, this.around(isExitWaiting)))
    if (outcome === 'failure') this.failing.add(group)
    if (outcome !== 'success') return false
    const wasFailing = this.failing.delete(group)
    for (const other of ENDPOINT_GROUPS) {
      if (other !== group) this.change(other, closeUnprobed(this.states[other], this.now))
    }
    if (before.kind === 'half-open' && this.states[group].kind === 'closed') {
      // The venue answers again; a ban of its limit is over.
      const when = { at: this.now, cause: 'answered-elsewhere' } as const
      return this.changeOthers(group, (each, other) =>
        probeNow(each, when, { isBanOver: limited.includes(other) }),
      )
    }
    return wasFailing && this.changeOthers(group, each => probeSooner(each, this.now))
  }

  /** Refuses calls until then (monotonic ms), as the venue has requested. */
  ban(group: EndpointGroup, until: number): void {
    this.change(group, openUntil(this.states[group], until, this.now))
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.change(group, change(this.states[group], this.now))
  }

  isTroubled(group: EndpointGroup): boolean {
    const { kind } = this.states[group]
    return kind === 'open' || kind === 'half-open'
  }

  snapshot(): ByGroup<BreakerSnapshot> {
    const { states, now } = this
    return byGroup(group => snapshot(states[group], now))
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private around(isExitWaiting: boolean): Circumstances {
    return { random: this.options.random(), isExitWaiting }
  }

  private change(group: EndpointGroup, next: Breaker): void {
    const before = this.states[group]
    this.states[group] = next
    if (hasMoved(before, next)) this.onMoved(group)
  }

  private changeOthers(
    group: EndpointGroup,
    change: (breaker: Breaker, other: EndpointGroup) => Breaker,
  ): boolean {
    let isNews = false
    for (const other of ENDPOINT_GROUPS) {
      const before = this.states[other]
      if (other === group || before.kind !== 'open') continue
      this.change(other, change(before, other))
      isNews ||= this.states[other] !== before
    }
    return isNews
  }

  /** Refused credentials need no wait once there are others. */
  private tryNewCredentials(group: EndpointGroup): void {
    const before = this.states[group]
    if (before.kind !== 'open' || before.transitions.at(-1)?.cause !== 'unauthorized') return
    if (this.options.hasNewCredentials?.() !== true) return
    const when = { at: this.now, cause: 'new-credentials' } as const
    this.change(group, probeNow(before, when, { isBanOver: false }))
  }
}

/** Each transition begins an epoch, a longer ban too; a sooner probe begins none. */
const hasMoved = (before: Breaker, next: Breaker): boolean =>
  before.epoch !== next.epoch ||
  (before.kind === 'open' && next.kind === 'open' && before.until !== next.until)
