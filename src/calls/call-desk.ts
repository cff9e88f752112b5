import type { EndpointGroup } from '../domain/venue.ts'
import { NotSent, RateLimited } from '../errors.ts'
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
import type { Gate } from './gate.ts'
import { CallGates, type GatesOptions, type Leave, type NoLeave } from './gates.ts'
import { headOf, isAwaited, outcomeOf, refuseLeftOut } from './queue.ts'

export interface CallDeskOptions extends Omit<GatesOptions, 'load'> {
  /** Most slots of each lane. */
  readonly laneBound: number
  /** Longest wait for one answer, ms, from the moment at which the call leaves. */
  readonly callTimeoutMs: number
  readonly timers: Timers
  /** Epoch ms, for display. */
  now(): number
  /** Counts process-wide errors; the desk itself counts errors of calls. */
  load(): Omit<Load, 'failureShare'>
  /** Called for each call that ended; must not throw. */
  onCall?(call: CallRecord): void
}

/** Longest time between two sweeps of the waiting calls, ms. */
const LONGEST_PAUSE_MS = 1_000

/** The waiting calls of one gate. */
interface Desk {
  readonly gate: Gate
  lanes: Lanes<Pending>
  wakeUp: (() => void) | undefined
  left: number
}

/** Present state of one limit: its throttle, and its waiting calls. */
export interface LimitView extends Gate {
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
  private readonly desks: readonly Desk[]

  constructor(options: CallDeskOptions) {
    this.options = options
    this.load = everySoOften(options.monotonic, () => {
      return { ...options.load(), failureShare: this.history.failureShare(this.now) }
    })
    this.gates = new CallGates({ ...options, load: this.load })
    this.desks = this.gates.all.map(gate => ({
      gate,
      lanes: lanes<Pending>(options.laneBound),
      wakeUp: undefined,
      left: 0,
    }))
  }

  /**
   * Makes a call when it is due. Rejects with `NotSent` where it was dropped, replaced or held back
   * before it was sent, else as the call does.
   */
  submit<Answer>(call: DeskCall<Answer>): Promise<Answer> {
    const desk = this.deskOf(call.group)
    const { promise, pending } = promised(call)
    pending.leftBefore = desk.left
    const before = desk.lanes.queues[call.lane]
    const waiting = { key: call.key, urgency: call.urgency ?? 0, since: this.now, call: pending }
    desk.lanes = enqueue(desk.lanes, call.lane, waiting)
    const after = desk.lanes.queues[call.lane]
    if (after.length <= before.length) refuseLeftOut([...before, waiting], after)
    this.pump(desk)
    return promise
  }

  /** Sends every waiting call that may go. */
  cycle(): void {
    for (const desk of this.desks) this.pump(desk)
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.gates.handle(group, change)
    this.cycle()
  }

  /** The present state of the limits. */
  get limits(): readonly LimitView[] {
    return this.desks.map(({ gate, lanes: queues }) => ({ ...gate, lanes: queues }))
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private deskOf(group: EndpointGroup): Desk {
    const gate = this.gates.of(group)
    return this.desks.find(desk => desk.gate === gate)!
  }

  /** Sends calls that may go, the most urgent first, and schedules itself for the next one. */
  private pump(desk: Desk): void {
    let pauseMs = Infinity
    for (const lane of LANES) {
      let next = this.next(desk, lane)
      while (next === 'gone') next = this.next(desk, lane)
      if (next === 'nothing') continue
      pauseMs = Math.min(pauseMs, next.retryInMs)
      // Only an exit that waits for a token keeps lower lanes from it; one that a breaker or the venue delays does not.
      if (lane === 'exits' && next.kind === 'throttle') break
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

  /** Processes the head of a lane: `gone` when it was sent or returned unsent. */
  private next(desk: Desk, lane: Lane): 'gone' | 'nothing' | NoLeave {
    const head = headOf(desk.lanes.queues[lane])
    if (head === undefined) return 'nothing'
    const { group, mayLeave, isReady } = head.call.call
    const passing = {
      group,
      isUrgent: lane === 'exits' || isAwaited(head),
      isReady: isReady && (() => isReady(this.isPaced(desk, head.call))),
    }
    const countsAs = passing.isUrgent ? 'exits' : lane
    if (mayLeave?.() === false) return this.giveBack(desk, { lane, head }, 'it may not leave now')
    if (!hasRoom(desk.lanes, countsAs)) {
      head.call.wasHeld = true
      return 'nothing'
    }
    const shutForMs = head.call.wasRefused ? this.gates.shutForMs(passing) : 0
    if (shutForMs > 0) return this.refused(desk, { lane, head }, shutForMs)
    const leave = this.gates.ask(passing)
    switch (leave.kind) {
      case 'not-ready':
        return this.giveBack(desk, { lane, head }, 'what it was planned by has grown old')
      case 'breaker':
        head.call.wasRefused = true
        head.call.wasHeld = true
        return this.refused(desk, { lane, head }, leave.retryInMs)
      case 'hold':
        head.call.wasHeld = true
        return leave
      case 'throttle':
        return leave
      case 'leave': {
        desk.left++
        desk.lanes = take(desk.lanes, lane, head, countsAs)
        void this.run(desk, { countsAs, taken: head, leave })
        return 'gone'
      }
    }
  }

  /**
   * Whether only the pace of its limit has delayed a call, so that no query could have been sent
   * before it.
   */
  private isPaced(desk: Desk, { wasHeld, leftBefore }: Pending): boolean {
    return !wasHeld && desk.left === leftBefore && this.deskOf('account') === desk
  }

  /**
   * A call that an exit needs waits for the breaker; any other one is returned unsent, to be
   * repeated later.
   */
  private refused(
    desk: Desk,
    { lane, head }: { lane: Lane; head: Waiting<Pending> },
    retryInMs: number,
  ): 'gone' | NoLeave {
    if (lane === 'exits' || isAwaited(head)) return { kind: 'breaker', retryInMs }
    return this.giveBack(desk, { lane, head }, `the breaker of ${head.call.call.group} is open`)
  }

  /** Removes a call without sending it. */
  private giveBack(
    desk: Desk,
    { lane, head }: { lane: Lane; head: Waiting<Pending> },
    why: string,
  ): 'gone' {
    desk.lanes = landed(take(desk.lanes, lane, head), lane)
    head.call.reject(new NotSent(why))
    return 'gone'
  }

  private async run(
    desk: Desk,
    { countsAs, taken, leave }: { countsAs: Lane; taken: Waiting<Pending>; leave: Leave },
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
      if (error instanceof RateLimited) this.gates.refused(leave, error)
      reject(error)
    }
    const { group, operation } = call
    const record = { at, group, operation, ms: this.now - leave.permit.at, outcome: code }
    this.history.add(record, outcome === 'failure', this.now)
    // Exits wait for their own calls, and for the answers to queries that they depend on.
    const isExitWaiting =
      call.isAwaited?.() === true ||
      desk.lanes.queues.exits.some(each => each.call.call.group === group)
    const isOthersTurn = this.gates.settle(leave, outcome, isExitWaiting)
    desk.lanes = landed(desk.lanes, countsAs)
    if (isOthersTurn) this.cycle()
    else this.pump(desk)
    // Last: an observer that throws takes no permit and no place of a call with it.
    this.options.onCall?.(record)
  }
}
