import type { PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { EndedExit, Registered } from '../ports/state-repository.ts'
import type { Row } from '../ports/store.ts'

/** What is kept of a position that is over; `order` counts the positions that ended. */
export type ClosedRow = readonly [
  order: number,
  generation: number,
  state: Exclude<Registered['state'], 'open'>,
  position: Omit<Position, 'id'>,
  wasDoubted?: true | null,
  exited?: readonly [at: number, attempts: number, executed?: number],
]

/** Rows that one commit forgets at most. */
const MOST_AT_ONCE = 500
const NO_RULES: Registered['rules'] = Object.freeze({})

type KeptExit = NonNullable<ClosedRow[5]>

const exitedOf = ({ at, attempts, executed }: EndedExit): KeptExit =>
  executed === undefined ? [at, attempts] : [at, attempts, executed]

const endedOf = ([at, attempts, executed]: KeptExit): EndedExit => {
  return { at, attempts, ...(executed !== undefined && { executed }) }
}

/** Positions that are over: a compact row each, the oldest of which are forgotten beyond a limit. */
export class ClosedRows {
  /** Generations, oldest end first. */
  private readonly generations = new Map<PositionId, number>()
  private readonly limit: number
  private order = 0

  constructor(limit: number) {
    this.limit = limit
  }

  /** Takes the rows as they are kept; gives them as the register has them. */
  load(rows: ReadonlyMap<string, ClosedRow>): Registered[] {
    const sorted = [...rows].toSorted(([, [a]], [, [b]]) => a - b)
    this.order = sorted.at(-1)?.[1][0] ?? 0
    return sorted.map(([key, [, generation, state, position, wasDoubted, exited]]) => {
      const id = key as PositionId
      this.generations.set(id, generation)
      return {
        position: { ...position, id },
        rules: NO_RULES,
        generation,
        state,
        ...(wasDoubted === true && { wasDoubted }),
        ...(exited !== undefined && { exited: endedOf(exited) }),
      }
    })
  }

  /** The row of a position that is over. */
  row({ position: { id, ...position }, generation, state, ...end }: Registered): Row {
    const { wasDoubted, exited } = end
    const doubted = wasDoubted === undefined && exited === undefined ? [] : [wasDoubted ?? null]
    const ended = exited === undefined ? [] : [exitedOf(exited)]
    const value = [++this.order, generation, state, position, ...doubted, ...ended]
    return { table: 'closed', key: id, value, generation }
  }

  /** The ids to forget when `ending` have ended too, oldest first, and the highest generation of them. */
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

  /** The rows of ids that are forgotten, taken away. */
  gone(ids: readonly PositionId[]): Row[] {
    return ids.map(id => ({ table: 'closed', key: id, generation: this.generations.get(id)! }))
  }

  /** What was written is durable. */
  changed(rows: readonly Registered[], forgotten: readonly PositionId[]): void {
    for (const { position, generation, state } of rows) {
      // The latest end comes last.
      this.generations.delete(position.id)
      if (state !== 'open') this.generations.set(position.id, generation)
    }
    for (const id of forgotten) this.generations.delete(id)
  }
}
