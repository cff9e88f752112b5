import type { PositionId } from '../domain/ids.ts'
import type { Notice } from './notices.ts'

/** Something that threw, and concerns one position or one holding alone. */
export interface Fault {
  /** What was done, and for which of them. */
  readonly what: string
  readonly why: string
}

const HOLDING = 'holding '

/** What is done for one holding, by its name. */
export const ofHolding = (name: string): string => `${HOLDING}${name}`

/** Faults that are known at once; what throws beyond them is caught, and counted only. */
const MOST = 1_000

/**
 * Keeps what throws for one position or holding from ending what they all share. Each fault is reported
 * when it begins, and present until the same goes well. An account has several: all are journaled and counted. Health
 * shows those of the book and of the portfolio, whose step may not come again; the next tick repeats those of the
 * dispatcher, of first prices and of a simulated venue.
 */
export class Faults {
  /** Times that something threw. */
  count = 0
  private readonly present = new Map<string, string>()
  private readonly notify: (notice: Notice) => void

  constructor(notify: (notice: Notice) => void) {
    this.notify = notify
  }

  /** Runs what concerns one of them; `otherwise` where that throws. */
  alone<Result>(what: string, act: () => Result, otherwise: Result): Result {
    try {
      const result = act()
      if (this.present.size > 0) this.present.delete(what)
      return result
    } catch (error) {
      this.failed(what, error)
      return otherwise
    }
  }

  /** Takes what was thrown. */
  failed(what: string, error: unknown): void {
    this.count++
    const why = error instanceof Error ? error.message : String(error)
    const isNews = this.present.get(what) !== why
    if (!isNews || (this.present.size >= MOST && !this.present.has(what))) return
    this.present.set(what, why)
    this.notify({ kind: 'isolated-fault', what, error })
  }

  /** What of them no longer concerns anything. */
  forget(what: string): void {
    this.present.delete(what)
  }

  /** A closed position blocks nothing: whatever was done for it, `<what> <id>`, is over. */
  forgetPosition(id: PositionId): void {
    for (const what of this.present.keys()) {
      if (what.endsWith(` ${id}`) && !what.startsWith(HOLDING)) this.present.delete(what)
    }
  }

  all(): readonly Fault[] {
    return [...this.present].map(([what, why]) => ({ what, why }))
  }
}
