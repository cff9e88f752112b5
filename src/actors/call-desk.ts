import type { CallLimit, EndpointGroup } from '../domain/venue.ts'
import { NotSent, RateLimited } from '../errors.ts'
import type { Timers } from '../ports/timers.ts'
import type { Outcome } from '../resilience/breaker.ts'
import type { Breaker } from '../resilience/breaker-state.ts'
import {
  enqueue,
  hasRoom,
  LANES,
  type Lane,
  landed,
  lanes,
  type Lanes,
  take,
  type Waiting,
} from '../resilience/lanes.ts'
import type { Load, Throttle } from '../resilience/throttle.ts'
import { CallHistory } from './call-history.ts'
import { everySoOften } from './every-so-often.ts'
import {
  answerOf,
  type CallRecord,
  codeOf,
  type DeskCall,
  type Pending,
  promised,
} from './desk-call.ts'
import { type Gate, Gates, type GatesOptions, type Leave } from './gates.ts'

export interface CallDeskOptions extends Omit<GatesOptions, 'load'> {
  /** Most slots of each lane. */
  readonly laneBound: number
  /** Longest wait for one answer, ms, from the moment at which the call leaves. */
  readonly callTimeoutMs: number
  readonly timers: Timers
  /** Epoch ms, for what is shown. */
  now(): number
  /** What the process itself suffers from; errors of calls the desk counts. */
  load(): Omit<Load, 'errors' | 'failureShare'>
  /** Told of each call that ended. */
  onCall?(call: CallRecord): void
}

/** Longest time without a look at what waits, ms. */
const LONGEST_PAUSE_MS = 1_000

/** What waits for one gate. */
interface Desk {
  readonly gate: Gate
  lanes: Lanes<Pending>
  wakeUp: (() => void) | undefined
}

/** One limit as it is: its throttle, and what waits for it. */
export interface LimitView {
  readonly limit: CallLimit
  readonly throttle: Throttle
  readonly lanes: Lanes<unknown>
}

/**
 * Where calls to the broker wait their turn: exits first, then what became of orders, then holdings,
 * then quotes. It outlives the gateway's incarnations: one that starts afresh finds an open breaker
 * open.
 */
export class CallDesk {
  readonly history = new CallHistory()
  readonly gates: Gates
  /** What the process and the venue suffer from at present. */
  readonly load: () => Load
  private readonly options: CallDeskOptions
  private readonly desks: readonly Desk[]

  constructor(options: CallDeskOptions) {
    this.options = options
    this.load = everySoOften(options.monotonic, () => {
      return { ...options.load(), ...this.history.recent(this.now) }
    })
    this.gates = new Gates({ ...options, load: this.load })
    this.desks = this.gates.all.map(gate => ({
      gate,
      lanes: lanes<Pending>(options.laneBound),
      wakeUp: undefined,
    }))
  }

  /**
   * Makes a call when its turn comes. Rejects with `NotSent` for one that was dropped, replaced or
   * held back before it left, else as the call does.
   */
  submit<Answer>(call: DeskCall<Answer>): Promise<Answer> {
    const desk = this.deskOf(call.group)
    const { promise, pending } = promised(call)
    const before = desk.lanes.queues[call.lane]
    const waiting = { key: call.key, urgency: call.urgency ?? 0, since: this.now, call: pending }
    desk.lanes = enqueue(desk.lanes, call.lane, waiting)
    const after = desk.lanes.queues[call.lane]
    if (after.length <= before.length) refuseLeftOut([...before, waiting], after)
    this.pump(desk)
    return promise
  }

  /** Looks at everything that waits. */
  cycle(): void {
    for (const desk of this.desks) this.pump(desk)
  }

  /** Changes a breaker by hand. */
  handle(group: EndpointGroup, change: (breaker: Breaker, now: number) => Breaker): void {
    this.gates.handle(group, change)
    this.cycle()
  }

  /** The limits as they are. */
  get limits(): readonly LimitView[] {
    return this.desks.map(({ gate: { limit, throttle }, lanes: queues }) => {
      return { limit, throttle, lanes: queues }
    })
  }

  private get now(): number {
    return this.options.monotonic()
  }

  private deskOf(group: EndpointGroup): Desk {
    const gate = this.gates.of(group)
    return this.desks.find(desk => desk.gate === gate)!
  }

  /** Sends what may go, the most urgent first, and looks again when the next one may. */
  private pump(desk: Desk): void {
    let pauseMs = Infinity
    for (const lane of LANES) {
      for (;;) {
        const next = this.next(desk, lane)
        if (next === 'gone') continue
        if (next !== 'nothing') pauseMs = Math.min(pauseMs, next.retryInMs)
        break
      }
      // Only a breaker lets the others pass an exit that waits: it is not their tokens that it lacks.
      const head = desk.lanes.queues.exits[0]
      if (
        lane === 'exits' &&
        head !== undefined &&
        this.gates.shutForMs(head.call.call.group) === 0
      )
        break
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

  /** Lets the head of a lane go: `gone` when it was sent or given back. */
  private next(desk: Desk, lane: Lane): 'gone' | 'nothing' | { readonly retryInMs: number } {
    const head = headOf(desk.lanes.queues[lane])
    if (head === undefined || !hasRoom(desk.lanes, lane)) return 'nothing'
    const { group, mayLeave } = head.call.call
    if (mayLeave?.() === false) return this.giveBack(desk, { lane, head }, 'it may not leave now')
    const shutForMs = head.call.wasRefused ? this.gates.shutForMs(group) : 0
    if (shutForMs > 0) return { retryInMs: shutForMs }
    const leave = this.gates.ask({ group, isExit: lane === 'exits' })
    switch (leave.kind) {
      case 'breaker':
        head.call.wasRefused = true
        if (lane === 'exits') return leave
        return this.giveBack(desk, { lane, head }, `the breaker of ${group} is open`)
      case 'throttle':
        return leave
      case 'leave': {
        desk.lanes = take(desk.lanes, lane, head)
        void this.run(desk, { lane, taken: head, leave })
        return 'gone'
      }
    }
  }

  /** Takes a call out without sending it. */
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
    { lane, taken, leave }: { lane: Lane; taken: Waiting<Pending>; leave: Leave },
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
      code = codeOf(error)
      outcome = outcomeOf(error, code)
      if (error instanceof RateLimited) this.gates.refused(leave, error)
      reject(error)
    }
    const { group, operation } = call
    const record = { at, group, operation, ms: this.now - leave.permit.at, outcome: code }
    this.history.add(record, outcome === 'failure', this.now)
    this.options.onCall?.(record)
    // An exit waits for its own call, and for the answer to a question that it cannot go on without.
    const isExitWaiting =
      call.isAwaited?.() === true ||
      desk.lanes.queues.exits.some(each => each.call.call.group === group)
    this.gates.settle(leave, outcome, isExitWaiting)
    desk.lanes = landed(desk.lanes, lane)
    this.pump(desk)
  }
}

/** What goes next: the first of those that an exit waits for, else the first. */
const headOf = (queue: readonly Waiting<Pending>[]): Waiting<Pending> | undefined =>
  queue.find(({ call }) => call.call.isAwaited?.() === true) ?? queue[0]

/** Tells the owners of calls that are not in the queue any more. */
function refuseLeftOut(
  before: readonly Waiting<Pending>[],
  after: readonly Waiting<Pending>[],
): void {
  const kept = new Set(after.map(({ call }) => call))
  for (const { call } of before) {
    if (!kept.has(call)) call.reject(new NotSent('another call took its place in the queue'))
  }
}

/** Neither a refusal by rate nor one by token says that the venue is ill. */
const outcomeOf = (error: unknown, code: string): Outcome =>
  error instanceof RateLimited || code === 'UNAUTHORIZED' ? 'ignored' : 'failure'
