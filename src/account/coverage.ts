import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { InstrumentTable, TradingHours } from '../domain/instrument.ts'
import type { PositionState } from '../domain/position.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'
import { guardedBy } from '../engine/guarded-by.ts'
import { InStep } from '../engine/roster-cursor.ts'
import type { Clock } from '../ports/clock.ts'
import type { Registered } from '../ports/state-repository.ts'
import { idleCause, stateOf } from '../risk/guarded.ts'
import { isOpenAt, quietFor } from '../risk/hours.ts'
import type { AccountState } from './state.ts'

export interface CoverageDeps {
  readonly state: AccountState
  readonly roster: ActorRegistry
  readonly instruments: InstrumentTable
  readonly clock: Clock
  /** A price that is older guards no position while its market is open, ms. */
  readonly staleMs: number
  /** A longer time between two sweeps was a pause, ms. */
  readonly pauseMs: number
  /** Whether this process owns the store and its last write went well. */
  isStoreOurs(): boolean
}

/** What is known of one position since its first sweep. */
interface Seen {
  readonly id: PositionId
  readonly hours: TradingHours | undefined
  /** Time without a guard so far, ms. */
  ms: number
  cause: UnguardedCause | undefined
  /** Monotonic ms since which it has this cause without a break. */
  since: number
  /** Time that its monitors have been down, as of the last sweep, ms. */
  downMs: number
  /** Number of the last sweep; 0 before the first. */
  sweep: number
}

/** A position with the actor that watches it. */
interface Watched {
  readonly registered: Registered
  readonly child: Child | undefined
  readonly seen: Seen
}

/** The state of an open position, and why it is not guarded; undefined: it is, or its exit is noted. */
export interface Standing {
  readonly state: PositionState
  readonly cause: UnguardedCause | undefined
}

/** What one sweep over all positions has found; those that are being exited are not expected. */
export interface Found {
  /** Open positions by their state: each is in one group. */
  readonly counts: Record<PositionState, number>
  expected: number
  /** Of those expected, without a monitor that lives or a caretaker. */
  missing: number
  /** Without a guard for another cause than the age of the price. */
  readonly unguarded: {
    readonly id: PositionId
    readonly child: Child | undefined
    readonly cause: Exclude<UnguardedCause, 'price'>
    readonly entry: Registered['entry']
  }[]
  readonly quarantined: Child[]
  readonly withRuleErrors: Child[]
  /** Ms since the last price, where that is too long while the market is open. */
  readonly quietMs: Map<InstrumentId, number>
  /** Instruments that rules compare and that never had a price, though their market is open. */
  readonly unpriced: Set<InstrumentId>
}

const nothingFound = (): Found => ({
  counts: { guarded: 0, exiting: 0, observed: 0, unguarded: 0 },
  expected: 0,
  missing: 0,
  unguarded: [],
  quarantined: [],
  withRuleErrors: [],
  quietMs: new Map(),
  unpriced: new Set(),
})

/** Who is guarded and who is not, and for how long: P5 of the design, and nothing gentler. */
export class Coverage {
  /** Time that positions were without a guard, summed over them, by cause, ms. */
  readonly totals = new Map<UnguardedCause, number>()
  /** What the last sweep has found. */
  last = nothingFound()
  private readonly parts: CoverageDeps
  private readonly seen = new Map<PositionId, Seen>()
  /** The positions to sweep, as long as neither the register nor the roster changes. */
  private watched: Watched[] = []
  private observed = 0
  /** Positions that have ended, which is not durable yet: they are shown as being exited. */
  private ending = 0
  private versions = ''
  private sweptAt: number
  private sweeps = 0

  constructor(parts: CoverageDeps) {
    this.parts = parts
    this.sweptAt = parts.clock.monotonic()
  }

  /** All unguarded time in this process, ms. */
  get totalMs(): number {
    let sum = 0
    for (const ms of this.totals.values()) sum += ms
    return sum
  }

  /**
   * Why an open position is not guarded now; undefined: it is. A position that is being exited needs
   * no monitor and no price any more, only that its exit may leave.
   */
  causeOf(registered: Registered): UnguardedCause | undefined {
    const { roster, clock } = this.parts
    return this.judge(registered, roster.get(registered.position.id), clock.now())
  }

  private judge(
    { position, entry }: Registered,
    child: Child | undefined,
    now: number,
  ): UnguardedCause | undefined {
    const { state, roster, instruments, staleMs } = this.parts
    if (state.killSwitch.state === 'halt') return 'halt'
    if (!this.parts.isStoreOurs()) return 'store'
    if (state.openExits.size > 0 && state.openExits.has(position.id)) return undefined
    if (entry?.kind === 'refused') return 'entry'
    if (child === undefined || guardedBy(roster, child) === 'none') return 'monitor'
    if (child.guard.decision !== undefined) return undefined
    return idleCause(child.guard, { now, staleMs, hoursOf: each => instruments.of(each).hours })
  }

  /** The state of an open position, and why it is not guarded. */
  standingOf(registered: Registered): Standing {
    const { roster, clock } = this.parts
    const child = roster.get(registered.position.id)
    const isObserved = registered.observed !== undefined
    const isExiting = this.isExiting(registered, child)
    const isOver = isObserved || this.parts.state.register.isEnding(registered.position.id)
    const cause = isOver ? undefined : this.judge(registered, child, clock.now())
    return { state: stateOf({ isObserved, isExiting, cause }), cause }
  }

  private isExiting({ position: { id } }: Registered, child: Child | undefined): boolean {
    const { openExits, register } = this.parts.state
    if ((openExits.size > 0 && openExits.has(id)) || register.isEnding(id)) return true
    return child?.guard.decision !== undefined
  }

  /** Time without a guard so far, ms, what has passed since the last sweep included. */
  unguardedMs(registered: Registered): number {
    const seen = this.seen.get(registered.position.id)
    if (seen === undefined) return 0
    const isUnguarded = this.causeOf(registered) !== undefined
    return seen.ms + (isUnguarded ? this.parts.clock.monotonic() - this.sweptAt : 0)
  }

  /** For how long a position has been without a guard at the last sweep, ms; 0: it was guarded. */
  lastsMs(id: PositionId): number {
    const seen = this.seen.get(id)
    return seen?.cause === undefined ? 0 : this.parts.clock.monotonic() - seen.since
  }

  /**
   * Evaluates every open position once, for all readers, and adds up what has passed since
   * the last sweep. A position that was without a guard at either end counts for all of it; the waits
   * of monitors for their restart count to the millisecond.
   */
  sweep(): Found {
    const { state, clock } = this.parts
    const at = clock.monotonic()
    const now = clock.now()
    const passedMs = Math.max(0, at - this.sweptAt)
    const isPause = this.sweeps > 0 && passedMs > this.parts.pauseMs
    if (isPause) this.paused(passedMs)
    this.sweptAt = at
    this.sweeps++
    const found = nothingFound()
    this.gather()
    found.counts.observed = this.observed
    found.counts.exiting = this.ending
    for (const { registered, child, seen } of this.watched) {
      const { id } = seen
      const cause = this.judge(registered, child, now)
      const downMs = child === undefined ? 0 : downMsOf(child, at)
      if (cause !== undefined || seen.cause !== undefined || downMs !== seen.downMs) {
        const isCounted = isPause && seen.cause === undefined
        this.addUp(seen, { cause, at, passedMs: isCounted ? 0 : passedMs, downMs })
      }
      seen.sweep = this.sweeps
      if (cause !== undefined && cause !== 'price')
        found.unguarded.push({ id, child, cause, entry: registered.entry })
      const isExiting = this.isExiting(registered, child)
      found.counts[stateOf({ isObserved: false, isExiting, cause })]++
      if (state.openExits.size > 0 && state.openExits.has(id)) continue
      // It has no monitor, and is to have none.
      if (cause === 'entry') continue
      found.expected++
      if (cause === 'monitor') found.missing++
      if (child !== undefined) this.note(found, child, { now, hours: seen.hours })
    }
    if (this.seen.size > this.watched.length) this.forget()
    this.last = found
    return found
  }

  /** What a person should know of a position besides whether it is guarded. */
  private note(
    found: Found,
    child: Child,
    { now, hours }: { readonly now: number; readonly hours: TradingHours | undefined },
  ): void {
    const { guard } = child
    if (child.watch.kind === 'given-up') found.quarantined.push(child)
    if (guard.ruleErrors > 0) found.withRuleErrors.push(child)
    const { instrument, underlying } = guard.position
    const other = guard.other && (guard.underlying?.instrument ?? underlying)
    if (other !== undefined && guard.other!.stream.lastAt === -Infinity) {
      const otherHours = this.parts.instruments.of(other).hours
      if (otherHours === undefined || isOpenAt(otherHours, now)) found.unpriced.add(other)
    }
    const { lastAt } = guard.own.stream
    if (lastAt === -Infinity) {
      if (hours === undefined || isOpenAt(hours, now)) found.unpriced.add(instrument)
      return
    }
    const quietMs = quietFor(hours, lastAt, now)
    if (quietMs > this.parts.staleMs) found.quietMs.set(instrument, quietMs)
  }

  /** Finds the positions to sweep, if one has come, gone or changed since the last sweep. */
  private gather(): void {
    const { state, roster } = this.parts
    const versions = `${state.register.version} ${roster.version}`
    if (versions === this.versions) return
    this.versions = versions
    const children = new InStep(roster)
    const before = this.watched
    const watched: Watched[] = []
    this.observed = 0
    this.ending = 0
    const { register } = state
    for (const { position, observed } of register.shownOpen()) {
      if (observed !== undefined) this.observed++
      else if (register.isEnding(position.id)) this.ending++
      if (observed !== undefined || register.isEnding(position.id)) continue
      const registered = register.get(position.id)!
      const child = children.of(position.id)
      const seen = this.seenOf(registered, before[watched.length]?.seen)
      watched.push({ registered, child, seen })
    }
    this.watched = watched
  }

  /** What is known of a position; `guess`: of the position that was in its place before. */
  private seenOf({ position: { id, instrument } }: Registered, guess: Seen | undefined): Seen {
    if (guess?.id === id) return guess
    const known = this.seen.get(id)
    if (known !== undefined) return known
    const { hours } = this.parts.instruments.of(instrument)
    const seen = { id, hours, ms: 0, cause: undefined, since: 0, downMs: 0, sweep: 0 }
    this.seen.set(id, seen)
    return seen
  }

  private addUp(
    seen: Seen,
    {
      cause,
      at,
      passedMs,
      downMs,
    }: Pick<Seen, 'cause' | 'downMs'> & { readonly at: number; readonly passedMs: number },
  ): void {
    const worst = cause ?? seen.cause
    // What was before its first sweep is not known.
    if (seen.sweep > 0) {
      const waitedMs = Math.max(0, Math.min(passedMs, downMs - seen.downMs))
      if (worst !== undefined) this.add(seen, worst, passedMs)
      else if (waitedMs > 0) this.add(seen, 'monitor', waitedMs)
    }
    if (seen.cause === undefined) seen.since = at
    seen.cause = cause
    seen.downMs = downMs
  }

  /**
   * Counts a time in which the process or the machine stood still: no position was guarded in it. Of one
   * that had no guard before, the cause of that goes on to count.
   */
  paused(ms: number): void {
    for (const { seen } of this.watched) {
      if (seen.sweep > 0 && seen.cause === undefined) this.add(seen, 'pause', ms)
    }
  }

  /** Counts the time from `from` (epoch ms) until now, in which no process was there. */
  countDown(from: number): { readonly positions: number; readonly downMs: number } {
    const now = this.parts.clock.now()
    this.sweep()
    let positions = 0
    for (const { position, observed } of this.parts.state.register.open.values()) {
      if (observed !== undefined) continue
      const seen = this.seen.get(position.id)
      if (seen === undefined) continue
      positions++
      this.add(seen, 'down', Math.max(0, now - Math.max(from, position.openedAt)))
    }
    return { positions, downMs: Math.max(0, now - from) }
  }

  private add(seen: Seen, cause: UnguardedCause, ms: number): void {
    seen.ms += ms
    this.totals.set(cause, (this.totals.get(cause) ?? 0) + ms)
  }

  private forget(): void {
    for (const [id, { sweep }] of this.seen) if (sweep !== this.sweeps) this.seen.delete(id)
  }
}

/** Time that the monitors of a position have been down until `at` (monotonic ms). */
const downMsOf = ({ watch, crashes }: Child, at: number): number =>
  crashes.downMs + (watch.kind === 'waiting' ? at - watch.since : 0)
