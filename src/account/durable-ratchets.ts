import type { PositionId } from '../domain/ids.ts'
import { signOf, type Position } from '../domain/position.ts'
import { bestSince, type StoredExtremes } from '../domain/stored-extremes.ts'
import type { KeptRatchet } from '../ports/state-repository.ts'
import type { AccountChange } from './write-queue.ts'

/** Ratchets as they are on disk: rows of positions, and rows of extremes that these refer to. */
export class DurableRatchets {
  private readonly rows: Map<PositionId, KeptRatchet>
  private readonly extremes: Map<string, StoredExtremes>
  /** Rows that refer to a series, by its number. */
  private readonly references = new Map<string, number>()
  /** Series that no row refers to any more. */
  private readonly unused = new Set<string>()

  /** Takes what an earlier process has left. */
  constructor(
    rows: Iterable<readonly [PositionId, KeptRatchet]> = [],
    extremes: Iterable<readonly [string, StoredExtremes]> = [],
  ) {
    this.rows = new Map(rows)
    this.extremes = new Map(extremes)
    for (const row of this.rows.values()) this.refer(row, 1)
    for (const series of this.extremes.keys()) {
      if (!this.references.has(series)) this.unused.add(series)
    }
  }

  get(id: PositionId): KeptRatchet | undefined {
    return this.rows.get(id)
  }

  /** All rows of extremes by the numbers of their series. */
  allExtremes(): ReadonlyMap<string, StoredExtremes> {
    return this.extremes
  }

  /** The best price that a new process would start from; undefined where the position has no row. */
  best({ id, side }: Pick<Position, 'id' | 'side'>): number | undefined {
    const row = this.rows.get(id)
    if (row === undefined) return undefined
    const extremes = row.series === undefined ? undefined : this.extremes.get(String(row.series))
    if (extremes === undefined) return row.best
    const sign = signOf(side)
    return sign * Math.max(sign * row.best, bestSince(extremes, row.mark ?? Infinity, sign))
  }

  /** Records a change that is on disk. `generationOf` gives the generation of a position's present row. */
  written(
    {
      ratchets,
      extremes,
      register = [],
    }: Pick<AccountChange, 'ratchets' | 'extremes' | 'register'>,
    generationOf: (id: PositionId) => number | undefined,
  ): void {
    for (const [series, row] of extremes ?? []) {
      if (row === undefined) this.extremes.delete(series)
      else this.extremes.set(series, row)
    }
    for (const [id, ratchet] of ratchets ?? []) {
      // The store ignores a ratchet of an earlier generation.
      if (generationOf(id) === ratchet.generation) this.set(id, ratchet)
    }
    for (const { position, state, generation } of register) {
      const { id } = position
      const ofRow = this.rows.get(id)?.generation ?? generation
      if (state !== 'open' || ofRow < generation) this.delete(id)
    }
  }

  private set(id: PositionId, row: KeptRatchet): void {
    this.delete(id)
    this.rows.set(id, row)
    this.refer(row, 1)
  }

  private delete(id: PositionId): void {
    const row = this.rows.get(id)
    if (row === undefined) return
    this.rows.delete(id)
    this.refer(row, -1)
  }

  /**
   * Takes the series whose rows can be deleted. Call it only while no ratchet row waits for its commit: a waiting
   * row might refer to one of them.
   */
  takeUnused(): string[] {
    if (this.unused.size === 0) return []
    const gone = [...this.unused].filter(series => this.extremes.has(series))
    this.unused.clear()
    return gone
  }

  private refer({ series }: KeptRatchet, by: 1 | -1): void {
    if (series === undefined) return
    const name = String(series)
    const count = (this.references.get(name) ?? 0) + by
    if (count > 0) {
      this.references.set(name, count)
      this.unused.delete(name)
    } else {
      this.references.delete(name)
      this.unused.add(name)
    }
  }
}
