import { setTimeout as sleep } from 'node:timers/promises'
import { openLmdbStore } from '../../src/stores/lmdb.ts'

/** Claims a store at the given time, prints the result, and then runs until it is killed. */
const [folder, at] = process.argv.slice(2) as [string, string]
process.stdout.write('ready\n')
await sleep(Math.max(0, Number(at) - Date.now() - 20))
while (Date.now() < Number(at));
try {
  const store = await openLmdbStore({ folder })
  await store.write({ lines: [{ at: Date.now(), kind: 'claimed' }] })
  process.stdout.write('won\n')
} catch (error) {
  process.stdout.write(`${(error as { code?: string }).code}\n`)
}
setInterval(() => undefined, 1_000)
