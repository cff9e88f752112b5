import { Breakers } from '../../../src/calls/breakers.ts'
import { breakerOptions } from '../../../src/resilience/breaker-options.ts'
import type { Permit } from '../../../src/resilience/breaker-state.ts'
import { isPermit } from '../../../src/resilience/breaker.ts'
import { enqueue, hasRoom, landed, lanes, take } from '../../../src/resilience/lanes.ts'
import { seeded } from '../prices.ts'
import type { Law } from './laws.ts'
import { HiddenVenue, type VenueOptions, type Verdict } from './venue.ts'
import { RUN_MS } from './worlds.ts'

const POSITIONS = 40
const POLL_MS = 2_000
/** Shortest time to the venue or back, and how much longer it may take, ms. */
const LATENCY_MS = 20
const LATENCY_JITTER_MS = 10

type Group = 'orders' | 'quotes'
const GROUPS = ['orders', 'quotes'] as const

const groupOf = (lane: 'exits' | 'quotes'): Group => (lane === 'exits' ? 'orders' : 'quotes')

/** One call in flight. */
interface Flight {
  readonly lane: 'exits' | 'quotes'
  readonly key: string
  /** Since when its owner waits. */
  readonly since: number
  readonly sentAt: number
  readonly arrivesAt: number
  endsAt: number
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
  private readonly breakers: Breakers
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
    const plain = breakerOptions.parse({})
    this.breakers = new Breakers(
      {
        breakers: { orders: plain, account: plain, quotes: plain },
        monotonic: () => this.now,
        random: this.random,
      },
      () => this.moved(),
    )
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
      const group = groupOf(flight.lane)
      const { isDown, hangMs } = this.options
      if (isDown(this.now, group)) {
        this.callsIntoOutage++
        flight.endsAt = Math.max(flight.endsAt, flight.sentAt + hangMs)
      }
      flight.verdict = this.venue.take(this.now, group)
      if (flight.verdict.kind === 'refused') this.refusals++
      if (flight.verdict.kind === 'accepted') this.accepted.push(this.now)
    }
  }

  /** Answers reach the client. */
  private end(): void {
    const ended = this.flying.filter(({ verdict, endsAt }) => verdict && endsAt <= this.now)
    if (ended.length === 0) return
    this.flying = this.flying.filter(each => !ended.includes(each))
    for (const each of ended) this.settle(each, each.verdict!)
  }

  private settle({ lane, key, since, sentAt, permit }: Flight, verdict: Verdict): void {
    const { now, law } = this
    this.of = landed(this.of, lane)
    const group = groupOf(lane)
    if (verdict.kind === 'accepted') law.accepted(now)
    if (verdict.kind === 'refused') law.refused(sentAt, now)
    if (verdict.kind === 'refused' && verdict.until !== undefined) {
      for (const each of GROUPS) this.breakers.ban(each, verdict.until)
    }
    const outcome = { accepted: 'success', broken: 'failure', refused: 'ignored' } as const
    const settled = { permit, outcome: outcome[verdict.kind], isExitWaiting: lane === 'exits' }
    this.breakers.settle(group, settled, GROUPS)
    if (lane !== 'exits') return
    if (verdict.kind === 'accepted') this.exits.push({ since, acceptedAt: now })
    else this.offerExit(key, since)
  }

  private moved(): void {
    const kinds = GROUPS.map(group => this.breakers.of(group).kind)
    if (kinds.includes('open')) this.law.opened(this.now)
    else if (kinds.every(kind => kind === 'closed')) this.law.closed(this.now)
  }

  /** Sends calls that may go, as the gateway's desk does. */
  private pump(): void {
    this.wakeAt = Infinity
    this.pumpLane('exits', 'orders')
    // Only a breaker lets other calls overtake a waiting exit.
    const isOpen = this.breakers.of('orders').kind !== 'closed'
    if (this.of.queues.exits.length === 0 || isOpen) this.pumpLane('quotes', 'quotes')
  }

  private pumpLane(lane: 'exits' | 'quotes', group: Group): void {
    const { now, law } = this
    while (this.of.queues[lane].length > 0 && hasRoom(this.of, lane)) {
      const permit = this.breakers.acquire(group, lane === 'exits')
      if (!isPermit(permit)) {
        if (lane === 'exits') this.wakeIn(permit.retryInMs)
        // What an open breaker refuses is dropped, but for exits.
        else this.of = { ...this.of, queues: { ...this.of.queues, quotes: [] } }
        return
      }
      const waitMs = law.ask(lane === 'exits' ? 'exit' : 'other', now)
      if (waitMs === 0) this.send(lane, permit)
      else {
        this.breakers.returnPermit(group, permit)
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
      lane,
      key,
      since,
      permit,
      sentAt: this.now,
      arrivesAt,
      endsAt: arrivesAt + trip(),
      verdict: undefined,
    })
  }
}
