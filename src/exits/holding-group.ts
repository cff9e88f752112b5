import type { HoldingKey, HoldingReport } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { HoldingBalance } from './holding-balance.ts'
import { HoldingOwners } from './holding-owners.ts'
import { type Held, heldOf, reported, unknownHolding, type HoldingState } from './holding-state.ts'
import { LockHolder } from './lock-holder.ts'
import { NOTHING_LOST, share, type Share, type Verdict } from './reconcile.ts'
import { ReportReaders } from './report-readers.ts'
import { RetainedOrders } from './retained-orders.ts'
import type { Asked, Surroundings } from './surroundings.ts'
import type { Answered } from './verification.ts'

/** One holding, the positions that own it, and what each may close. Changes itself. */
export class HoldingGroup {
  readonly key: HoldingKey
  /** The exits in it that a report on it can lead on. */
  readonly readers = new ReportReaders()
  /** What is held against what its positions own. */
  readonly balance = new HoldingBalance()
  /** When positions last took units of it, or left some, epoch ms. */
  ownersChangedAt = -Infinity
  private readonly lockHolder = new LockHolder()
  private readonly retained = new RetainedOrders()
  private readonly owners = new HoldingOwners()
  private state: HoldingState
  /** Since when neither our orders nor our positions change it, epoch ms. */
  private quietAt: number
  /** When it last changed by what we executed, epoch ms. */
  private executedAt = -Infinity
  private restoredAt = -Infinity
  private answeredAt = -Infinity
  /** Since when less is held than orders under way can explain, epoch ms. */
  private shortSince = Infinity
  /** Nothing has happened since a report granted all that there is: the same again changes nothing. */
  private isSettled = false

  constructor(key: HoldingKey, now: number) {
    this.key = key
    this.state = unknownHolding(now)
    this.quietAt = now
  }

  /** The exit that holds the exclusive lock on this holding; its quantity before and after is the evidence. */
  get lockedBy(): PositionId | undefined {
    return this.lockHolder.id
  }

  /** The holding is the evidence for this exit from now on; `heldBefore` units are held, as of `at`. */
  lock(id: PositionId, heldBefore: number, at: number): void {
    this.lockHolder.take(id, heldBefore, at)
  }

  unlock(): void {
    this.lockHolder.release()
  }

  /** Takes a position in; it may close what the next report grants it. Gives how much came with it. */
  own(position: Position, now: number): number {
    const before = this.owners.position(position.id)?.quantity ?? 0
    const came = leftOf(position.quantity, before)
    this.lockHolder.came(came, now)
    this.owners.came(position, now)
    this.ownersChanged(now)
    this.stirred(now)
    return came
  }

  private ownersChanged(now: number): void {
    this.ownersChangedAt = now
    this.balance.handsChanged()
  }

  /** Our orders or positions change the holding at `now` (epoch ms): the next report is judged anew. */
  private stirred(now: number): void {
    this.quietAt = now
    this.isSettled = false
  }

  /** Lets go of a position; `left` units of it stay at the venue. */
  disown(id: PositionId, { left, now }: { left: number; now: number }): void {
    if (!this.owners.gone(id)) return
    if (left > 0) this.ownersChanged(now)
    this.balance.handsChanged()
    this.stirred(now)
    if (this.lockedBy === id) this.unlock()
  }

  /** A position is released, and an order of it may still be executed. */
  retain(name: string, share: () => Share, now: number): void {
    this.retained.add(name, share)
    this.ownersChanged(now)
    this.stirred(now)
  }

  /** Units that orders of released positions may still execute. */
  get retainedUnits(): number {
    return this.retained.underWay
  }

  /** That order is over. */
  letGo(name: string, now: number): void {
    this.retained.remove(name)
    this.ownersChanged(now)
    this.stirred(now)
  }

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
    return this.balance.isShort || this.state.known === undefined || !this.owners.areGranted
  }

  /** Since when no question was answered, epoch ms; null while the last one was. */
  get unknownSince(): number | null {
    return this.state.unknownSince
  }

  /** Signed units by the last report, as of when (epoch ms), and whether by name; undefined: no report yet. */
  get known(): HoldingState['known'] {
    return this.state.known
  }

  /** The positions that own it. */
  ids(): Iterable<PositionId> {
    return this.owners.ids()
  }

  /** What is known of it is in doubt: no position may close anything before the next report. */
  grantNothing(): void {
    this.owners.grantNothing()
    this.balance.isWhole = false
    this.isSettled = false
  }

  allowance(id: PositionId): number | undefined {
    return this.owners.allowance(id)
  }

  /** The last answers by name, all alike, and when the last one came. */
  get answered(): Answered {
    return { byName: this.state.byName, answeredAt: this.answeredAt }
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
    this.stirred(now)
    if (executed <= 0) return
    this.executedAt = now
    this.balance.executed(executed)
    this.owners.executed(id, executed)
  }

  /** Takes a report; gives what each position has lost by it. */
  take(report: HoldingReport, asked: Asked, around: Surroundings): ReadonlyMap<PositionId, number> {
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

  /** A rise was bought by others: the exit that holds the lock must not mistake it. */
  private watchRise({ apartMs, drifted }: Surroundings): void {
    const { lockedBy } = this
    const side = lockedBy === undefined ? undefined : this.owners.position(lockedBy)?.side
    const held = side === undefined ? undefined : this.held(side)
    if (lockedBy === undefined || held === undefined) return
    if (this.lockHolder.isRise(held, apartMs)) drifted(lockedBy, { kind: 'risen' }, held.at)
    else this.lockHolder.observe(held, apartMs)
  }

  private judge({ followOverOrders, mayExplain, ...around }: Surroundings): Verdict {
    const verdict = this.shareOut(around)
    const { at } = this.state.known!
    this.shortSince = verdict.isShort ? Math.min(this.shortSince, at) : Infinity
    if (verdict.lost.size === 0) return verdict
    followOverOrders(at)
    const isExplained = mayExplain(this.key, { since: this.shortSince, at })
    return isExplained ? { ...verdict, lost: NOTHING_LOST } : verdict
  }

  private shareOut({ shareOf, apartMs }: Pick<Surroundings, 'shareOf' | 'apartMs'>): Verdict {
    const shares = [...this.owners.positions().map(shareOf), ...this.retained.shares()]
    const verdict = share(this.state, shares, { quietSince: this.quietAt, apartMs })
    // A report may not show yet what we executed last: it can take away, but grant nothing.
    const { at, isNamed, quantity } = this.state.known!
    const isClean = at >= Math.max(this.executedAt, this.restoredAt) + apartMs
    if (at < this.restoredAt + apartMs) return verdict
    this.balance.judged(verdict, { shares, quantity, isNamed, isClean })
    this.owners.judged(verdict, { at, isNamed, isClean })
    const isGranted = isClean && isNamed && this.owners.areGranted
    this.isSettled = isGranted && this.balance.isWhole && !verdict.isShort && !verdict.isOversold
    return verdict
  }

  private notify(verdict: Verdict, { notify, beyond, apartMs }: Surroundings): void {
    const { quantity, at } = this.state.known!
    if (verdict.isOversold && !this.balance.isOversold) {
      notify({ kind: 'holding-oversold', holding: this.key, quantity })
    }
    this.balance.isOversold = verdict.isOversold
    // What we have just executed may show still: it is unowned only when it shows later too.
    if (verdict.beyond === 0 || at >= this.executedAt + apartMs) beyond(this.key, verdict.beyond)
  }
}
