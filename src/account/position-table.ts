import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Registered } from '../ports/state-repository.ts'
import { AccountNames } from './account-names.ts'
import { Sides } from './sides.ts'

/** The rows of all positions that are known: the open ones, and the latest of those that are over. */
export class PositionTable extends Map<PositionId, Registered> {
  /** The open ones alone: what is over must not cost each cycle. */
  readonly open = new Map<PositionId, Registered>()
  /** Changes with each change of a row. */
  version = 0
  /** Rows as they are on disk, where what was decided since is not there yet. */
  private readonly former = new Map<PositionId, Registered>()
  private floor: number
  private readonly sides = new Sides()
  private readonly accounts = new AccountNames()

  /** `floor`: the highest generation of the ids that are not known any more. */
  constructor(rows: Iterable<readonly [PositionId, Registered]>, floor = 0) {
    super()
    this.floor = floor
    for (const [id, row] of rows) this.set(id, row)
  }

  override set(id: PositionId, row: Registered): this {
    this.version++
    this.close(id)
    if (row.state === 'open') {
      this.open.set(id, row)
      this.sides.add(row.position)
      this.accounts.add(row.position)
    }
    return super.set(id, row)
  }

  /** Takes what was decided of a position and is not durable yet: until it is, it is not shown. */
  decide(row: Registered): void {
    const { id } = row.position
    const present = this.get(id)
    if (present !== undefined && !this.former.has(id)) this.former.set(id, present)
    this.set(id, row)
  }

  /** What has become durable of a life of a position, on top of what was decided since. */
  changed(id: PositionId, generation: number, change: Partial<Registered>): void {
    const [former, row] = [this.former.get(id), this.get(id)]
    if (former?.generation === generation) this.former.set(id, { ...former, ...change })
    if (row?.state === 'open' && row.generation === generation) this.set(id, { ...row, ...change })
  }

  /** This much of a position is durable, and nothing that was decided since waits for that. */
  settled({ position: { id } }: Registered): void {
    if (this.former.delete(id)) this.version++
  }

  /** The row that may be shown outside: what is told of it outlives a kill. */
  shown(id: PositionId): Registered | undefined {
    return this.former.get(id) ?? this.get(id)
  }

  /** The rows of positions that may be shown as open. */
  *shownOpen(): Iterable<Registered> {
    for (const id of this.former.size === 0 ? this.open.keys() : this.keys()) {
      const row = this.shown(id)
      if (row?.state === 'open') yield row
    }
  }

  /** Whether a position has ended, and that is not durable yet. */
  isEnding(id: PositionId): boolean {
    return this.former.get(id)?.state === 'open' && this.get(id)?.state !== 'open'
  }

  /** The row of an open position. @throws WatchkeeperError POSITION_UNKNOWN where it is not open. */
  openRow(id: PositionId): Registered {
    const row = this.get(id)
    if (row?.state === 'open') return row
    throw new WatchkeeperError('POSITION_UNKNOWN', `no open position "${id}"`)
  }

  /** Whether this life of a position is open. */
  isOpen(id: PositionId, generation: number): boolean {
    const row = this.get(id)
    return row?.state === 'open' && row.generation === generation
  }

  override delete(id: PositionId): boolean {
    this.version++
    this.close(id)
    return super.delete(id)
  }

  /** Whether an open position names its account and this one does not, or the other way round. */
  namesAccountsUnlike(position: Pick<Position, 'account'>): boolean {
    return this.accounts.differFrom(position)
  }

  /** The open positions without an account, where others name theirs. */
  withoutAccount(): readonly PositionId[] {
    if (!this.accounts.differFrom({})) return []
    return [...this.open]
      .filter(([, { position }]) => position.account === undefined)
      .map(([id]) => id)
  }

  /** Whether an open position holds the same on the other side. */
  isOpposed(position: Position): boolean {
    return this.sides.oppose(position)
  }

  /** The generation that an id gets when it opens: one that it never had. */
  nextGeneration(id: PositionId): number {
    return (this.get(id)?.generation ?? this.floor) + 1
  }

  /** Drops ids that are over; `generation`: the highest that any of them had. */
  forget(ids: readonly PositionId[], generation: number): void {
    this.floor = Math.max(this.floor, generation)
    for (const id of ids) if (this.get(id)?.state !== 'open') this.delete(id)
  }

  private close(id: PositionId): void {
    const before = this.open.get(id)
    if (before === undefined) return
    this.open.delete(id)
    this.sides.remove(before.position)
    this.accounts.remove(before.position)
  }
}
