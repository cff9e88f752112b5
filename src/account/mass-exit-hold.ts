import type { PositionId } from '../domain/ids.ts'
import { countExit, NO_MASS_EXIT, type MassExitOptions } from '../exits/mass-exit.ts'
import type { ExitRecord } from '../exits/record.ts'

/** Holds back price exits that come in a mass, until a second check or their time is over. */
export class MassExitHold {
  private readonly options: MassExitOptions | undefined
  private readonly now: () => number
  private state = NO_MASS_EXIT
  private readonly waiting = new Map<PositionId, number>()

  constructor(options: MassExitOptions | undefined, now: () => number) {
    this.options = options
    this.now = now
  }

  /** Exits that wait at present. */
  get size(): number {
    return this.waiting.size
  }

  /** Takes a new exit; gives until when (epoch ms) it waits, undefined where it need not. */
  admit({ positionId, decision: { reason } }: ExitRecord): number | undefined {
    if (this.options === undefined) return undefined
    const now = this.now()
    const known = this.waiting.get(positionId)
    if (known !== undefined) return known
    const [state, until] = countExit(this.state, this.options, { reason, now })
    this.state = state
    if (until !== undefined) this.waiting.set(positionId, until)
    return until
  }

  /** Whether an exit still waits. A reason that needs no second check joins it: it goes at once. */
  isHeld({ positionId, decision: { matched } }: ExitRecord): boolean {
    const until = this.waiting.get(positionId)
    if (until === undefined) return false
    const isUrgent = matched.includes('kill-switch') || matched.includes('daily-loss')
    if (this.now() < until && !isUrgent && !matched.includes('manual')) return true
    this.waiting.delete(positionId)
    return false
  }
}
