import type { PositionId } from '../domain/ids.ts'
import type { ExitEnd, ExitFollower, FollowedExit } from '../ports/telemetry.ts'

export interface ExitTimesDeps {
  /** Epoch ms. */
  now(): number
  /** Monotonic, ms. */
  monotonic(): number
  /** Records a duration, ms. */
  measure(operation: ExitTime, ms: number): void
}

/** The measured phases of an exit, each from the tick or the decision on. */
export type ExitTime = 'exit.decided' | 'exit.intended' | 'exit.acknowledged' | 'exit.filled'

/** When an exit was decided, monotonic ms. */
interface Running {
  readonly generation: number
  readonly at: number
  readonly ageMs: number
  isIntended: boolean
  isAcknowledged: boolean
}

/** Measures the phases of each exit; one entry for each exit in progress. */
export class ExitTimes implements ExitFollower {
  private readonly parts: ExitTimesDeps
  private readonly running = new Map<PositionId, Running>()

  constructor(parts: ExitTimesDeps) {
    this.parts = parts
  }

  decided({ positionId, generation, decision }: FollowedExit, ageMs: number): void {
    if (this.running.get(positionId)?.generation === generation) return
    const at = this.parts.monotonic()
    const stages = { isIntended: false, isAcknowledged: false }
    this.running.set(positionId, { generation, at, ageMs, ...stages })
    // A manual exit has no tick to measure from.
    if (decision.tick !== null) this.parts.measure('exit.decided', ageMs)
  }

  intended({ positionId }: FollowedExit): void {
    const seen = this.running.get(positionId)
    if (seen === undefined || seen.isIntended) return
    seen.isIntended = true
    this.parts.measure('exit.intended', seen.ageMs + this.since(seen))
  }

  acknowledged({ positionId }: FollowedExit): void {
    const seen = this.running.get(positionId)
    if (seen === undefined || seen.isAcknowledged) return
    seen.isAcknowledged = true
    this.parts.measure('exit.acknowledged', this.since(seen))
  }

  ended(id: PositionId, { outcome }: ExitEnd, exit: FollowedExit | undefined): void {
    const seen = this.running.get(id)
    this.running.delete(id)
    if (outcome !== 'filled' || exit === undefined) return
    if (seen?.isAcknowledged === false) this.parts.measure('exit.acknowledged', this.since(seen))
    // An exit that an earlier process has decided is measured by the wall clock.
    const ms = seen === undefined ? this.parts.now() - exit.intendedAt : this.since(seen)
    this.parts.measure('exit.filled', Math.max(0, ms))
  }

  private since({ at }: Running): number {
    return this.parts.monotonic() - at
  }
}
