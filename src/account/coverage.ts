import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { PositionState } from '../domain/position.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'
import { guardedBy } from '../engine/guarded-by.ts'
import type { Clock } from '../ports/clock.ts'
import type { Registered } from '../ports/state-repository.ts'
import { inTurns } from '../ports/turns.ts'
import { idleCause, stateOf } from '../risk/guarded.ts'
import { find, nothingFound, type Found } from './found.ts'
import type { AccountState } from './state.ts'
import { SteppedWork } from './stepped-work.ts'
import { Sweep, type SweepTimes } from './sweep.ts'
import { SweptPositions, type SweptPosition } from './swept-positions.ts'
import { UnguardedTime } from './unguarded-time.ts'

export interface CoverageDeps {
  readonly state: AccountState
  readonly registry: ActorRegistry
  readonly instruments: InstrumentTable
  readonly clock: Clock
  /** A price that is older guards no position while its market is open, ms. */
  readonly staleMs: number
  /** A longer time between two sweeps was a pause, ms. */
  readonly pauseMs: number
  /** Whether this process owns the store and its last write succeeded. */
  isStoreWritable(): boolean
}

/** Positions that a cycle evaluates in one turn of the event loop: less than 2 ms, also in full. */
const EACH_TURN = 500

/** The state of an open position, and why it is unguarded; undefined: guarded, or its exit was observed. */
export interface GuardStanding {
  readonly state: PositionState
  readonly cause: UnguardedCause | undefined
}

/** Which positions are guarded and which are not (P5), found by one sweep in each cycle for all readers. */
export class Coverage {
  private readonly time = new UnguardedTime()
  /** What the last sweep has found. */
  last = nothingFound()
  private readonly parts: CoverageDeps
  private readonly positions: SweptPositions
  private sweptAt: number
  private sweeps = 0
  private readonly work = new SteppedWork()

  constructor(parts: CoverageDeps) {
    this.parts = parts
    this.sweptAt = parts.clock.monotonic()
    this.positions = new SweptPositions({ ...parts, time: this.time })
  }

  /** Time that positions were without a guard, summed over them, by cause, ms. */
  get totals(): ReadonlyMap<UnguardedCause, number> {
    return this.time.totals
  }

  /** All unguarded time in this process, ms. */
  get totalMs(): number {
    return this.time.totalMs
  }

  /**
   * Why an open position is unguarded now; undefined: it is guarded. A position that is being exited needs neither
   * monitor nor price: it is guarded while its exit may leave.
   */
  causeOf(registered: Registered): UnguardedCause | undefined {
    const { registry, clock } = this.parts
    const times = { now: clock.now(), isStoreWritable: this.parts.isStoreWritable() }
    return this.judge(registered, registry.get(registered.position.id), times)
  }

  private judge(
    { position, entry }: Registered,
    child: Child | undefined,
    { now, isStoreWritable }: Pick<SweepTimes, 'now' | 'isStoreWritable'>,
  ): UnguardedCause | undefined {
    const { state, registry, instruments, staleMs } = this.parts
    if (state.killSwitch.state === 'halt') return 'halt'
    if (!isStoreWritable) return 'store'
    if (state.openExits.size > 0 && state.openExits.has(position.id)) return undefined
    if (entry?.kind === 'refused') return 'entry'
    if (child === undefined || guardedBy(registry, child) === 'none') return 'monitor'
    if (child.watched.decision !== undefined) return undefined
    return idleCause(child.watched, { now, staleMs, hoursOf: each => instruments.of(each).hours })
  }

  /** The state of an open position, and why it is not guarded. */
  standingOf(registered: Registered): GuardStanding {
    const child = this.parts.registry.get(registered.position.id)
    const isObserved = registered.observed !== undefined
    const isExiting = this.isExiting(registered, child)
    const isOver = isObserved || this.parts.state.positions.isEnding(registered.position.id)
    const cause = isOver ? undefined : this.causeOf(registered)
    return { state: stateOf({ isObserved, isExiting, cause }), cause }
  }

  private isExiting({ position: { id } }: Registered, child: Child | undefined): boolean {
    const { openExits, positions } = this.parts.state
    if ((openExits.size > 0 && openExits.has(id)) || positions.isEnding(id)) return true
    return child?.watched.decision !== undefined
  }

  /** Unguarded time of a position so far, ms, including the time since the last sweep. */
  unguardedMs(registered: Registered): number {
    const seen = this.time.of(registered.position.id)
    if (seen === undefined) return 0
    const isUnguarded = this.causeOf(registered) !== undefined
    return seen.ms + (isUnguarded ? this.parts.clock.monotonic() - this.sweptAt : 0)
  }

  /** For how long a position has been without a guard at the last sweep, ms; 0: it was guarded. */
  lastsMs(id: PositionId): number {
    const seen = this.time.of(id)
    return seen?.cause === undefined ? 0 : this.parts.clock.monotonic() - seen.since
  }

  /** Evaluates every open position, for all readers, and adds up what has passed since the last sweep. */
  sweep(): Found {
    // A sweep that a cycle has begun is completed first.
    this.work.finish()
    this.goOn(this.begin(), Infinity)
    return this.last
  }

  /** The same for a cycle: `EACH_TURN` positions in each turn of the event loop. */
  sweepInTurns(): void {
    this.work.begin(() => {
      const sweep = this.begin()
      return () => this.goOn(sweep, EACH_TURN)
    })
  }

  /** Begins a sweep as `sweepInTurns` does, or joins the present one; resolves with its findings. */
  swept(): Promise<Found> {
    this.sweepInTurns()
    return new Promise((resolve, reject) => this.whenSwept(resolve, reject))
  }

  /** Calls `done` with the findings of the present sweep once it is complete, or `failed` with its error. */
  whenSwept(done: (found: Found) => void, failed?: (error: unknown) => void): void {
    this.work.whenDone(() => done(this.last), failed)
  }

  /** Takes one step of a sweep. Returns whether it is complete. */
  private goOn(sweep: Sweep, most: number): boolean {
    if (!sweep.step(most)) return false
    if (this.time.size > this.positions.all.size) this.time.forgetUnseen(this.sweeps)
    this.last = sweep.found
    return true
  }

  private begin(): Sweep {
    const { state, clock, staleMs } = this.parts
    const at = clock.monotonic()
    const now = clock.now()
    const passedMs = Math.max(0, at - this.sweptAt)
    const isPause = this.sweeps > 0 && passedMs > this.parts.pauseMs
    if (isPause) this.paused(passedMs)
    this.sweptAt = at
    this.sweeps++
    const isStoreWritable = this.parts.isStoreWritable()
    const isHalted = state.killSwitch.state === 'halt' || !isStoreWritable
    const times = { at, now, passedMs, isPause, isStoreWritable }
    return new Sweep({
      positions: this.positions,
      exiting: this.exiting(),
      isFull: isPause || isHalted,
      now,
      staleMs,
      number: this.sweeps,
      evaluate: (found, position) => this.evaluate(found, position, times),
    })
  }

  /** The positions with an open exit. */
  private *exiting(): Iterable<SweptPosition> {
    for (const id of this.parts.state.openExits.keys()) {
      const position = this.positions.all.get(id)
      if (position !== undefined) yield position
    }
  }

  private evaluate(
    found: Found,
    { registered, child, seen }: SweptPosition,
    times: SweepTimes,
  ): void {
    const { at, now, passedMs, isPause } = times
    const { state, staleMs, instruments } = this.parts
    const { id } = seen
    const cause = this.judge(registered, child, times)
    const downMs = child === undefined ? 0 : downMsOf(child, at)
    if (cause !== undefined || seen.cause !== undefined || downMs !== seen.downMs) {
      const isCounted = isPause && seen.cause === undefined
      this.time.passed(seen, { cause, at, passedMs: isCounted ? 0 : passedMs, downMs })
    }
    if (cause !== undefined && cause !== 'price') {
      found.unguarded.push({ id, child, cause, entry: registered.entry })
    }
    const isExiting = this.isExiting(registered, child)
    found.counts[stateOf({ isObserved: false, isExiting, cause })]++
    // Neither one that was refused entry nor one with an open exit is to have a monitor.
    if (cause === 'entry' || (state.openExits.size > 0 && state.openExits.has(id))) return
    found.expected++
    if (cause === 'monitor') found.missing++
    if (child !== undefined) find(found, child, { now, staleMs, instruments, hours: seen.hours })
  }

  /**
   * Counts a time in which the process or the machine stood still: every position was unguarded. A position that
   * was unguarded before keeps its cause.
   */
  paused(ms: number): void {
    for (const { seen } of this.positions.all.values()) {
      if (seen.sweep > 0 && seen.cause === undefined) this.time.add(seen, 'pause', ms)
    }
  }

  /** Counts the time from `from` (epoch ms) until now, in which no process ran. */
  async countDown(from: number): Promise<{ readonly positions: number; readonly downMs: number }> {
    const { clock, state } = this.parts
    const now = clock.now()
    if (this.sweeps === 0) await this.swept()
    let positions = 0
    await inTurns(state.positions.open.values(), EACH_TURN, ({ position, observed }) => {
      const seen = this.time.of(position.id)
      if (observed !== undefined || seen === undefined) return
      positions++
      this.time.add(seen, 'down', Math.max(0, now - Math.max(from, position.openedAt)))
    })
    return { positions, downMs: Math.max(0, now - from) }
  }
}

/** Time that the monitors of a position have been down until `at` (monotonic ms). */
const downMsOf = ({ status, crashes }: Child, at: number): number =>
  crashes.downMs + (status.kind === 'backoff' ? at - status.since : 0)
