import { openLmdbStore } from '../../src/stores/lmdb.ts'

/** Writes a counter to two tables and the journal, and prints each value once it is durable. */
const store = await openLmdbStore({ folder: process.argv[2]! })
for (let value = 1; ; value++) {
  await store.write({
    rows: [
      { table: 'positions', key: 'counter', value },
      { table: 'ratchets', key: 'counter', value },
    ],
    lines: [{ at: value, kind: 'note' }],
  })
  process.stdout.write(`${value}\n`)
  // Let other processes take the lock of the environment.
  await new Promise(resolve => setTimeout(resolve, 1))
}
