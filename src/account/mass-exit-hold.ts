import { generationName } from '../domain/ids.ts'
import type { ExitReason } from '../domain/reason.ts'
import { countExit, NO_MASS_EXIT, type MassExitOptions } from '../exits/mass-exit.ts'
import type { ExitRecord } from '../exits/record.ts'

/** Reasons with which an exit waits no longer, as no price has decided them. */
const AT_ONCE: ReadonlySet<ExitReason> = new Set(['kill-switch', 'daily-loss', 'manual'])

/** Holds back price exits that come in a mass, until their time is over or a reason without a price joins them. */
export class MassExitHold {
  private readonly options: MassExitOptions | undefined
  private readonly now: () => number
  private state = NO_MASS_EXIT
  /** Until when each exit waits (ms of `now`), by the name of its generation. */
  private readonly waiting = new Map<string, number>()

  constructor(options: MassExitOptions | undefined, now: () => number) {
    this.options = options
    this.now = now
  }

  /** Whether an exit is held back at present. */
  get isHolding(): boolean {
    const now = this.now()
    return [...this.waiting.values()].some(until => now < until)
  }

  /** Takes a new exit; returns how long it waits from now on, ms; undefined where it does not wait. */
  admit(record: ExitRecord): number | undefined {
    if (this.options === undefined) return undefined
    const now = this.now()
    this.forgetOver(now)
    const name = generationName(record)
    const known = this.waiting.get(name)
    if (known !== undefined) return known - now
    const [state, until] = countExit(this.state, this.options, {
      reason: record.decision.reason,
      now,
    })
    this.state = state
    if (until === undefined) return undefined
    this.waiting.set(name, until)
    return until - now
  }

  /** Whether an exit is still held back. */
  isHeld(record: ExitRecord): boolean {
    const until = this.waiting.get(generationName(record))
    if (until === undefined || this.now() >= until) return false
    return !record.decision.matched.some(reason => AT_ONCE.has(reason))
  }

  private forgetOver(now: number): void {
    for (const [name, until] of this.waiting) if (now >= until) this.waiting.delete(name)
  }
}
