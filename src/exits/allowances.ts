import type { PositionId } from '../domain/ids.ts'
import { leftOf } from '../domain/units.ts'
import type { Verdict } from './reconcile.ts'

/** What a position may close of a holding. */
interface Allowance {
  /** Since when it owns a part of the holding, epoch ms. */
  since: number
  /** Undefined: not known, nothing may be closed. */
  units: number | undefined
}

/** How many units of a holding each of its positions may close. Changes itself. */
export class Allowances {
  private readonly owners = new Map<PositionId, Allowance>()
  /** Owners whose units are not known. */
  private unknown = 0

  /** Undefined where it is not known: nothing may be closed. */
  of(id: PositionId): number | undefined {
    return this.owners.get(id)?.units
  }

  /** A position owns a part of the holding since `now` (epoch ms); the next report grants what it may close. */
  came(id: PositionId, now: number): void {
    const owner = this.owners.get(id)
    if (owner === undefined || owner.units !== undefined) this.unknown++
    if (owner === undefined) this.owners.set(id, { since: now, units: undefined })
    else {
      owner.since = now
      owner.units = undefined
    }
  }

  gone(id: PositionId): void {
    const owner = this.owners.get(id)
    if (owner === undefined) return
    if (owner.units === undefined) this.unknown--
    this.owners.delete(id)
  }

  /** What is known of the holding is in doubt: no position may close anything before the next report. */
  clear(): void {
    for (const owner of this.owners.values()) owner.units = undefined
    this.unknown = this.owners.size
  }

  executed(id: PositionId, units: number): void {
    const owner = this.owners.get(id)
    if (owner?.units !== undefined) owner.units = leftOf(owner.units, units)
  }

  /** Whether each position that owns a part may close what is known. */
  get isComplete(): boolean {
    return this.unknown === 0
  }

  /**
   * Takes the verdict on a report as of `at` (epoch ms). One that may not show yet what we executed last can
   * take away, but grant nothing.
   */
  judged(
    { most, sure }: Pick<Verdict, 'most' | 'sure'>,
    { at, isNamed, isClean }: { at: number; isNamed: boolean; isClean: boolean },
  ): void {
    for (const [id, owner] of this.owners) {
      // A list can lag for longer than anything that is asked for by name, and an answer may be older than
      // the position: neither grants.
      const isTooOld = !isNamed || at < owner.since
      const before = owner.units
      if (isTooOld && before === undefined) continue
      const granted = before ?? sure.get(id)!
      const allowed = isClean && isNamed ? Math.max(granted, sure.get(id)!) : granted
      if (before === undefined) this.unknown--
      owner.units = Math.min(most.get(id)!, allowed)
    }
  }
}
