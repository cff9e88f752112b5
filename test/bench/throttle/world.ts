import { acquire, breaker, isPermit, settle } from '../../../src/resilience/breaker.ts'
import { openUntil } from '../../../src/resilience/breaker-hand.ts'
import { breakerOptions } from '../../../src/resilience/breaker-options.ts'
import type { Breaker, Permit } from '../../../src/resilience/breaker-state.ts'
import { enqueue, hasRoom, landed, lanes, take } from '../../../src/resilience/lanes.ts'
import { seeded } from '../prices.ts'
import type { Law } from './laws.ts'
import { HiddenVenue, type Verdict, type VenueOptions } from './venue.ts'
import { RUN_MS } from './worlds.ts'

const POSITIONS = 40
const POLL_MS = 2_000
/** Shortest time to the venue or back, and how much longer it may take, ms. */
const LATENCY_MS = 20
const LATENCY_JITTER_MS = 10

type Group = 'orders' | 'quotes'

/** One call in flight. */
interface Flight {
  readonly lane: 'exits' | 'quotes'
  readonly key: string
  /** Since when its owner waits. */
  readonly since: number
  readonly sentAt: number
  readonly arrivesAt: number
  readonly endsAt: number
  readonly permit: Permit
  verdict: Verdict | undefined
}

/** An exit that was accepted. */
export interface Exit {
  readonly since: number
  readonly acceptedAt: number
}

/** What one run has seen. */
export interface Run {
  readonly accepted: readonly number[]
  readonly refusals: number
  readonly callsIntoOutage: number
  readonly exits: readonly Exit[]
}

/**
 * 40 positions that poll every 2 s and exits singly and in fives, through lanes and circuit breakers,
 * at a venue with a hidden limit. Every event has its time; nothing happens between two of them.
 */
export class World {
  private readonly law: Law
  private readonly options: VenueOptions
  private readonly venue: HiddenVenue
  private readonly random: () => number
  private readonly breakers: Record<Group, Breaker>
  private of = lanes<undefined>(1_000)
  private flying: Flight[] = []
  private now = 0
  private nextPoll = 0
  private polls = 0
  private nextExit = 1_000
  private exitCount = 0
  private wakeAt = Infinity
  private readonly accepted: number[] = []
  private readonly exits: Exit[] = []
  private refusals = 0
  private callsIntoOutage = 0

  constructor(law: Law, options: VenueOptions, seed: number) {
    this.law = law
    this.options = options
    this.random = seeded(seed + 1)
    this.venue = new HiddenVenue(options, seeded(seed + 1_001))
    const fresh = breaker(breakerOptions.parse({}))
    this.breakers = { orders: fresh, quotes: fresh }
  }

  run(): Run {
    while (this.now < RUN_MS) {
      this.arrive()
      this.end()
      this.offer()
      this.pump()
      this.now = this.nextAt()
    }
    const { accepted, refusals, callsIntoOutage, exits } = this
    return { accepted, refusals, callsIntoOutage, exits }
  }

  private nextAt(): number {
    let at = Math.min(this.nextPoll, this.nextExit, this.wakeAt)
    for (const { verdict, arrivesAt, endsAt } of this.flying) {
      at = Math.min(at, verdict === undefined ? arrivesAt : endsAt)
    }
    return Math.max(at, this.now)
  }

  private offer(): void {
    if (this.now >= this.nextPoll) {
      const key = `q${this.polls++ % POSITIONS}`
      const waiting = { key, urgency: 0, since: this.now, call: undefined }
      this.of = enqueue(this.of, 'quotes', waiting)
      this.nextPoll += POLL_MS / POSITIONS
    }
    if (this.now < this.nextExit) return
    for (let each = this.random() < 0.2 ? 5 : 1; each > 0; each--) {
      this.offerExit(`e${this.exitCount++}`, this.now)
    }
    this.nextExit = this.now + 2_000 + this.random() * 6_000
  }

  private offerExit(key: string, since: number): void {
    this.of = enqueue(this.of, 'exits', { key, urgency: 1, since, call: undefined })
  }

  /** Calls reach the venue. */
  private arrive(): void {
    for (const flight of this.flying) {
      if (flight.verdict !== undefined || flight.arrivesAt > this.now) continue
      if (this.options.isDown(this.now)) this.callsIntoOutage++
      flight.verdict = this.venue.take(this.now)
      if (flight.verdict.kind === 'refused') this.refusals++
      if (flight.verdict.kind === 'accepted') this.accepted.push(this.now)
    }
  }

  /** Answers reach us. */
  private end(): void {
    const ended = this.flying.filter(({ verdict, endsAt }) => verdict && endsAt <= this.now)
    if (ended.length === 0) return
    this.flying = this.flying.filter(each => !ended.includes(each))
    for (const each of ended) this.settle(each, each.verdict!)
  }

  private settle({ lane, key, since, sentAt, permit }: Flight, verdict: Verdict): void {
    const { now, law } = this
    this.of = landed(this.of, lane)
    const group = lane === 'exits' ? 'orders' : 'quotes'
    if (verdict.kind === 'accepted') law.accepted(now)
    if (verdict.kind === 'refused') law.refused(sentAt, now)
    if (verdict.kind === 'refused' && verdict.until !== undefined) {
      for (const each of ['orders', 'quotes'] as const) {
        this.moved(each, openUntil(this.breakers[each], verdict.until, now))
      }
    }
    const outcome = { accepted: 'success', broken: 'failure', refused: 'ignored' } as const
    const around = { random: this.random(), isExitWaiting: lane === 'exits' }
    this.moved(group, settle(this.breakers[group], permit, outcome[verdict.kind], now, around))
    if (lane !== 'exits') return
    if (verdict.kind === 'accepted') this.exits.push({ since, acceptedAt: now })
    else this.offerExit(key, since)
  }

  private moved(group: Group, next: Breaker): void {
    const before = this.breakers[group]
    this.breakers[group] = next
    if (before.kind === next.kind) return
    if (next.kind === 'open') this.law.opened(this.now)
    const { orders, quotes } = this.breakers
    if (orders.kind === 'closed' && quotes.kind === 'closed') this.law.closed(this.now)
  }

  /** Sends what may go, as the gateway's desk does. */
  private pump(): void {
    this.wakeAt = Infinity
    this.pumpLane('exits', 'orders')
    // Only a breaker lets the others pass an exit that waits.
    const isOpen = this.breakers.orders.kind !== 'closed'
    if (this.of.queues.exits.length === 0 || isOpen) this.pumpLane('quotes', 'quotes')
  }

  private pumpLane(lane: 'exits' | 'quotes', group: Group): void {
    const { now, law } = this
    while (this.of.queues[lane].length > 0 && hasRoom(this.of, lane)) {
      const around = { random: this.random(), isExitWaiting: lane === 'exits' }
      const [seen, permit] = acquire(this.breakers[group], now, around)
      this.moved(group, seen)
      if (!isPermit(permit)) {
        if (lane === 'exits') this.wakeIn(permit.retryInMs)
        // What an open breaker refuses is dropped, but for exits.
        else this.of = { ...this.of, queues: { ...this.of.queues, quotes: [] } }
        return
      }
      const waitMs = law.ask(lane === 'exits' ? 'exit' : 'other', now)
      if (waitMs === 0) this.send(lane, permit)
      else {
        this.moved(group, settle(this.breakers[group], permit, 'ignored', now))
        this.wakeIn(waitMs)
        return
      }
    }
  }

  private wakeIn(ms: number): void {
    this.wakeAt = Math.min(this.wakeAt, this.now + Math.max(1, Math.min(ms, 1_000)))
  }

  private send(lane: 'exits' | 'quotes', permit: Permit): void {
    const head = this.of.queues[lane][0]!
    this.of = take(this.of, lane, head)
    const trip = (): number => LATENCY_MS + this.random() * LATENCY_JITTER_MS
    const arrivesAt = this.now + trip()
    const { key, since } = head
    this.flying.push({
      ...{ lane, key, since, permit, sentAt: this.now, arrivesAt, endsAt: arrivesAt + trip() },
      verdict: undefined,
    })
  }
}
