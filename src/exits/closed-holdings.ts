import { sum } from '../domain/decimal.ts'
import type { HoldingKey } from '../domain/holding.ts'
import type { Side } from '../domain/position.ts'
import { isEnough } from '../domain/units.ts'
import { holdingName } from './holding-state.ts'
import type { Notice } from './notices.ts'

/** Holdings that are watched after their last position has closed; the oldest are forgotten. */
const MOST = 10_000
/** How long an order that the venue does not find may still arrive, ms. */
export const LATE_MS = 3_600_000

interface Watched {
  readonly side: Side
  /** Units that were closed of it: no order of ours leaves more on the other side. */
  readonly quantity: number
  /** When the last of them was closed, epoch ms. */
  readonly closedAt: number
  readonly until: number
  readonly key: HoldingKey
  isOversold: boolean
}

/**
 * Holdings whose positions are closed by orders of ours. One that is executed after all proofs (late,
 * after its rejection or its cancel) leaves the account on the other side of zero.
 */
export class ClosedHoldings {
  private readonly watched = new Map<string, Watched>()
  /** Of an earlier process: since the start no report has said what the account holds of them. */
  private readonly unread = new Map<string, HoldingKey>()
  private readonly notify: (notice: Notice) => void

  constructor(notify: (notice: Notice) => void) {
    this.notify = notify
  }

  /** Orders of ours closed so many units of a position of that side at `now` (epoch ms). */
  remember(
    key: HoldingKey,
    { side, quantity, now }: { side: Side; quantity: number; now: number },
  ): void {
    const name = holdingName(key)
    const before = this.watched.get(name)
    const isSame = before?.side === side && now < before.until
    this.watched.delete(name)
    this.watched.set(name, {
      key,
      side,
      closedAt: now,
      until: now + LATE_MS,
      isOversold: before?.isOversold ?? false,
      quantity: isSame ? sum(before.quantity, quantity) : quantity,
    })
    for (const oldest of this.watched.keys()) {
      if (this.watched.size <= MOST) break
      this.watched.delete(oldest)
      this.unread.delete(oldest)
    }
  }

  /** The last report on a holding, which came while a position still named it, was on the wrong side. */
  inherit(key: HoldingKey): void {
    const each = this.watched.get(holdingName(key))
    if (each !== undefined) each.isOversold = true
  }

  /** Its orders were sent by an earlier process: what they have left is not known before a report. */
  missed(key: HoldingKey): void {
    if (this.watched.has(holdingName(key))) this.unread.set(holdingName(key), key)
  }

  /** A list of all holdings was read. */
  listed(): void {
    this.unread.clear()
  }

  /** The holdings of an earlier process that were not read since the start. */
  notRead(): readonly HoldingKey[] {
    return [...this.unread.values()]
  }

  /** A position names the holding: on the other side, it is a person who went there on purpose. */
  owned(key: HoldingKey, side: Side): void {
    const name = holdingName(key)
    if (this.watched.get(name)?.side !== side) this.watched.delete(name)
    // From now on it is the position whose holding is known or not.
    this.unread.delete(name)
  }

  /** Since when orders of ours have not changed a holding any more, epoch ms; -Infinity where none did. */
  closedAt(key: HoldingKey): number {
    return this.watched.get(holdingName(key))?.closedAt ?? -Infinity
  }

  /** The holdings that are on the wrong side. */
  oversold(): readonly HoldingKey[] {
    return [...this.watched.values()].filter(each => each.isOversold).map(({ key }) => key)
  }

  /** Whether orders of ours left the units of a holding that no position owned at the last report. */
  isOversold(key: HoldingKey): boolean {
    return this.watched.get(holdingName(key))?.isOversold === true
  }

  /** Takes a report on a holding: so many signed units of it belong to no position at `now` (epoch ms). */
  observe(key: HoldingKey, quantity: number, now: number): void {
    const each = this.watched.get(holdingName(key))
    if (each === undefined) return
    this.unread.delete(holdingName(key))
    const isBeyond = each.side === 'long' ? quantity < 0 : quantity > 0
    const isOurs = each.isOversold || isEnough(each.quantity, Math.abs(quantity))
    const isWrong = isBeyond && isOurs
    // What went wrong in time stays so until it is put right.
    const isOversold = isWrong && (each.isOversold || now < each.until)
    if (isOversold && !each.isOversold) {
      this.notify({ kind: 'holding-oversold', holding: key, quantity })
    }
    each.isOversold = isOversold
  }
}
