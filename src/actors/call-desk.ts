import { NotSent, RateLimited } from '../errors.ts'
import type { CallLimit, EndpointGroup } from '../domain/venue.ts'
import {
  answerOf,
  type CallRecord,
  codeOf,
  type DeskCall,
  type Pending,
  promised,
} from './desk-call.ts'
import type { Timers } from '../ports/timers.ts'
import { breaker, acquire, isPermit, type Outcome, settle } from '../resilience/breaker.ts'
import { openUntil } from '../resilience/breaker-hand.ts'
import type { BreakerOptions } from '../resilience/breaker-options.ts'
import type { Breaker, Permit } from '../resilience/breaker-state.ts'
import {
  enqueue,
  LANES,
  type Lane,
  landed,
  lanes,
  type Lanes,
  take,
  type Waiting,
} from '../resilience/lanes.ts'
import {
  admit,
  breakerClosed,
  breakerOpened,
  type Load,
  rateLimited,
  throttle,
  type Throttle,
  type ThrottleOptions,
} from '../resilience/throttle.ts'

export interface CallDeskOptions {
  readonly limits: readonly CallLimit[]
  readonly breakers: Readonly<Record<EndpointGroup, BreakerOptions>>
  readonly throttle: Omit<ThrottleOptions, 'perSecond' | 'perMinute' | 'perDay'>
  /** Most slots of each lane. */
  readonly laneBound: number
  /** Longest wait for one answer, ms, from the moment at which the call leaves. */
  readonly callTimeoutMs: number
  readonly timers: Timers
  /** Monotonic, ms. */
  monotonic(): number
  /** Epoch ms, for what is shown. */
  now(): number
  /** In [0, 1). */
  random(): number
  load(): Load
  /** Told of each call that ended. */
  onCall?(call: CallRecord): void
}

const GROUPS: readonly EndpointGroup[] = ['orders', 'account', 'quotes']
const MOST_IN_FLIGHT = 20
const MOST_POLLS = 12
const CALLS_KEPT = 100
/** Kinds of calls that are counted apart; codes come from adapters. */
const MOST_COUNTS = 200
/** Longest time without a look at what waits, ms. */
const LONGEST_PAUSE_MS = 1_000

/** What one declared limit holds. */
interface Desk {
  readonly limit: CallLimit
  throttle: Throttle
  lanes: Lanes<Pending>
  wakeUp: (() => void) | undefined
}

/**
 * Where calls to the broker wait their turn: exits first, under the venue's limits, through a circuit
 * breaker for each group of endpoints. It outlives the gateway's incarnations: one that starts
 * afresh finds an open breaker open.
 */
export class CallDesk {
  readonly calls: CallRecord[] = []
  private readonly options: CallDeskOptions
  private readonly counts = new Map<string, number>()
  private readonly desks: readonly Desk[]
  private readonly breakers: Record<EndpointGroup, Breaker>

  constructor(options: CallDeskOptions) {
    const { breakers, limits, laneBound, monotonic } = options
    this.options = options
    this.breakers = {
      orders: breaker(breakers.orders),
      account: breaker(breakers.account),
      quotes: breaker(breakers.quotes),
    }
    const unlimited = GROUPS.filter(group => !limits.some(({ groups }) => groups.includes(group)))
    const all =
      unlimited.length === 0 ? limits : [...limits, { name: 'default', groups: unlimited }]
    this.desks = all.map(limit => ({
      limit,
      throttle: throttle({ ...options.throttle, ...ceilingsOf(limit) }, monotonic()),
      lanes: lanes<Pending>(laneBound),
      wakeUp: undefined,
    }))
  }

  /**
   * Makes a call when its turn comes. Rejects with `NotSent` for one that was dropped, replaced or
   * held back before it left, else as the call does.
   */
  submit<Answer>(call: DeskCall<Answer>): Promise<Answer> {
    const desk = this.desks.find(({ limit }) => limit.groups.includes(call.group))!
    const { promise, pending } = promised(call)
    const before = desk.lanes.queues[call.lane]
    const waiting = { key: call.key, urgency: call.urgency ?? 0, since: this.now, call: pending }
    desk.lanes = enqueue(desk.lanes, call.lane, waiting)
    const kept = new Set(desk.lanes.queues[call.lane].map(each => each.call))
    for (const each of [...before.map(({ call: earlier }) => earlier), pending]) {
      if (!kept.has(each)) each.reject(new NotSent('another call took its place in the queue'))
    }
    this.pump(desk)
    return promise
  }

  /** Calls since `at` (epoch ms) that ended with an error, as far as they are remembered. */
  errorsSince(at: number): number {
    return this.calls.filter(call => call.at > at && call.outcome !== 'ok').length
  }

  /** Looks at everything that waits. */
  cycle(): void {
    for (const desk of this.desks) this.pump(desk)
  }

  /** Calls that ended so far, by group, operation and outcome. */
  totals(): (Pick<CallRecord, 'group' | 'operation' | 'outcome'> & { readonly count: number })[] {
    return [...this.counts].map(([key, count]) => {
      const [group, operation, outcome] = JSON.parse(key) as [EndpointGroup, string, string]
      return { group, operation, outcome, count }
    })
  }

  /** What the process suffers from at present. */
  load(): Load {
    return this.options.load()
  }

  breaker(group: EndpointGroup): Breaker {
    return this.breakers[group]
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.moved(group, change(this.breakers[group], this.now))
    this.cycle()
  }

  /** The limits with their throttles and lanes, as they are. */
  get limits(): readonly Readonly<Pick<Desk, 'limit' | 'throttle' | 'lanes'>>[] {
    return this.desks
  }

  private get now(): number {
    return this.options.monotonic()
  }

  /** Sends what may go, the most urgent first, and looks again when the next one may. */
  private pump(desk: Desk): void {
    let pauseMs = Infinity
    for (const lane of LANES) {
      for (;;) {
        const next = this.next(desk, lane)
        if (next === 'sent') continue
        if (next !== 'nothing') pauseMs = Math.min(pauseMs, next.retryInMs)
        break
      }
      // Only a breaker lets the others pass an exit that waits: it is not their tokens that it lacks.
      if (lane === 'exits' && desk.lanes.queues.exits.length > 0 && !this.isRefused(desk)) break
    }
    desk.wakeUp?.()
    desk.wakeUp = undefined
    if (pauseMs === Infinity) return
    const { timers } = this.options
    desk.wakeUp = timers.after(Math.min(Math.max(1, pauseMs), LONGEST_PAUSE_MS), () => {
      desk.wakeUp = undefined
      this.pump(desk)
    })
  }

  /** Whether the breaker of the first waiting exit lets nothing through. */
  private isRefused({ lanes: { queues } }: Desk): boolean {
    const group = queues.exits[0]?.call.call.group
    if (group === undefined) return false
    const [next, answer] = acquire(this.breakers[group], this.now)
    if (!isPermit(answer)) return true
    this.breakers[group] = settle(next, answer, 'ignored', this.now)
    return false
  }

  private next(desk: Desk, lane: Lane): 'sent' | 'nothing' | { readonly retryInMs: number } {
    const head = desk.lanes.queues[lane][0]
    if (head === undefined) return 'nothing'
    if (isFull(desk.lanes, lane)) return 'nothing'
    const { call } = head.call
    if (call.mayLeave?.() === false) return this.giveBack(desk, lane, 'it may not leave now')
    const { now } = this
    const isExit = lane === 'exits'
    const around = { random: this.options.random(), isExitWaiting: isExit }
    const [seen, answer] = acquire(this.breakers[call.group], now, around)
    this.moved(call.group, seen)
    if (!isPermit(answer)) {
      if (isExit) return { retryInMs: answer.retryInMs }
      return this.giveBack(desk, lane, `the breaker of ${call.group} is open`)
    }
    const [throttled, admission] = admit(
      desk.throttle,
      isExit ? 'exit' : 'other',
      this.options.load(),
      now,
    )
    desk.throttle = throttled
    if (admission.kind === 'refused') {
      this.breakers[call.group] = settle(this.breakers[call.group], answer, 'ignored', now)
      return admission
    }
    const [rest, [taken]] = take(desk.lanes, lane)
    desk.lanes = rest
    void this.run(desk, { lane, taken: taken!, permit: answer, sentAt: admission.sentAt })
    return 'sent'
  }

  /** Takes the head of a lane out without sending it. */
  private giveBack(desk: Desk, lane: Lane, why: string): 'sent' {
    const [rest, [taken]] = take(desk.lanes, lane)
    desk.lanes = landed(rest, lane)
    taken!.call.reject(new NotSent(why))
    return 'sent'
  }

  private async run(
    desk: Desk,
    {
      lane,
      taken,
      permit,
      sentAt,
    }: { lane: Lane; taken: Waiting<Pending>; permit: Permit; sentAt: number },
  ): Promise<void> {
    const { call, resolve, reject } = taken.call
    const at = this.options.now()
    let outcome: Outcome = 'success'
    let code = 'ok'
    try {
      const answer = await answerOf(call, this.options.callTimeoutMs)
      if (call.isNeutral?.(answer) === true) outcome = 'ignored'
      resolve(answer)
    } catch (error) {
      outcome = this.failed(desk, { call, error, sentAt })
      code = codeOf(error)
      reject(error)
    }
    const { now } = this
    this.remember({
      at,
      ...{ group: call.group, operation: call.operation },
      ms: now - permit.at,
      outcome: code,
    })
    const around = { random: this.options.random(), isExitWaiting: this.isExitWaiting(call.group) }
    this.moved(call.group, settle(this.breakers[call.group], permit, outcome, now, around))
    desk.lanes = landed(desk.lanes, lane)
    this.pump(desk)
  }

  /** A refusal by rate proves the venue alive; it feeds the throttle in place of the breaker. */
  private failed(
    desk: Desk,
    { call, error, sentAt }: { call: DeskCall<unknown>; error: unknown; sentAt: number },
  ): Outcome {
    const code = codeOf(error)
    if (!(error instanceof RateLimited)) return code === 'UNAUTHORIZED' ? 'ignored' : 'failure'
    const { now } = this
    const waitMs = error.retryAfterMs ?? 0
    desk.throttle = rateLimited(desk.throttle, { sentAt }, waitMs, now)
    if (error.isBan && waitMs > 0) {
      for (const group of desk.limit.groups) {
        this.moved(group, openUntil(this.breakers[group], now + waitMs, now))
      }
    }
    if (call.lane === 'exits' && waitMs > 0) desk.throttle = heldBack(desk.throttle, now + waitMs)
    return 'ignored'
  }

  private isExitWaiting(group: EndpointGroup): boolean {
    return this.desks.some(({ lanes: { queues } }) =>
      queues.exits.some(({ call }) => call.call.group === group),
    )
  }

  /** Takes a breaker's next state over; throttles freeze while one of their groups is open. */
  private moved(group: EndpointGroup, next: Breaker): void {
    const before = this.breakers[group]
    this.breakers[group] = next
    if (before.kind === next.kind) return
    for (const desk of this.desks) {
      if (!desk.limit.groups.includes(group)) continue
      if (next.kind === 'open') desk.throttle = breakerOpened(desk.throttle, this.now)
      if (next.kind === 'closed') desk.throttle = breakerClosed(desk.throttle, this.now)
    }
  }

  private remember(record: CallRecord): void {
    const { group, operation, outcome } = record
    const key = JSON.stringify([group, operation, outcome])
    if (this.counts.has(key) || this.counts.size < MOST_COUNTS) {
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    }
    this.options.onCall?.(record)
    this.calls.push(record)
    if (this.calls.length > CALLS_KEPT) this.calls.shift()
  }
}

function isFull({ exitsInFlight, pollsInFlight }: Lanes<unknown>, lane: Lane): boolean {
  if (exitsInFlight + pollsInFlight >= MOST_IN_FLIGHT) return true
  return lane !== 'exits' && pollsInFlight >= MOST_POLLS
}

/** The venue named a time before which it takes no exit, however short. */
const heldBack = (state: Throttle, until: number): Throttle => ({
  ...state,
  exitsGatedUntil: Math.max(state.exitsGatedUntil, until),
})

const ceilingsOf = ({ perSecond, perMinute, perDay }: CallLimit) => ({
  ...(perSecond !== undefined && { perSecond }),
  ...(perMinute !== undefined && { perMinute }),
  ...(perDay !== undefined && { perDay }),
})
