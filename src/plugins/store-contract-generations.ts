import assert from 'node:assert/strict'
import type { Row, Store, Table } from '../ports/store.ts'
import type { StoreCase } from './store-case.ts'

type Shown = Partial<Record<Table, unknown>>

const OF_POSITIONS = ['positions', 'ratchets', 'exits'] as const

const row = (table: Table, generation: number, note = ''): Row => {
  const value = table === 'closed' ? [1, generation, note] : { generation, note }
  return { table, key: 'p', value, generation }
}
const without = (table: Table, generation: number): Row => ({ table, key: 'p', generation })
const opened = (generation: number): Row[] => [
  row('positions', generation),
  ...(['closed', 'ratchets', 'exits'] as const).map(table => without(table, generation - 1)),
]
const closed = (generation: number): Row[] => [
  row('closed', generation),
  ...OF_POSITIONS.map(table => without(table, generation)),
]

/** The generation that each table shows. */
async function shown(store: Store): Promise<Shown> {
  const found: [Table, unknown][] = []
  for (const table of [...OF_POSITIONS, 'closed'] as const) {
    const value = (await store.rows<Record<string, unknown> | unknown[]>(table)).get('p')
    if (value !== undefined) {
      found.push([table, Array.isArray(value) ? value[1] : value['generation']])
    }
  }
  return Object.fromEntries(found)
}

/** What a store promises of rows that belong to a generation of a position. */
export const GENERATION_CASES: readonly StoreCase[] = [
  {
    name: 'generations: ignore the end of a generation that is written after the start of the next one',
    async run({ store }) {
      await store.write({ rows: opened(1) })
      await store.write({ rows: [...opened(2), row('ratchets', 2), row('exits', 2)] })
      await store.write({ rows: closed(1) })
      const { closed: _passedOver, ...open } = await shown(store)
      assert.deepEqual(open, { positions: 2, ratchets: 2, exits: 2 })
    },
  },
  {
    name: 'generations: are not replaced by rows of an earlier one, also after their end',
    async run({ store }) {
      await store.write({ rows: [...opened(3), row('ratchets', 3)] })
      await store.write({ rows: OF_POSITIONS.map(table => row(table, 2)) })
      assert.deepEqual(await shown(store), { positions: 3, ratchets: 3 })
      await store.write({ rows: closed(3) })
      await store.write({ rows: [...OF_POSITIONS.map(table => row(table, 2)), row('closed', 2)] })
      await store.write({ rows: [without('closed', 2)] })
      assert.deepEqual(await shown(store), { closed: 3 })
    },
  },
  {
    name: 'generations: are not reopened by a row that is written after their end',
    async run({ store }) {
      await store.write({ rows: opened(1) })
      await store.write({ rows: closed(1) })
      await store.write({
        rows: [...OF_POSITIONS.map(table => row(table, 1)), without('closed', 0)],
      })
      assert.deepEqual(await shown(store), { closed: 1 })
    },
  },
  {
    name: 'generations: follow each other within one batch, and delete what the earlier one left',
    async run({ store }) {
      await store.write({ rows: [...opened(1), row('ratchets', 1), row('exits', 1)] })
      await store.write({ rows: [row('exits', 1, 'late'), ...closed(1), ...opened(2)] })
      assert.deepEqual(await shown(store), { positions: 2 })
      await store.write({ rows: [row('positions', 2, 'changed'), row('ratchets', 2)] })
      assert.deepEqual(await shown(store), { positions: 2, ratchets: 2 })
    },
  },
  {
    name: 'generations: take precedence over rows of an earlier version, which have no generation',
    async run({ store }) {
      await store.write({
        rows: [
          ...opened(1),
          { table: 'ratchets', key: 'p', value: { best: 7 } },
          { table: 'exits', key: 'p', value: { state: 'intended' } },
        ],
      })
      assert.deepEqual((await store.rows('ratchets')).get('p'), { best: 7 })
      await store.write({ rows: [row('ratchets', 1), row('exits', 1)] })
      assert.deepEqual(await shown(store), { positions: 1, ratchets: 1, exits: 1 })
    },
  },
]
