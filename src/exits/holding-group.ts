import { sum } from '../domain/decimal.ts'
import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf, restOf } from '../domain/units.ts'
import type { Held } from './circumstances.ts'
import type { HoldingChange } from './events.ts'
import { heldOf, reported, unknownHolding, type HoldingState } from './holding-state.ts'
import type { Notice } from './notices.ts'
import { share, type Share, type Verdict } from './reconcile.ts'
import { ReportReaders } from './report-readers.ts'
import type { Answered } from './verification.ts'

/** What a holding is judged by. */
export interface Surroundings {
  readonly apartMs: number
  shareOf(position: Position): Share
  notify(notice: Notice): void
  /** Others have changed a holding that is the evidence for this exit, as of `at` (epoch ms). */
  drifted(id: PositionId, by: HoldingChange, at: number): void
  /** Whether an order of ours that was over may have taken what a holding lacks since `since`. */
  mayExplain(key: HoldingKey, asked: { since: number; at: number }): boolean
  /** So many signed units of a holding belong to no position. */
  beyond(key: HoldingKey, quantity: number): void
}

/** Units of a holding that belong to no position, and that positions own. */
export interface CleanHolding {
  readonly spare: number
  readonly owned: number
}

export const NOTHING_LOST: ReadonlyMap<PositionId, number> = new Map()

/** One holding, the positions that own it, and what each may close. Changes itself. */
export class HoldingGroup {
  readonly key: HoldingKey
  /** The exits in it that a report on it can lead on. */
  readonly readers = new ReportReaders()
  /** No less is held than is owned, by the last report. */
  isWhole = false
  /** Units that belong to no position, in the direction of its positions, by the last report. */
  spare = 0
  /** Units that its positions own, by the last report and less what was executed since. */
  owned = 0
  /**
   * The same as of the last report while no order of ours was under way, and less what was executed since;
   * undefined where positions have come or gone since.
   */
  clean: CleanHolding | undefined
  /** When positions last took units of it, or left some, epoch ms. */
  namedAt = -Infinity
  private lockHolder: PositionId | undefined
  /** The least that was held since the turn began, and since when (epoch ms): more is a rise. */
  private low: { readonly quantity: number; readonly at: number } | undefined
  /** When a position last came, epoch ms. */
  private cameAt = -Infinity
  /** What orders of released positions may still execute, by name. */
  private readonly retained = new Map<string, () => Share>()
  private readonly owners = new Map<PositionId, Position>()
  /** Since when each owns a part of it, epoch ms. */
  private readonly ownedSince = new Map<PositionId, number>()
  private readonly allowances = new Map<PositionId, number>()
  private state: HoldingState
  /** Since when neither our orders nor our positions change it, epoch ms. */
  private quietAt: number
  /** When it last changed by what we executed, epoch ms. */
  private executedAt = -Infinity
  private restoredAt = -Infinity
  private answeredAt = -Infinity
  /** It is on the other side of zero. */
  isOversold = false
  private isShort = false
  /** Since when it is, epoch ms. */
  private shortSince = Infinity
  private isUnknownReported = false
  /** Nothing has happened since a report granted all that there is: the same again changes nothing. */
  private isSettled = false

  constructor(key: HoldingKey, now: number) {
    this.key = key
    this.state = unknownHolding(now)
    this.quietAt = now
  }

  /** The exit whose evidence the holding is at the moment. */
  get lockedBy(): PositionId | undefined {
    return this.lockHolder
  }

  /** The holding is the evidence for this exit from now on; `heldBefore` units are held, as of `at`. */
  lock(id: PositionId, heldBefore: number, at: number): void {
    this.lockHolder = id
    this.low = { quantity: heldBefore, at }
  }

  unlock(): void {
    this.lockHolder = undefined
    this.low = undefined
  }

  /** Takes a position in; it may close what the next report grants it. Gives how much came with it. */
  own(position: Position, now: number): number {
    const before = this.owners.get(position.id)?.quantity ?? 0
    const came = leftOf(position.quantity, before)
    if (this.low !== undefined) this.low = { ...this.low, quantity: sum(this.low.quantity, came) }
    this.cameAt = now
    this.owners.set(position.id, position)
    this.ownedSince.set(position.id, now)
    this.named(now)
    this.allowances.delete(position.id)
    this.quietAt = now
    this.isSettled = false
    return came
  }

  private named(now: number): void {
    this.namedAt = now
    this.clean = undefined
  }

  /** Lets go of a position; `left` units of it stay at the venue. */
  disown(id: PositionId, { left, now }: { left: number; now: number }): void {
    if (!this.owners.delete(id)) return
    if (left > 0) this.named(now)
    this.clean = undefined
    this.ownedSince.delete(id)
    this.allowances.delete(id)
    this.quietAt = now
    this.isSettled = false
    if (this.lockHolder === id) this.unlock()
  }

  /** A position is released, and an order of it may still be executed. */
  retain(name: string, share: () => Share, now: number): void {
    this.retained.set(name, share)
    this.named(now)
    this.quietAt = now
    this.isSettled = false
  }

  /** Units that orders of released positions may still execute. */
  get besides(): number {
    return [...this.retained.values()].map(share => share().underWay).reduce(sum, 0)
  }

  /** That order is over. */
  letGo(name: string, now: number): void {
    this.retained.delete(name)
    this.named(now)
    this.quietAt = now
    this.isSettled = false
  }

  /** Less is held than is owned, by the last report; orders under way may explain it. */
  isMissing = false

  get isShared(): boolean {
    return this.owners.size + this.retained.size > 1
  }

  get isEmpty(): boolean {
    return this.owners.size + this.retained.size === 0
  }

  get quietSince(): number {
    return this.quietAt
  }

  /** Whether it must be asked for by name: it is not known, or says too little. */
  get isInDoubt(): boolean {
    // Asked in every cycle of every holding.
    if (this.isSettled) return false
    return (
      this.isShort ||
      this.state.known === undefined ||
      [...this.owners.keys()].some(id => !this.allowances.has(id))
    )
  }

  /** Since when no question was answered, epoch ms; null while the last one was. */
  get unknownSince(): number | null {
    return this.state.unknownSince
  }

  /** Signed units by the last report, as of when (epoch ms), and whether by name; undefined: no report yet. */
  get known(): HoldingState['known'] {
    return this.state.known
  }

  /** How long, ms, it has not been known, where that is at least `mostMs` and not reported yet. */
  unknown(now: number, mostMs: number): number | undefined {
    const { unknownSince } = this.state
    if (unknownSince === null) this.isUnknownReported = false
    if (unknownSince === null || this.isUnknownReported) return undefined
    const forMs = now - unknownSince
    if (forMs < mostMs) return undefined
    this.isUnknownReported = true
    return forMs
  }

  /** The positions that own it. */
  ids(): Iterable<PositionId> {
    return this.owners.keys()
  }

  /** What is known of it is in doubt: no position may close anything before the next report. */
  grantNothing(): void {
    this.allowances.clear()
    this.isWhole = false
    this.isSettled = false
  }

  allowance(id: PositionId): number | undefined {
    return this.allowances.get(id)
  }

  /** The last answers by name, all alike, and when the last one came. */
  get answered(): Answered {
    return { named: this.state.named, answeredAt: this.answeredAt }
  }

  /** What is held in the direction of its positions. */
  held(side: Position['side']): Held | undefined {
    return heldOf(this.state, side)
  }

  /** A process that died at `now` or before may have executed what no report shows yet. */
  restored(now: number): void {
    this.restoredAt = now
    this.isSettled = false
  }

  /** An exit executed that much more, or its order began to work or ended. */
  changed(id: PositionId, { executed, now }: { executed: number; now: number }): void {
    this.quietAt = now
    this.isSettled = false
    if (executed <= 0) return
    this.executedAt = now
    this.owned = leftOf(this.owned, executed)
    const { clean } = this
    if (clean !== undefined) this.clean = { ...clean, owned: leftOf(clean.owned, executed) }
    const allowance = this.allowances.get(id)
    if (allowance === undefined) return
    this.allowances.set(id, leftOf(allowance, executed))
  }

  /** Takes a report; gives what each position has lost by it. */
  take(
    report: HoldingReport,
    asked: { askedAt: number; isNamed: boolean; now: number },
    around: Surroundings,
  ): ReadonlyMap<PositionId, number> {
    const before = this.state
    if (asked.isNamed && report.kind !== 'unknown') this.answeredAt = asked.now
    this.state = reported(before, report, { ...asked, apartMs: around.apartMs })
    if (this.state.known === before.known) return NOTHING_LOST
    if (asked.isNamed) this.watchRise(around)
    if (this.isSettled && this.state.known?.quantity === before.known?.quantity) return NOTHING_LOST
    const verdict = this.judge(around)
    this.notify(verdict, around)
    return verdict.lost
  }

  /** An order is over that could have explained what the holding lacks: it did not execute that. */
  judgeAgain(around: Surroundings): void {
    if (this.state.known !== undefined) this.judge(around)
  }

  /** What rises after a lower report was bought by others; a list may only lag. */
  private watchRise({ apartMs, drifted }: Surroundings): void {
    const { lockHolder, low } = this
    const side = lockHolder === undefined ? undefined : this.owners.get(lockHolder)?.side
    if (lockHolder === undefined || low === undefined || side === undefined) return
    const { quantity, at } = heldOf(this.state, side)!
    if (quantity > low.quantity) {
      if (at >= low.at + apartMs) drifted(lockHolder, { kind: 'risen' }, at)
    } else if (quantity < low.quantity && at >= this.cameAt + apartMs) {
      this.low = { quantity, at }
    }
  }

  private judge({ mayExplain, ...around }: Surroundings): Verdict {
    const verdict = this.shareOut(around)
    const { at } = this.state.known!
    this.shortSince = verdict.isShort ? Math.min(this.shortSince, at) : Infinity
    if (verdict.lost.size === 0 || !mayExplain(this.key, { since: this.shortSince, at })) {
      return verdict
    }
    return { ...verdict, lost: NOTHING_LOST }
  }

  private shareOut({ shareOf, apartMs }: Pick<Surroundings, 'shareOf' | 'apartMs'>): Verdict {
    const released = [...this.retained.values()].map(each => each())
    const shares = [...[...this.owners.values()].map(shareOf), ...released]
    const verdict = share(this.state, shares, { quietSince: this.quietAt, apartMs })
    // A report may not show yet what we executed last: it can take away, but grant nothing.
    const { at, isNamed, quantity } = this.state.known!
    const isClean = at >= Math.max(this.executedAt, this.restoredAt) + apartMs
    if (at < this.restoredAt + apartMs) return verdict
    this.owned = shares.reduce((all, each) => sum(all, each.owned), 0)
    if (isClean && shares.every(({ underWay }) => underWay === 0)) {
      const spare = restOf(Math.abs(quantity), this.owned)
      this.clean = verdict.isWhole ? { spare, owned: this.owned } : undefined
    }
    for (const id of this.owners.keys()) {
      const most = verdict.most.get(id)!
      // Neither may a list, which can lag for longer than anything that is asked for by name, nor an
      // answer that is older than the position.
      const isTooOld = !isNamed || at < this.ownedSince.get(id)!
      if (isTooOld && !this.allowances.has(id)) continue
      const sure = verdict.sure.get(id)!
      const granted = this.allowances.get(id) ?? sure
      this.allowances.set(
        id,
        Math.min(most, isClean && isNamed ? Math.max(granted, sure) : granted),
      )
    }
    this.isShort = verdict.isShort
    this.isMissing = !verdict.isWhole
    this.spare = Math.abs(verdict.beyond)
    this.isWhole = verdict.isWhole && (isNamed || this.isWhole)
    const isGranted = isClean && isNamed && this.allowances.size === this.owners.size
    this.isSettled = isGranted && this.isWhole && !verdict.isShort && !verdict.isOversold
    return verdict
  }

  private notify(verdict: Verdict, { notify, beyond, apartMs }: Surroundings): void {
    const { quantity, at } = this.state.known!
    if (verdict.isOversold && !this.isOversold) {
      notify({ kind: 'holding-oversold', holding: this.key, quantity })
    }
    this.isOversold = verdict.isOversold
    // What we have just executed may show still: it is unowned only when it shows later too.
    if (verdict.beyond === 0 || at >= this.executedAt + apartMs) beyond(this.key, verdict.beyond)
  }
}
