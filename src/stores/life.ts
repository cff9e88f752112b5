import type { Row, Table } from '../ports/store.ts'

/** The life of its key that a kept row says it is of; 0: an earlier release has kept none. */
export function generationIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const said: unknown = Array.isArray(value)
    ? value[1]
    : (value as Record<string, unknown>)['generation']
  return typeof said === 'number' ? said : 0
}

/**
 * Whether a row may be written: see `generation` of a row. `kept` gives the generation of the row
 * that a table has under the same key, 0 without one.
 */
export function admits({ table, value, generation }: Row, kept: (table: Table) => number): boolean {
  if (generation === undefined) return true
  if (value === undefined) return kept(table) <= generation
  const open = kept('positions')
  if (open > generation) return false
  if (table === 'closed') return kept('closed') <= generation
  return open === generation || kept('closed') < generation
}

/** Lives that are known at once; beyond them all are read again. */
const MOST_KNOWN = 100_000

/**
 * What is known of the lives in a store that this process alone writes: a ratchet is written far more
 * often than a life begins.
 */
export class KnownLives {
  private readonly read: (table: Table, key: string) => number
  private readonly known = {
    positions: new Map<string, number>(),
    closed: new Map<string, number>(),
  }

  /** `read` gives the generation of a row that is kept. */
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

  /** A row is written. */
  put({ table, key, value }: Row): void {
    if (table === 'positions' || table === 'closed') {
      this.known[table].set(key, generationIn(value))
    }
  }

  /** Nothing is known: a write has failed, or another process has written. */
  forget(): void {
    this.known.positions.clear()
    this.known.closed.clear()
  }
}
