import { openLmdbReader } from '../../src/stores/lmdb.ts'

/** Opens and closes a store of another process, again and again. */
const folder = process.argv[2]!
process.send!('begun')
for (;;) {
  const reader = await openLmdbReader({ folder }).catch(() => undefined)
  if (reader === undefined) continue
  await reader.snapshot()
  await reader.abandon()
}
