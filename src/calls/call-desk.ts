import type { EndpointGroup } from '../domain/venue.ts'
import { RateLimited } from '../errors.ts'
import type { Timers } from '../ports/timers.ts'
import type { Breaker } from '../resilience/breaker-state.ts'
import type { Outcome } from '../resilience/breaker.ts'
import {
  enqueue,
  hasRoom,
  landed,
  LANES,
  lanes,
  take,
  type Lane,
  type Lanes,
  type Waiting,
} from '../resilience/lanes.ts'
import type { Load } from '../resilience/throttle.ts'
import { CallHistory } from './call-history.ts'
import { answerOf, codeOf, promised, type CallRecord, type DeskCall, type Pending } from './call.ts'
import { everySoOften } from './every-so-often.ts'
import type { LimitGate } from './gate.ts'
import { CallGates, type GatesOptions, type Delay, type Grant } from './gates.ts'
import {
  breakerOpen,
  headOf,
  isAwaited,
  outcomeOf,
  rejectDisplaced,
  returnUnsent,
  type LimitQueue,
} from './queue.ts'

export interface CallDeskOptions extends Omit<GatesOptions, 'load'> {
  /** Most slots of each lane. */
  readonly laneBound: number
  /** Longest wait for one answer, ms, from the moment at which the call leaves. */
  readonly callTimeoutMs: number
  readonly timers: Timers
  /** Epoch ms, for display. */
  now(): number
  /** Of the process; the desk itself measures the share of calls that failed. */
  load(): Omit<Load, 'failureShare'>
  /** Called for each call that ended; must not throw. */
  onCall?(call: CallRecord): void
}

/** Longest time between two sweeps of the waiting calls, ms. */
const LONGEST_PAUSE_MS = 1_000

/** Present state of one limit: its throttle, and its waiting calls. */
export interface LimitView extends LimitGate {
  readonly lanes: Lanes<unknown>
}

/**
 * Queues calls to the broker: exits first, then order queries, then holding queries, then quotes.
 * It outlives the incarnations of the gateway: a restarted gateway finds an open breaker open.
 */
export class CallDesk {
  readonly history = new CallHistory()
  readonly gates: CallGates
  /** Present pressure on the process and the venue. */
  readonly load: () => Load
  private readonly options: CallDeskOptions
  private readonly limitQueues: readonly LimitQueue[]

  constructor(options: CallDeskOptions) {
    this.options = options
    this.load = everySoOften(options.monotonic, () => {
      return { ...options.load(), failureShare: this.history.failureShare(this.now) }
    })
    this.gates = new CallGates({ ...options, load: this.load })
    this.limitQueues = this.gates.all.map(gate => ({
      gate,
      lanes: lanes<Pending>(options.laneBound),
      wakeUp: undefined,
      sentCount: 0,
    }))
  }

  /**
   * Makes a call when it is due. Rejects with `NotSent` where it was dropped, replaced or held back
   * before it was sent, else as the call does.
   */
  submit<Answer>(call: DeskCall<Answer>): Promise<Answer> {
    const queue = this.queueOf(call.group)
    const { promise, pending } = promised(call)
    pending.sentBefore = queue.sentCount
    const before = queue.lanes.queues[call.lane]
    const waiting = { key: call.key, urgency: call.urgency ?? 0, since: this.now, call: pending }
    queue.lanes = enqueue(queue.lanes, call.lane, waiting)
    const after = queue.lanes.queues[call.lane]
    if (after.length <= before.length) rejectDisplaced([...before, waiting], after)
    this.pump(queue)
    return promise
  }

  /** Sends every waiting call that may go. */
  cycle(): void {
    for (const queue of this.limitQueues) this.pump(queue)
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.gates.handle(group, change)
    this.cycle()
  }

  /** The present state of the limits. */
  get limits(): readonly LimitView[] {
    return this.limitQueues.map(({ gate, lanes: queues }) => ({ ...gate, lanes: queues }))
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private queueOf(group: EndpointGroup): LimitQueue {
    const gate = this.gates.of(group)
    return this.limitQueues.find(queue => queue.gate === gate)!
  }

  /** Sends calls that may go, the most urgent first, and schedules itself for the next one. */
  private pump(queue: LimitQueue): void {
    let pauseMs = Infinity
    for (const lane of LANES) {
      let head = this.takeHead(queue, lane)
      while (head === 'gone') head = this.takeHead(queue, lane)
      // With every place in use no timer is needed: the next call that ends resumes the lane.
      if (head === 'empty' || head === 'full') continue
      pauseMs = Math.min(pauseMs, head.retryInMs)
      // Only an exit that waits for a token keeps lower lanes from it; one that a breaker or the venue delays does not.
      if (lane === 'exits' && head.kind === 'throttle') break
    }
    queue.wakeUp?.()
    queue.wakeUp = undefined
    if (pauseMs === Infinity) return
    const { timers } = this.options
    queue.wakeUp = timers.after(Math.min(Math.max(1, pauseMs), LONGEST_PAUSE_MS), () => {
      queue.wakeUp = undefined
      this.pump(queue)
    })
  }

  /** Processes the head of a lane: `gone` when it was sent or returned unsent. */
  private takeHead(queue: LimitQueue, lane: Lane): 'gone' | 'empty' | 'full' | Delay {
    const head = headOf(queue.lanes.queues[lane])
    if (head === undefined) return 'empty'
    const { call: pending } = head
    const { group, isWanted, isReady } = pending.call
    const passing = {
      group,
      isUrgent: lane === 'exits' || isAwaited(head),
      isReady: isReady && (() => isReady(this.isPaced(queue, pending))),
    }
    const countsAs = passing.isUrgent ? 'exits' : lane
    if (isWanted?.() === false) return returnUnsent(queue, { lane, head }, 'it may not leave now')
    if (!hasRoom(queue.lanes, countsAs)) {
      pending.wasDelayedOtherwise = true
      return 'full'
    }
    // Asked without a request for a permit: each refused request counts, and a call counts once.
    const shutForMs = pending.wasBreakerOpen ? this.gates.shutForMs(passing) : 0
    if (shutForMs > 0) return breakerOpen(queue, { lane, head }, shutForMs)
    const answer = this.gates.ask(passing)
    switch (answer.kind) {
      case 'not-ready':
        return returnUnsent(queue, { lane, head }, 'what it was planned by has grown old')
      case 'breaker':
        pending.wasBreakerOpen = true
        pending.wasDelayedOtherwise = true
        return breakerOpen(queue, { lane, head }, answer.retryInMs)
      case 'venue-wait':
        pending.wasDelayedOtherwise = true
        return answer
      case 'throttle':
        return answer
      case 'granted':
        queue.sentCount++
        queue.lanes = take(queue.lanes, lane, head, countsAs)
        void this.run(queue, { countsAs, taken: head, grant: answer })
        return 'gone'
    }
  }

  /** See `DeskCall.isReady`. */
  private isPaced(queue: LimitQueue, { wasDelayedOtherwise, sentBefore }: Pending): boolean {
    const isNext = queue.sentCount === sentBefore
    return !wasDelayedOtherwise && isNext && this.queueOf('account') === queue
  }

  private async run(
    queue: LimitQueue,
    { countsAs, taken, grant }: { countsAs: Lane; taken: Waiting<Pending>; grant: Grant },
  ): Promise<void> {
    const { call, resolve, reject } = taken.call
    const at = this.options.now()
    let outcome: Outcome = 'success'
    let code = 'ok'
    try {
      const answer = await answerOf(call, this.options.callTimeoutMs)
      if (call.isRejection?.(answer) === true) outcome = 'rejected'
      resolve(answer)
    } catch (error) {
      code = codeOf(error)
      outcome = outcomeOf(error, code)
      if (error instanceof RateLimited) this.gates.rateLimited(grant, error)
      reject(error)
    }
    const { group, operation } = call
    const record = { at, group, operation, ms: this.now - grant.permit.at, outcome: code }
    this.history.add(record, outcome === 'failure', this.now)
    // Exits wait for their own calls, and for the answers to queries that they depend on.
    const isExitWaiting =
      call.isAwaited?.() === true ||
      queue.lanes.queues.exits.some(each => each.call.call.group === group)
    const isOthersTurn = this.gates.settle(grant, outcome, isExitWaiting)
    queue.lanes = landed(queue.lanes, countsAs)
    if (isOthersTurn) this.cycle()
    else this.pump(queue)
    // Last: an observer that throws takes no permit and no place of a call with it.
    this.options.onCall?.(record)
  }
}
