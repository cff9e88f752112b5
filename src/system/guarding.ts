import type { Child, Roster } from '../actors/roster.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable, TradingHours } from '../domain/instrument.ts'
import type { UnguardedCause } from '../observability/metrics/facts.ts'
import type { Clock } from '../ports/clock.ts'
import type { Registered } from '../ports/keeper.ts'
import { isOpenAt } from '../risk/hours.ts'
import type { LiveState } from './live-state.ts'
import { guardingOf } from './supervision.ts'

export interface GuardingParts {
  readonly state: LiveState
  readonly roster: Roster
  readonly instruments: InstrumentTable
  readonly clock: Clock
  /** A price that is older guards nobody while its market is open, ms. */
  readonly staleMs: number
  /** Whether this process owns the store and its last write went well. */
  isStoreOurs(): boolean
}

/** What is known of one position since it was first looked at. */
interface Seen {
  /** Time without a guard so far, ms. */
  ms: number
  cause: UnguardedCause | undefined
  /** Monotonic ms since which it has this cause without a break. */
  since: number
  /** Time that its monitors have been down, as of the last look, ms. */
  downMs: number
  /** Number of the last look. */
  look: number
}

/** Who is guarded and who is not, and for how long: P5 of the design, and nothing gentler. */
export class Guarding {
  /** Time that positions were without a guard, summed over them, by cause, ms. */
  readonly totals = new Map<UnguardedCause, number>()
  private readonly parts: GuardingParts
  private readonly seen = new Map<PositionId, Seen>()
  private lookedAt: number
  private looks = 0

  constructor(parts: GuardingParts) {
    this.parts = parts
    this.lookedAt = parts.clock.monotonic()
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
  causeOf({ position }: Registered): UnguardedCause | undefined {
    const { state, roster, instruments, clock, staleMs } = this.parts
    if (state.killSwitch.state === 'halt') return 'halt'
    if (!this.parts.isStoreOurs()) return 'store'
    if (state.openExits.has(position.id)) return undefined
    const child = roster.get(position.id)
    if (child === undefined || guardingOf(roster, child) === 'nobody') return 'monitor'
    if (child.guard.decision !== undefined) return undefined
    const now = clock.now()
    if (now - child.guard.own.stream.lastAt <= staleMs) return undefined
    const { hours } = instruments.of(position.instrument)
    return hours === undefined || isOpenNow(hours, now) ? 'price' : undefined
  }

  /** Time without a guard so far, ms, what has passed since the last look included. */
  unguardedMs(registered: Registered): number {
    const seen = this.seen.get(registered.position.id)
    if (seen === undefined) return 0
    const isUnguarded = this.causeOf(registered) !== undefined
    return seen.ms + (isUnguarded ? this.parts.clock.monotonic() - this.lookedAt : 0)
  }

  /** For how long a position has been without a guard at the last look, ms; 0: it was guarded. */
  lastsMs(id: PositionId): number {
    const seen = this.seen.get(id)
    return seen?.cause === undefined ? 0 : this.parts.clock.monotonic() - seen.since
  }

  /**
   * Adds up what has passed since the last look. A position that was without a guard at either end
   * counts for all of it; the waits of monitors for their restart count to the millisecond.
   */
  look(): void {
    const { state, roster, clock } = this.parts
    const at = clock.monotonic()
    const passedMs = Math.max(0, at - this.lookedAt)
    this.lookedAt = at
    this.looks++
    let open = 0
    for (const registered of state.register.values()) {
      if (registered.state !== 'open' || registered.observed !== undefined) continue
      open++
      const { id } = registered.position
      const cause = this.causeOf(registered)
      const downMs = downMsOf(roster.get(id), at)
      const seen = this.seen.get(id)
      if (seen === undefined) {
        this.seen.set(id, { ms: 0, cause, since: at, downMs, look: this.looks })
        continue
      }
      const worst = cause ?? seen.cause
      if (worst !== undefined) this.add(seen, worst, passedMs)
      else if (downMs > seen.downMs) {
        this.add(seen, 'monitor', Math.min(passedMs, downMs - seen.downMs))
      }
      if (cause === undefined || seen.cause === undefined) seen.since = at
      seen.cause = cause
      seen.downMs = downMs
      seen.look = this.looks
    }
    if (this.seen.size > open) this.forget()
  }

  /** Counts the time from `from` (epoch ms) until now, in which no process was there. */
  countDown(from: number): { readonly positions: number; readonly downMs: number } {
    const now = this.parts.clock.now()
    this.look()
    let positions = 0
    for (const { position, state, observed } of this.parts.state.register.values()) {
      if (state !== 'open' || observed !== undefined) continue
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
    for (const [id, { look }] of this.seen) if (look !== this.looks) this.seen.delete(id)
  }
}

/** Time that the monitors of a position have been down until `at` (monotonic ms). */
function downMsOf(child: Child | undefined, at: number): number {
  if (child === undefined) return 0
  const { watch, crashes } = child
  return crashes.downMs + (watch.kind === 'waiting' ? at - watch.since : 0)
}

/** Hours are in minutes, and finding them out costs more than a position's share of a cycle. */
const lookedUp = new WeakMap<TradingHours, { readonly minute: number; readonly isOpen: boolean }>()

/** Whether a market is open at `now` (epoch ms). */
export function isOpenNow(hours: TradingHours, now: number): boolean {
  const minute = Math.floor(now / 60_000)
  const known = lookedUp.get(hours)
  if (known?.minute === minute) return known.isOpen
  const isOpen = isOpenAt(hours, now)
  lookedUp.set(hours, { minute, isOpen })
  return isOpen
}
