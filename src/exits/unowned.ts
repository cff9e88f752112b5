import { sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import { isSame, leftOf } from '../domain/units.ts'
import { holdingName } from './holding-state.ts'
import type { Notice } from './notices.ts'

/** What to do with what no position owns: nothing, report it, or guard it by default rules. */
export type Adoption = 'off' | 'alert' | 'rules'

/** A part of a holding that belongs to no position. */
export interface UnownedHolding {
  readonly key: HoldingKey
  /** Units, > 0 for a long and < 0 for a short. */
  readonly quantity: number
  /** Since when the reports show so much, and no position has taken a part of it, epoch ms. */
  readonly since: number
  /** Average entry price, where the venue gives it. */
  readonly entryPrice?: number
}

/** What the account holds beyond our positions: foreign, unless a person released it. */
export class Unowned {
  private readonly adopt: Adoption
  private readonly notify: (notice: Notice) => void
  /** Units, > 0, by holding and by the position that they were. */
  private readonly released = new Map<string, Map<PositionId, number>>()
  private readonly reported = new Map<string, UnownedHolding>()
  /** Before all positions are known, whatever is held may be theirs. */
  private hasBegun = false

  constructor(adopt: Adoption, notify: (notice: Notice) => void) {
    this.adopt = adopt
    this.notify = notify
  }

  /** Every position of the account is known from now on. */
  begin(): void {
    this.hasBegun = true
  }

  /** What no position owns at present, as far as it was reported. */
  all(): readonly UnownedHolding[] {
    return [...this.reported.values()]
  }

  /** So many units that were a position are unowned on purpose. */
  release(key: HoldingKey, id: PositionId, quantity: number): void {
    if (quantity <= 0) return
    const name = holdingName(key)
    const released = this.released.get(name) ?? new Map<PositionId, number>()
    this.released.set(name, released.set(id, sum(released.get(id) ?? 0, quantity)))
  }

  /**
   * A position has taken a part of a holding: what is unowned must be checked anew, and what the same
   * position had let go of is its own again.
   */
  owned(key: HoldingKey, id: PositionId, now: number): void {
    const name = holdingName(key)
    const released = this.released.get(name)
    if (released?.delete(id) === true && released.size === 0) this.released.delete(name)
    const reported = this.reported.get(name)
    if (reported !== undefined) this.reported.set(name, { ...reported, since: now })
  }

  /** What of a holding belongs to no position, as of `since`; reported when it becomes more. */
  update({ key, quantity: beyond, ...rest }: UnownedHolding): void {
    if (this.adopt === 'off' || !this.hasBegun) return
    const name = holdingName(key)
    const units = leftOf(Math.abs(beyond), this.releasedOf(name))
    const quantity = Math.sign(beyond) * units
    const before = this.reported.get(name)?.quantity ?? 0
    if (isSame(quantity, before)) return
    if (units === 0) this.reported.delete(name)
    else this.reported.set(name, { key, quantity, ...rest })
    const isMore = units > Math.abs(before) || (units > 0 && quantity * before < 0)
    if (isMore) this.notify({ kind: 'holding-unowned', holding: key, quantity })
  }

  private releasedOf(name: string): number {
    return [...(this.released.get(name)?.values() ?? [])].reduce(sum, 0)
  }
}
