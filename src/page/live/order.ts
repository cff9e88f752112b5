import { distance, STATE } from './figures.ts'
import type { LiveStore, Row } from './store.ts'

export const GROUPINGS = ['none', 'account', 'instrument', 'state'] as const
export type Grouping = (typeof GROUPINGS)[number]

/** A line of the list: a position, or the head of a group. */
export type Line =
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'head'; readonly name: string; readonly count: number }

/** Settings of the list: words that must all occur, and the grouping. */
export interface Choice {
  readonly filter: string
  readonly grouping: Grouping
}

/**
 * The lines of the list: positions in trouble first, then the nearest to its stop. A position with
 * an unknown distance comes before all others: a person should check it. `last`: the lines of the
 * same choice before; the same lines again where the order is still theirs.
 */
export function linesOf(
  store: LiveStore,
  { filter, grouping }: Choice,
  last: readonly Line[] = [],
): readonly Line[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  const rows: Row[] = []
  const keys = new Map<Row, number>()
  const take = (row: Row): void => {
    if (keys.has(row) || (words.length > 0 && !matches(store, row, words))) return
    rows.push(row)
    keys.set(row, keyOf(store, row))
  }
  // The former order is almost the present one: a sort of that takes little more than one comparison a row.
  for (const line of last) {
    if (line.kind === 'row' && store.rows.get(line.row.row) === line.row) take(line.row)
  }
  for (const row of store.rows.values()) take(row)
  rows.sort((a, b) => keys.get(a)! - keys.get(b)! || a.row - b.row)
  if (grouping !== 'none') return grouped(store, rows, grouping)
  const isSame =
    rows.length === last.length &&
    last.every((line, index) => line.kind === 'row' && line.row === rows[index])
  return isSame ? last : rows.map(row => ({ kind: 'row', row }))
}

function matches(store: LiveStore, row: Row, words: readonly string[]): boolean {
  const { instrument } = store.series[row.series]!
  const { account, underlying } = row
  const text = [row.id, instrument, account, underlying, row.side, row.levels[STATE], row.levels[7]]
    .join(' ')
    .toLowerCase()
  return words.every(word => text.includes(word))
}

/** Smaller is nearer to the top. */
function keyOf(store: LiveStore, row: Row): number {
  const rank = row.levels[STATE] === 'unguarded' ? -2e9 : row.levels[STATE] === 'exiting' ? -1e9 : 0
  return rank + (distance(row, store.series[row.series]!.price) ?? -1e6)
}

function grouped(store: LiveStore, rows: readonly Row[], grouping: Grouping): Line[] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const name = groupName(store, row, grouping)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [row])
    else group.push(row)
  }
  return [...groups].flatMap(([name, group]): Line[] => [
    { kind: 'head', name, count: group.length },
    ...group.map((row): Line => ({ kind: 'row', row })),
  ])
}

function groupName(store: LiveStore, row: Row, grouping: Grouping): string {
  switch (grouping) {
    case 'none':
      return ''
    case 'account':
      return row.account ?? 'no account'
    case 'instrument':
      return store.series[row.series]!.instrument
    case 'state':
      return row.levels[STATE]
  }
}
