import type { PositionId } from '../domain/ids.ts'
import { leftOf } from '../domain/units.ts'
import type { Verdict } from './reconcile.ts'

/** How many units of a holding each of its positions may close. Changes itself. */
export class Allowances {
  private readonly units = new Map<PositionId, number>()
  /** Since when each position owns a part of the holding, epoch ms. */
  private readonly ownedSince = new Map<PositionId, number>()

  /** Undefined where it is not known: nothing may be closed. */
  of(id: PositionId): number | undefined {
    return this.units.get(id)
  }

  /** A position owns a part of the holding since `now` (epoch ms); the next report grants what it may close. */
  came(id: PositionId, now: number): void {
    this.ownedSince.set(id, now)
    this.units.delete(id)
  }

  gone(id: PositionId): void {
    this.ownedSince.delete(id)
    this.units.delete(id)
  }

  /** What is known of the holding is in doubt: no position may close anything before the next report. */
  clear(): void {
    this.units.clear()
  }

  executed(id: PositionId, units: number): void {
    const allowed = this.units.get(id)
    if (allowed !== undefined) this.units.set(id, leftOf(allowed, units))
  }

  /** Whether each position that owns a part may close what is known. */
  get isComplete(): boolean {
    return this.units.size === this.ownedSince.size
  }

  /**
   * Takes the verdict on a report as of `at` (epoch ms). One that may not show yet what we executed last can
   * take away, but grant nothing.
   */
  judged(
    { most, sure }: Pick<Verdict, 'most' | 'sure'>,
    { at, isNamed, isClean }: { at: number; isNamed: boolean; isClean: boolean },
  ): void {
    for (const [id, ownedSince] of this.ownedSince) {
      // A list can lag for longer than anything that is asked for by name, and an answer may be older than
      // the position: neither grants.
      const isTooOld = !isNamed || at < ownedSince
      const before = this.units.get(id)
      if (isTooOld && before === undefined) continue
      const granted = before ?? sure.get(id)!
      const allowed = isClean && isNamed ? Math.max(granted, sure.get(id)!) : granted
      this.units.set(id, Math.min(most.get(id)!, allowed))
    }
  }
}
