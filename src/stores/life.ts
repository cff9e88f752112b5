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
