import type { HoldingKey } from '../domain/holding.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { ClosedHoldings } from './closed-holdings.ts'
import type { HoldingReader } from './holding-reader.ts'
import { holdingKeyOf, type HoldingModel } from './holding-state.ts'
import type { Notice } from './notices.ts'
import { Unowned, type Adoption, type UnownedHolding } from './unowned.ts'

interface OutsideOptions {
  readonly model: HoldingModel
  readonly adopt: Adoption
  readonly reader: HoldingReader
  /** How long a venue may show what was before, ms. */
  readonly apartMs: number
  notify(notice: Notice): void
}

/**
 * What an account holds, or owes, outside its open positions: units that no position owns, and what orders of
 * closed positions left behind. Changes itself.
 */
export class OutsideHoldings {
  private readonly options: OutsideOptions
  private readonly beyond: Unowned
  private readonly closed: ClosedHoldings

  constructor(options: OutsideOptions) {
    const { adopt, notify } = options
    this.options = options
    this.beyond = new Unowned(adopt, notify)
    this.closed = new ClosedHoldings(notify)
  }

  /** What the account holds beyond all positions. */
  unowned(): readonly UnownedHolding[] {
    return this.beyond.all()
  }

  /** Every position of the account is known from now on. */
  begin(): void {
    this.beyond.begin()
  }

  /** Holdings without a position that are on the wrong side of zero. */
  oversold(): readonly HoldingKey[] {
    return this.closed.oversold()
  }

  /** Holdings of positions closed by an earlier process that were not read since the start. */
  notRead(): readonly HoldingKey[] {
    return this.closed.notRead()
  }

  /** A list of all holdings was read. */
  listed(): void {
    this.closed.listed()
  }

  /** The holdings that a list of all holdings must have, or that must be asked for by name. */
  keys(): readonly HoldingKey[] {
    return [...this.beyond.all().map(({ key }) => key), ...this.closed.oversold()]
  }

  /** A position takes a part of its holding at `now` (epoch ms). */
  taken(key: HoldingKey, { id, side }: Position, now: number): void {
    this.beyond.owned(key, id, now)
    this.closed.owned(key, side)
  }

  /** So many units that were a position's are unowned on purpose. */
  release(key: HoldingKey, id: PositionId, units: number): void {
    this.beyond.release(key, id, units)
  }

  /** No position names a holding any more that was on the wrong side at the last report: it stays so. */
  inherit(key: HoldingKey): void {
    this.closed.inherit(key)
  }

  /**
   * Orders of ours closed a position at `now` (epoch ms); another one may be executed later. Comes before
   * the position leaves its holding.
   */
  closedByOrders(position: Position, now: number): void {
    const { side, quantity } = position
    this.closed.remember(holdingKeyOf(position, this.options.model), { side, quantity, now })
  }

  /** The same of an earlier process, which may have ended before it learned of that order. */
  closedByEarlierProcess(position: Position, now: number): void {
    this.closedByOrders(position, now)
    this.closed.missed(holdingKeyOf(position, this.options.model))
  }

  /** Takes a report on units of a holding that no position names: an order of ours may have left them. */
  check(holding: UnownedHolding): void {
    const { key, since } = holding
    const { reader, apartMs } = this.options
    const quantity = reader.unowned(key, reader.units(key, holding.quantity))
    // An answer as of a time before our last fill shows: what it calls unowned may be what was sold.
    const isOld = since < this.closed.closedAt(key) + apartMs
    this.closed.observe(key, quantity, since)
    const isOurs = this.closed.isOversold(key)
    if (isOld && !isOurs && quantity !== 0) return
    this.beyond.update({ ...holding, quantity: isOurs ? 0 : quantity })
  }

  /** So many signed units of a holding are more than its positions own, as of `since` (epoch ms). */
  update(key: HoldingKey, units: number, since: number): void {
    this.beyond.update({ key, quantity: this.options.reader.unowned(key, units), since })
  }
}
