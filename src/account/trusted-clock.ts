import { platform, uptime } from 'node:os'
import type { Clock } from '../ports/clock.ts'

/** A change of the wall clock against the monotonic clock. */
export type ClockEvent =
  /** The jump was noticed and is not followed yet. */
  | { readonly kind: 'moved'; readonly movedMs: number }
  /** The service follows the jump from now on; `slept`: the machine slept for that time. */
  | {
      readonly kind: 'followed'
      readonly movedMs: number
      readonly why: 'confirmed' | 'slept' | 'person'
    }
  /** The clock went back before the jump was followed. */
  | { readonly kind: 'returned'; readonly movedMs: number }

/** A jump that is not followed yet. */
export interface PendingJump {
  readonly movedMs: number
  readonly forMs: number
  /** Whether the jump is so large that a person must accept it. */
  readonly needsPerson: boolean
}

export interface TrustedClockOptions {
  /** Time that a jump must last before it is followed, ms. */
  readonly confirmMs: number
  /** Largest jump that is followed without a person's consent, ms. */
  readonly maxStepMs: number
  /**
   * Ms since the machine started, the time in which it slept included; undefined where that is not
   * known. The monotonic clock stands still while the machine sleeps.
   */
  bootMs?(): number | undefined
}

export const CLOCK_DEFAULTS: TrustedClockOptions = {
  confirmMs: 10_000,
  maxStepMs: 7 * 86_400_000,
  bootMs: bootMsOfLinux,
}

/** Difference between the progress of two clocks from which one of them is said to have moved, ms. */
const NOTABLE_MS = 2_000
const MOST_REMEMBERED = 200

/**
 * A wall clock that does not jump at once. Small corrections are followed as they come. A jump is
 * noticed at a check, and followed when it has stayed for `confirmMs`, when the machine's own uptime shows
 * that it slept for that time, or when a person says so: until then time passes as if the clock had not been
 * set, so that a wrong clock fires no deadline, prunes no journal and makes no price old.
 *
 * `now` is for times that people and rules read: deadlines, the journal, the day, rows of positions. The gateway, and what
 * it asks and reads, use `steady`: they compare the time of a question with that of an answer, and a jump in between
 * must not make an old answer new. `monotonic` is for durations alone.
 */
export class TrustedClock implements Clock {
  /** Jumps so far. */
  jumps = 0
  /** Called with each event of a check or of an acceptance. */
  readonly listeners: ((event: ClockEvent) => void)[] = []
  private readonly machine: Clock
  private readonly options: TrustedClockOptions
  /** Trusted wall time minus monotonic time, ms. */
  private offset: number
  /** Uptime minus monotonic time at the last check, ms. */
  private slept: number | undefined
  private suspect: { readonly offset: number; readonly since: number } | undefined
  /** Monotonic time of the last jumps, oldest first. */
  private readonly jumpedAt: number[] = []
  private readonly steadyOffset: number

  constructor(machine: Clock, options: TrustedClockOptions = CLOCK_DEFAULTS) {
    this.machine = machine
    this.options = options
    this.offset = this.steadyOffset = machine.now() - machine.monotonic()
    this.slept = this.sleptMs()
  }

  /** A clock that is trusted already, or a machine's clock as one. */
  static of(clock: Clock, options?: TrustedClockOptions): TrustedClock {
    return clock instanceof TrustedClock ? clock : new TrustedClock(clock, options)
  }

  /** Whole milliseconds, as every time that is kept or shown. */
  now(): number {
    return Math.round(this.offset + this.machine.monotonic())
  }

  monotonic(): number {
    return this.machine.monotonic()
  }

  /** The wall clock as it was when the process started, and what passed since: no jump is ever in it. */
  steady(): number {
    return Math.round(this.steadyOffset + this.machine.monotonic())
  }

  /** The machine's wall clock while it differs from `now`, epoch ms; otherwise undefined. */
  machineNow(): number | undefined {
    const now = this.machine.now()
    return Math.abs(now - this.now()) > NOTABLE_MS ? now : undefined
  }

  /** The jump that is not followed yet. */
  pending(): PendingJump | undefined {
    if (this.suspect === undefined) return undefined
    const movedMs = Math.round(this.suspect.offset - this.offset)
    return {
      movedMs,
      forMs: this.monotonic() - this.suspect.since,
      needsPerson: Math.abs(movedMs) > this.options.maxStepMs,
    }
  }

  /** Jumps within the last `withinMs`, at most a few hundred. */
  recent(withinMs: number): number {
    const from = this.monotonic() - withinMs
    return this.jumpedAt.filter(at => at > from).length
  }

  /** Compares the clocks, once a cycle; undefined where nothing has happened. */
  check(): ClockEvent | undefined {
    const event = this.compare()
    if (event !== undefined) for (const listener of this.listeners) listener(event)
    return event
  }

  private compare(): ClockEvent | undefined {
    const at = this.monotonic()
    const offset = this.machine.now() - at
    const sleptMs = this.takeSleptMs()
    const movedMs = Math.round(offset - this.offset)
    if (Math.abs(movedMs) <= NOTABLE_MS) {
      const { suspect } = this
      this.offset = offset
      this.suspect = undefined
      if (suspect === undefined) return undefined
      return { kind: 'returned', movedMs: Math.round(offset - suspect.offset) }
    }
    if (Math.abs(movedMs - sleptMs) <= NOTABLE_MS) return this.follow(offset, 'slept')
    const { suspect } = this
    if (suspect === undefined || Math.abs(offset - suspect.offset) > NOTABLE_MS) {
      this.suspect = { offset, since: at }
      this.note(at)
      return { kind: 'moved', movedMs }
    }
    const { confirmMs, maxStepMs } = this.options
    if (at - suspect.since < confirmMs || Math.abs(movedMs) > maxStepMs) return undefined
    return this.follow(offset, 'confirmed')
  }

  /** A person accepts the machine's clock; undefined where it agrees with the trusted one. */
  accept(): ClockEvent | undefined {
    if (this.suspect === undefined) return undefined
    const event = this.follow(this.machine.now() - this.monotonic(), 'person')
    for (const listener of this.listeners) listener(event)
    return event
  }

  private follow(
    offset: number,
    why: Extract<ClockEvent, { kind: 'followed' }>['why'],
  ): ClockEvent {
    const movedMs = Math.round(offset - this.offset)
    if (this.suspect === undefined) this.note(this.monotonic())
    this.offset = offset
    this.suspect = undefined
    return { kind: 'followed', movedMs, why }
  }

  private note(at: number): void {
    this.jumps++
    this.jumpedAt.push(at)
    if (this.jumpedAt.length > MOST_REMEMBERED) this.jumpedAt.shift()
  }

  /** Takes the time that the machine has slept since the last check, ms. */
  private takeSleptMs(): number {
    const before = this.slept
    this.slept = this.sleptMs()
    return before === undefined || this.slept === undefined ? 0 : this.slept - before
  }

  private sleptMs(): number | undefined {
    const bootMs = this.options.bootMs?.()
    return bootMs === undefined ? undefined : bootMs - this.machine.monotonic()
  }
}

/** Uptime of the machine, ms, with the time in which it slept (CLOCK_BOOTTIME); undefined elsewhere. */
function bootMsOfLinux(): number | undefined {
  // Elsewhere it follows the wall clock.
  if (platform() !== 'linux') return undefined
  try {
    return uptime() * 1_000
  } catch {
    return undefined
  }
}
