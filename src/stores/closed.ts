import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { EndedExit, Registered } from '../ports/state-repository.ts'
import type { Row } from '../ports/store.ts'

/** What is stored of a closed position; `order` counts closed positions. */
export type ClosedRow = readonly [
  order: number,
  generation: number,
  state: Exclude<Registered['state'], 'open'>,
  position: Omit<Position, 'id'>,
  wasDoubted?: true | null,
  exited?:
    | readonly [at: number, attempts: number, executed?: number, orders?: readonly string[]]
    | null,
  former?: NonNullable<Registered['former']>,
]

/** Most rows that one commit deletes. */
const MOST_AT_ONCE = 500
const NO_RULES: Registered['rules'] = Object.freeze({})

type StoredExit = NonNullable<ClosedRow[5]>

function exitedOf({ at, attempts, executed, orders }: EndedExit): StoredExit {
  if (executed === undefined) return [at, attempts]
  return orders === undefined ? [at, attempts, executed] : [at, attempts, executed, orders]
}

const endedOf = ([at, attempts, executed, orders]: StoredExit): EndedExit => ({
  at,
  attempts,
  ...(executed !== undefined && { executed }),
  ...(orders !== undefined && { orders }),
})

/** Closed positions: one compact row each. Beyond a limit the oldest rows are deleted. */
export class ClosedRows {
  /** Generations by id, the position that closed first comes first. */
  private readonly generations = new Map<PositionId, number>()
  private readonly limit: number
  private order = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Loads the stored rows, one at each step; gives them as entries of the position table. */
  *load(rows: ReadonlyMap<string, ClosedRow>): Generator<Registered> {
    const sorted = [...rows].toSorted(([, [a]], [, [b]]) => a - b)
    this.order = sorted.at(-1)?.[1][0] ?? 0
    for (const [key, [, generation, state, position, wasDoubted, exited, former]] of sorted) {
      const id = key as PositionId
      this.generations.set(id, generation)
      yield {
        position: { ...position, id },
        rules: NO_RULES,
        generation,
        state,
        ...(wasDoubted === true && { wasDoubted }),
        ...(exited != null && { exited: endedOf(exited) }),
        ...(former !== undefined && { former }),
      }
    }
  }

  /** The row of a closed position. */
  row({ position: { id, ...position }, generation, state, ...end }: Registered): Row {
    const { wasDoubted = null, exited, former } = end
    const ended = exited === undefined ? null : exitedOf(exited)
    const kept = [wasDoubted, ended, former]
    // What is not there takes no room at the end.
    while (kept.length > 0 && kept.at(-1) == null) kept.pop()
    const value = [++this.order, generation, state, position, ...kept]
    return { table: 'closed', key: id, value, generation }
  }

  /**
   * The ids to delete once `ending` have closed too, oldest first, and their highest generation.
   */
  surplus(ending: readonly Registered[]): { ids: PositionId[]; generation: number } {
    const added = new Set(ending.map(({ position }) => position.id))
    const excess = this.generations.size + added.size - this.limit
    const ids: PositionId[] = []
    let generation = 0
    for (const [id, its] of this.generations) {
      if (ids.length >= Math.min(excess, MOST_AT_ONCE)) break
      if (added.has(id)) continue
      ids.push(id)
      generation = Math.max(generation, its)
    }
    return { ids, generation }
  }

  /** Deletions of the rows of these ids. */
  gone(ids: readonly PositionId[]): Row[] {
    return ids.map(id => ({ table: 'closed', key: id, generation: this.generations.get(id)! }))
  }

  /** Call when the written rows are durable. */
  changed(rows: readonly Registered[], forgotten: readonly PositionId[]): void {
    for (const { position, generation, state } of rows) {
      // Reinsert, so that the position that closed last comes last.
      this.generations.delete(position.id)
      if (state !== 'open') this.generations.set(position.id, generation)
    }
    for (const id of forgotten) this.generations.delete(id)
  }
}
