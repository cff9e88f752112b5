import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { Registered } from '../ports/keeper.ts'
import { Sides } from './sides.ts'

/** The rows of all positions that are known: the open ones, and the latest of those that are over. */
export class Register extends Map<PositionId, Registered> {
  /** The open ones alone: what is over must not cost each cycle. */
  readonly open = new Map<PositionId, Registered>()
  /** Changes with each change of a row. */
  version = 0
  private floor: number
  private readonly sides = new Sides()

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
    }
    return super.set(id, row)
  }

  override delete(id: PositionId): boolean {
    this.version++
    this.close(id)
    return super.delete(id)
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
  }
}
