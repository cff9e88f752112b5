import type { PositionId } from '../domain/ids.ts'
import type { Registered } from '../ports/keeper.ts'

/** The rows of all positions that are known: the open ones, and the latest of those that are over. */
export class Register extends Map<PositionId, Registered> {
  /** The open ones alone: what is over must not cost each cycle. */
  readonly open = new Map<PositionId, Registered>()
  private floor: number

  /** `floor`: the highest generation of the ids that are not known any more. */
  constructor(rows: Iterable<readonly [PositionId, Registered]>, floor = 0) {
    super()
    this.floor = floor
    for (const [id, row] of rows) this.set(id, row)
  }

  override set(id: PositionId, row: Registered): this {
    if (row.state === 'open') this.open.set(id, row)
    else this.open.delete(id)
    return super.set(id, row)
  }

  override delete(id: PositionId): boolean {
    this.open.delete(id)
    return super.delete(id)
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
}
