import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import type { Verdict } from './reconcile.ts'

/** A position that owns a part of a holding. */
interface Owner {
  position: Position
  /** Since when it owns that part, epoch ms. */
  since: number
  /** What it may close, units; undefined: not known, nothing may be closed. */
  units: number | undefined
}

/** The positions that own a holding, and how many units each may close. Changes itself. */
export class HoldingOwners {
  private readonly owners = new Map<PositionId, Owner>()
  /** Owners whose units are not known. */
  private unknown = 0

  get size(): number {
    return this.owners.size
  }

  ids(): Iterable<PositionId> {
    return this.owners.keys()
  }

  positions(): Position[] {
    return Array.from(this.owners.values(), ({ position }) => position)
  }

  position(id: PositionId): Position | undefined {
    return this.owners.get(id)?.position
  }

  /** What a position may close; undefined where it is not known: nothing. */
  allowance(id: PositionId): number | undefined {
    return this.owners.get(id)?.units
  }

  /** A position owns a part of the holding since `now` (epoch ms); the next report grants what it may close. */
  came(position: Position, now: number): void {
    const owner = this.owners.get(position.id)
    if (owner === undefined || owner.units !== undefined) this.unknown++
    if (owner === undefined) {
      this.owners.set(position.id, { position, since: now, units: undefined })
    } else Object.assign(owner, { position, since: now, units: undefined })
  }

  /** Whether the position was an owner. */
  gone(id: PositionId): boolean {
    const owner = this.owners.get(id)
    if (owner === undefined) return false
    if (owner.units === undefined) this.unknown--
    return this.owners.delete(id)
  }

  /** What is known of the holding is in doubt: no position may close anything before the next report. */
  grantNothing(): void {
    for (const owner of this.owners.values()) owner.units = undefined
    this.unknown = this.owners.size
  }

  executed(id: PositionId, units: number): void {
    const owner = this.owners.get(id)
    if (owner?.units !== undefined) owner.units = leftOf(owner.units, units)
  }

  /** Whether each position that owns a part may close what is known. */
  get areGranted(): boolean {
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
