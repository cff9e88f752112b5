import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'

/** One generation of a position id, as long as it is open. */
export interface OpenGeneration {
  readonly position: Position
  readonly generation: number
  /** Units of it that were not closed outside the service. */
  readonly owned: number
}

/** The open generation of each position. Changes itself. */
export class OpenGenerations {
  private readonly open = new Map<PositionId, OpenGeneration>()

  get(id: PositionId): OpenGeneration | undefined {
    return this.open.get(id)
  }

  set(generation: OpenGeneration): void {
    this.open.set(generation.position.id, generation)
  }

  delete(id: PositionId): void {
    this.open.delete(id)
  }

  /** So many units of a position were closed outside the service. */
  lose(id: PositionId, units: number): void {
    const current = this.open.get(id)
    if (current !== undefined) this.set({ ...current, owned: leftOf(current.owned, units) })
  }
}
