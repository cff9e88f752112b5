import assert from 'node:assert/strict'
import { WatchkeeperError } from '../errors.ts'
import type { StoreCase, StorePlace } from './store-case.ts'
import { GENERATION_CASES } from './store-contract-generations.ts'
import { JOURNAL_CASES } from './store-contract-journal.ts'

const LEASE_MS = 60_000
const FOREVER = { keep: Infinity, olderThan: 0 }
const row = { table: 'exits', key: 'a', value: 1 } as const

/** A value that no store can keep. */
const unkept = {
  get count(): never {
    throw new Error('this cannot be kept')
  },
}

const codeOf = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'no error',
    (error: unknown) => (error instanceof WatchkeeperError ? error.code : String(error)),
  )

const OWNERSHIP_CASES: readonly StoreCase[] = [
  {
    name: 'ownership: refuses a second owner, and its writes',
    async run({ store, other }) {
      assert.equal(await codeOf(other.claim('other', LEASE_MS)), 'STORE_OWNED')
      assert.equal(await codeOf(other.write({ rows: [row] })), 'FENCED')
      assert.equal(await codeOf(other.prune(FOREVER)), 'FENCED')
      await store.write({ rows: [row] })
      assert.equal((await other.rows('exits')).size, 1)
    },
  },
  {
    name: 'ownership: lets the owner claim again',
    async run({ store }) {
      await store.claim('owner', LEASE_MS)
      await store.write({ rows: [row] })
    },
  },
  {
    name: 'ownership: fences an owner that was considered dead, and stores none of its writes',
    async run({ store, other, place }) {
      await place.killOwner(LEASE_MS)
      await other.claim('other', LEASE_MS)
      const line = { at: 1, kind: 'note' }
      assert.equal(await codeOf(store.write({ rows: [row], lines: [line] })), 'FENCED')
      assert.equal((await other.rows('exits')).size, 0)
      assert.deepEqual(await other.journal({ after: 0, limit: 9 }), [])
      assert.equal(await codeOf(store.claim('owner', LEASE_MS)), 'STORE_OWNED')
      await other.write({ rows: [row] })
    },
  },
  {
    name: 'ownership: is free once its owner has closed it, and not once another process has',
    async run({ store, other, place }) {
      await (await place.attach()).close()
      assert.equal(await codeOf(other.claim('other', LEASE_MS)), 'STORE_OWNED')
      await store.close()
      await other.claim('other', LEASE_MS)
    },
  },
]

const ROW_CASES: readonly StoreCase[] = [
  {
    name: 'rows: stores nothing of a batch that cannot be stored as a whole',
    async run({ store }) {
      const rows = [
        { table: 'exits', key: 'a', value: 1 },
        { table: 'exits', key: 'b', value: unkept },
      ] as const
      const write = store.write({ rows, lines: [{ at: 1, kind: 'note' }] })
      assert.notEqual(await codeOf(write), 'no error')
      assert.equal((await store.rows('exits')).size, 0)
      const [line] = await store.write({ lines: [{ at: 1, kind: 'note' }] })
      assert.equal(line!.seq, 1)
    },
  },
  {
    name: 'rows: returns what was written, table by table',
    async run({ store }) {
      await store.write({
        rows: [
          { table: 'positions', key: 'a', value: { quantity: 1.5 } },
          { table: 'positions', key: 'b', value: ['x'] },
          { table: 'ratchets', key: 'a', value: { best: 7 } },
        ],
      })
      assert.deepEqual(
        [...(await store.rows('positions'))],
        [
          ['a', { quantity: 1.5 }],
          ['b', ['x']],
        ],
      )
      assert.deepEqual([...(await store.rows('ratchets'))], [['a', { best: 7 }]])
      assert.equal((await store.rows('exits')).size, 0)
    },
  },
  {
    name: 'rows: replaces and deletes rows',
    async run({ store }) {
      await store.write({ rows: [{ table: 'exits', key: 'a', value: 1 }] })
      await store.write({ rows: [{ table: 'exits', key: 'a', value: 2 }] })
      assert.deepEqual([...(await store.rows('exits'))], [['a', 2]])
      await store.write({
        rows: [
          { table: 'exits', key: 'a' },
          { table: 'exits', key: 'never' },
        ],
      })
      assert.equal((await store.rows('exits')).size, 0)
    },
  },
  {
    name: 'rows: stores a copy of a row',
    async run({ store }) {
      const value = { best: 1 }
      await store.write({ rows: [{ table: 'ratchets', key: 'a', value }] })
      value.best = 2
      assert.deepEqual((await store.rows('ratchets')).get('a'), { best: 1 })
    },
  },
]

/** Every promise of a store. */
export const STORE_CASES: readonly StoreCase[] = [
  ...OWNERSHIP_CASES,
  ...ROW_CASES,
  ...GENERATION_CASES,
  ...JOURNAL_CASES,
]

/** Runs one promise in a place of its own. Throws where it is broken. */
export async function runStoreCase({ run }: StoreCase, place: StorePlace): Promise<void> {
  const store = await place.attach()
  const other = await place.attach()
  try {
    await store.claim('owner', LEASE_MS)
    await run({ place, store, other })
  } finally {
    await other.close()
    await store.close()
    await place.close?.()
  }
}
