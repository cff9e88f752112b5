import assert from 'node:assert/strict'
import type { JournalQuery } from '../ports/journal-lines.ts'
import type { NewJournalLine, Store } from '../ports/store.ts'
import type { StoreCase } from './store-case.ts'

const of = (positionId: string): NewJournalLine => ({ at: 1, kind: 'note', positionId })
const at = (ms: number): NewJournalLine => ({ at: ms, kind: 'note', positionId: 'p' })

const seqs = async (store: Store, query: Partial<JournalQuery>): Promise<number[]> =>
  (await store.journal({ after: 0, limit: 100, ...query })).map(({ seq }) => seq)

/** What a store promises of its journal. */
export const JOURNAL_CASES: readonly StoreCase[] = [
  {
    name: 'journal: numbers lines from 1 without gaps, also from several writers at once',
    async run({ store }) {
      const write = (text: string) => store.write({ lines: [{ at: 1, kind: 'note', text }] })
      const written = await Promise.all(['a', 'b', 'c'].map(write))
      assert.deepEqual(
        written.flat().map(({ seq }) => seq),
        [1, 2, 3],
      )
      const lines = await store.journal({ after: 0, limit: 10 })
      assert.deepEqual(
        lines.map(line => [line.seq, line['text']]),
        [
          [1, 'a'],
          [2, 'b'],
          [3, 'c'],
        ],
      )
    },
  },
  {
    name: 'journal: is read in pages, also for one position',
    async run({ store }) {
      await store.write({ lines: ['p', 'q', 'p', 'q', 'p', 'pp'].map(of) })
      assert.deepEqual(await seqs(store, { limit: 2 }), [1, 2])
      assert.deepEqual(await seqs(store, { after: 2, limit: 2 }), [3, 4])
      assert.deepEqual(await seqs(store, { after: 6 }), [])
      assert.deepEqual(await seqs(store, { after: 1, positionId: 'p' }), [3, 5])
      assert.deepEqual(await seqs(store, { limit: 1, positionId: 'q' }), [2])
      assert.deepEqual(await seqs(store, { positionId: 'none' }), [])
    },
  },
  {
    name: 'journal: is read from its end, oldest line first',
    async run({ store }) {
      await store.write({ lines: ['p', 'q', 'p', 'q', 'p', 'q'].map(of) })
      assert.deepEqual(await seqs(store, { last: 2 }), [5, 6])
      assert.deepEqual(await seqs(store, { last: 0 }), [])
      assert.deepEqual(await seqs(store, { last: 9, after: 3 }), [4, 5, 6])
      assert.deepEqual(await seqs(store, { last: 2, positionId: 'p' }), [3, 5])
      assert.deepEqual(await seqs(store, { last: 9, after: 3, positionId: 'p' }), [5])
    },
  },
  {
    name: 'journal: is read backwards from a line, which is left out',
    async run({ store }) {
      await store.write({ lines: ['p', 'q', 'p', 'q', 'p', 'q'].map(of) })
      assert.deepEqual(await seqs(store, { last: 2, before: 5 }), [3, 4])
      assert.deepEqual(await seqs(store, { last: 9, before: 4, after: 1 }), [2, 3])
      assert.deepEqual(await seqs(store, { before: 3 }), [1, 2])
      assert.deepEqual(await seqs(store, { last: 9, before: 1 }), [])
      assert.deepEqual(await seqs(store, { last: 1, before: 5, positionId: 'p' }), [3])
      assert.deepEqual(await seqs(store, { last: 9, before: 6, positionId: 'q' }), [2, 4])
      assert.deepEqual(await seqs(store, { before: 5, positionId: 'p' }), [1, 3])
    },
  },
  {
    name: 'journal: loses its oldest lines when their number exceeds its bound, also in the index',
    async run({ store }) {
      await store.write({ lines: ['p', 'q', 'p', 'q'].map(of) })
      assert.equal(await store.prune({ keep: 2, olderThan: 0 }), 2)
      assert.equal(await store.prune({ keep: 2, olderThan: 0 }), 0)
      assert.deepEqual(await seqs(store, {}), [3, 4])
      assert.deepEqual(await seqs(store, { positionId: 'p' }), [3])
    },
  },
  {
    name: 'journal: loses its oldest lines when they are too old',
    async run({ store }) {
      await store.write({ lines: [at(10), at(20), at(30), at(40)] })
      assert.equal(await store.prune({ keep: 100, olderThan: 30 }), 2)
      assert.deepEqual(await seqs(store, {}), [3, 4])
      assert.equal(await store.prune({ keep: 1, olderThan: 30 }), 1)
      assert.deepEqual(await seqs(store, {}), [4])
    },
  },
  {
    name: 'journal: continues its numbers when every line is gone, also after it was closed',
    async run({ store }) {
      await store.write({ lines: [at(1), at(2), at(3)] })
      assert.equal(await store.prune({ keep: 0, olderThan: 0 }), 3)
      const [next] = await store.write({ lines: [at(4)] })
      assert.equal(next!.seq, 4)
      assert.deepEqual(await seqs(store, { positionId: 'p' }), [4])
    },
  },
  {
    name: 'journal: deletes more lines than one commit may, and is read and written meanwhile',
    async run({ store }) {
      await store.write({ lines: Array.from({ length: 1_700 }, () => at(1)) })
      const pruned = store.prune({ keep: 100, olderThan: 0 })
      const [line] = await store.write({ lines: [at(2)] })
      assert.equal(line!.seq, 1_701)
      // A line that was written in between may delete one more.
      assert.ok((await pruned) >= 1_600 && (await pruned) <= 1_601)
      await store.prune({ keep: 100, olderThan: 0 })
      assert.equal((await seqs(store, { limit: 1_000 })).length, 100)
      assert.equal((await seqs(store, { limit: 1_000, positionId: 'p' })).length, 100)
    },
  },
]
