import type { Row, Table } from '../ports/store.ts'

/**
 * The generation that a stored row belongs to; 0 for a row of an earlier version, which stored
 * none.
 */
export function generationIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const said: unknown = Array.isArray(value)
    ? value[1]
    : (value as Record<string, unknown>)['generation']
  return typeof said === 'number' ? said : 0
}

/**
 * Whether a row may be written: see `generation` of a row. `stored` returns the generation of the
 * row that a table has under the same key, 0 without one.
 */
export function admits(
  { table, value, generation }: Row,
  stored: (table: Table) => number,
): boolean {
  if (generation === undefined) return true
  if (value === undefined) return stored(table) <= generation
  const open = stored('positions')
  if (open > generation) return false
  if (table === 'closed') return stored('closed') <= generation
  return open === generation || stored('closed') < generation
}

/** Most generations in the cache; when it is full, it is cleared. */
const MOST_KNOWN = 100_000

/**
 * Caches the generations in a store that only this process writes: a ratchet is written far more
 * often than a generation begins.
 */
export class GenerationCache {
  private readonly read: (table: Table, key: string) => number
  private readonly known = {
    positions: new Map<string, number>(),
    closed: new Map<string, number>(),
  }

  /** `read` returns the generation of a stored row. */
  constructor(read: (table: Table, key: string) => number) {
    this.read = read
  }

  of(table: Table, key: string): number {
    if (table !== 'positions' && table !== 'closed') return this.read(table, key)
    const known = this.known[table].get(key)
    if (known !== undefined) return known
    if (this.known[table].size >= MOST_KNOWN) this.known[table].clear()
    const generation = this.read(table, key)
    this.known[table].set(key, generation)
    return generation
  }

  /** Call for each row that is written. */
  put({ table, key, value }: Row): void {
    if (table === 'positions' || table === 'closed') {
      this.known[table].set(key, generationIn(value))
    }
  }

  /** Clears the cache: a write has failed, or another process has written. */
  forget(): void {
    this.known.positions.clear()
    this.known.closed.clear()
  }
}
