import { FRESH } from '../domain/fresh.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { WatchkeeperError } from '../errors.ts'
import { endedExitOf } from '../exits/past-orders.ts'
import { hasSent, type ExitRecord } from '../exits/record.ts'
import type { Ended, EndedExit, Registered } from '../ports/state-repository.ts'
import { AccountNames } from './account-names.ts'
import { Sides } from './sides.ts'

/** How a position closed; `executed`: units by the last fill. */
type Closed = Ended & { readonly executed?: number }

/** The rows of all known positions: the open ones, and the last closed ones. */
export class PositionTable {
  private readonly rows = new Map<PositionId, Registered>()
  /** Only the open ones: closed positions must not slow down each cycle. */
  readonly open = new Map<PositionId, Registered>()
  /** The open ones that are to have no monitor: refused by their first price, or observed to be exited. */
  readonly unwatched = new Map<PositionId, Registered>()
  /** Ids whose rows have changed since a reader cleared this. */
  readonly touched = new Set<PositionId>()
  /** Rows as they are on disk, of the positions alone whose present row is not durable yet. */
  private readonly lastSaved = new Map<PositionId, Registered>()
  private floor: number
  private readonly sides = new Sides()
  private readonly accounts = new AccountNames()

  /** `floor`: the highest generation of any forgotten id. */
  constructor(rows: Iterable<readonly [PositionId, Registered]>, floor = 0) {
    this.floor = floor
    for (const [, row] of rows) this.put(row)
  }

  get size(): number {
    return this.rows.size
  }

  get(id: PositionId): Registered | undefined {
    return this.rows.get(id)
  }

  /** Every row, in the order in which their ids came. */
  values(): Iterable<Registered> {
    return this.rows.values()
  }

  /** Sets a row that is durable: outside readers see it at once. */
  put(row: Registered): void {
    this.set(row)
  }

  private set(row: Registered): void {
    const { id } = row.position
    this.touched.add(id)
    this.drop(id)
    if (row.state === 'open') {
      this.open.set(id, row)
      if (row.entry?.kind === 'refused' || row.observed !== undefined) this.unwatched.set(id, row)
      this.sides.add(row.position)
      this.accounts.add(row.position)
    }
    this.rows.set(id, row)
  }

  /** Closes a position by an exit, as far as the exit is known; with `price` where an order of it was executed. */
  close(row: Registered, exit: ExitRecord | undefined, ended: Closed): void {
    this.setUnsaved(closedRow(row, exit, ended))
  }

  /** Removes units of a position that were closed elsewhere. */
  shrink(row: Registered, lost: number): void {
    const { quantity } = row.position
    const position = { ...row.position, quantity: leftOf(quantity, lost) }
    this.setUnsaved({ ...row, position, addedQuantity: row.addedQuantity ?? quantity })
  }

  /** Records an exit that was decided and is not sent (`mode: observe`). */
  observe(row: Registered, observed: NonNullable<Registered['observed']>): void {
    this.setUnsaved({ ...row, observed })
  }

  /** Guards a position again whose exit was only observed; returns its row. */
  watchAgain({ observed: _over, ...row }: Registered): Registered {
    this.setUnsaved(row)
    return row
  }

  /** Sets the instruments whose first price is awaited; none: the position has passed its test. */
  awaitPrices({ entry: _before, ...row }: Registered, of: readonly InstrumentId[]): void {
    this.setUnsaved(of.length === 0 ? row : { ...row, entry: { kind: 'awaits-price', of } })
  }

  /** Refuses a position that its first price would have exited at once; `at`: epoch ms. */
  refuseEntry(row: Registered, why: string, at: number): void {
    this.setUnsaved({ ...row, entry: { kind: 'refused', why, at } })
  }

  /** Applies a change to the row of a position; returns whether there was one. */
  update(id: PositionId, change: (row: Registered) => Registered | undefined): boolean {
    const row = this.rows.get(id)
    const next = row && change(row)
    if (next !== undefined) this.setUnsaved(next)
    return next !== undefined
  }

  /** Sets a row that is not durable yet: until it is, outside readers see the durable one. */
  private setUnsaved(row: Registered): void {
    const { id } = row.position
    const present = this.rows.get(id)
    if (present !== undefined && !this.lastSaved.has(id)) this.lastSaved.set(id, present)
    this.set(row)
  }

  /** Applies a change that is durable to a generation of a position, without undoing later changes that are not. */
  changed(id: PositionId, generation: number, change: Partial<Registered>): void {
    const [saved, row] = [this.lastSaved.get(id), this.get(id)]
    if (saved?.generation === generation) this.lastSaved.set(id, { ...saved, ...change })
    if (row?.state === 'open' && row.generation === generation) this.set({ ...row, ...change })
  }

  /** The present row of a position is durable. */
  saved({ position: { id } }: Registered): void {
    if (this.lastSaved.delete(id)) this.touched.add(id)
  }

  /** The row that may be shown outside: as it is on disk. */
  shown(id: PositionId): Registered | undefined {
    return this.lastSaved.get(id) ?? this.get(id)
  }

  /** The rows of positions that may be shown as open. */
  *shownOpen(): Iterable<Registered> {
    if (this.lastSaved.size === 0) {
      yield* this.open.values()
      return
    }
    for (const id of this.rows.keys()) {
      const row = this.shown(id)
      if (row?.state === 'open') yield row
    }
  }

  /** Whether a position has ended, and that is not durable yet. */
  isEnding(id: PositionId): boolean {
    return this.lastSaved.get(id)?.state === 'open' && this.get(id)?.state !== 'open'
  }

  /** The row of an open position. @throws WatchkeeperError POSITION_UNKNOWN where it is not open. */
  openRow(id: PositionId): Registered {
    const row = this.get(id)
    if (row?.state === 'open') return row
    throw new WatchkeeperError('POSITION_UNKNOWN', `no open position "${id}"`)
  }

  /** Whether this generation of a position is open. */
  isOpen(id: PositionId, generation: number): boolean {
    const row = this.get(id)
    return row?.state === 'open' && row.generation === generation
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

  /** The generation that an id gets when it opens: one that it has never had. */
  nextGeneration(id: PositionId): number {
    return (this.get(id)?.generation ?? this.floor) + 1
  }

  /** Forgets closed ids; `generation`: the highest generation of any of them. */
  forget(ids: readonly PositionId[], generation: number): void {
    this.floor = Math.max(this.floor, generation)
    for (const id of ids) {
      if (this.get(id)?.state === 'open') continue
      this.touched.add(id)
      this.rows.delete(id)
    }
  }

  private drop(id: PositionId): void {
    const before = this.open.get(id)
    if (before === undefined) return
    this.open.delete(id)
    this.unwatched.delete(id)
    this.sides.remove(before.position)
    this.accounts.remove(before.position)
  }
}

/**
 * The row of a position that has closed by an exit, as far as the exit is known. With a price, an order of it was
 * executed, even if the known exit is older.
 */
function closedRow(
  row: Registered,
  exit: ExitRecord | undefined,
  { at, by, price, executed = 0 }: Closed,
): Registered {
  const reason = exit?.decision.reason ?? by
  const isSent = exit !== undefined && (price !== undefined || hasSent(exit))
  return {
    ...FRESH,
    ...row,
    state: 'closed',
    ended: { at, by: reason, ...(price !== undefined && { price }) },
    ...(exit?.wasDoubted === true && { wasDoubted: true }),
    ...(isSent && { exited: exitedWith(exit, { at, executed }) }),
  }
}

/** The stored part of an exit whose orders have executed at least `executed` units. */
function exitedWith(
  exit: ExitRecord,
  { at, executed }: { at: number; executed: number },
): EndedExit {
  const ended = endedExitOf(exit, at)
  return { ...ended, executed: Math.max(ended.executed, executed) }
}
