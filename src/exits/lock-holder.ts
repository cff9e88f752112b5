import { sum } from '../domain/decimal.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Held } from './holding-state.ts'

/**
 * The exit that holds the exclusive lock on a holding: the quantity of the holding before and after its order
 * is the evidence of what the order executed. Changes itself.
 */
export class LockHolder {
  private holder: PositionId | undefined
  /** The least that was held since the exit took the lock, and since when (epoch ms): more is a rise. */
  private low: { readonly quantity: number; readonly at: number } | undefined
  /** When a position last brought units into the holding, epoch ms. */
  private cameAt = -Infinity

  /** Undefined while the lock is free. */
  get id(): PositionId | undefined {
    return this.holder
  }

  /** An exit takes the lock; `heldBefore` units are held, as of `at` (epoch ms). */
  take(id: PositionId, heldBefore: number, at: number): void {
    this.holder = id
    this.low = { quantity: heldBefore, at }
  }

  release(): void {
    this.holder = undefined
    this.low = undefined
  }

  /** A position brought so many units into the holding at `now` (epoch ms): they are no rise. */
  came(units: number, now: number): void {
    this.cameAt = now
    if (this.low !== undefined) this.low = { ...this.low, quantity: sum(this.low.quantity, units) }
  }

  /**
   * Whether an answer by name has more than was held at least `apartMs` before: others bought it, for only a list
   * may lag.
   */
  isRise({ quantity, at }: Held, apartMs: number): boolean {
    const { low } = this
    return low !== undefined && quantity > low.quantity && at >= low.at + apartMs
  }

  /** Takes an answer by name: less than was held before is what a later answer is compared with. */
  observe({ quantity, at }: Held, apartMs: number): void {
    const { low } = this
    if (low === undefined || quantity >= low.quantity || at < this.cameAt + apartMs) return
    this.low = { quantity, at }
  }
}
