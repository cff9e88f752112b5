import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Batch, Store } from '../../src/ports/store.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Machine } from '../support/redis-store.ts'
import { figure, median, type Figure } from './report.ts'

const ROUNDS = 5
/** Intents of a round: one after the other, and as many as a gap in a market makes at once. */
const SINGLE = 200
const AT_ONCE = 10_000

/** A record and a line of the size that an intent has. */
const intent = (index: number): Batch => ({
  rows: [
    {
      table: 'exits',
      key: `position-${index}`,
      value: { positionId: `position-${index}`, generation: 1, state: 'x'.repeat(900) },
    },
  ],
  lines: [
    {
      at: Date.now(),
      kind: 'exit-intended',
      positionId: `position-${index}`,
      reason: 'stop-loss',
      level: 90,
      price: 90,
      clientOrderId: 'wk'.padEnd(26, '0'),
    },
  ],
})

async function single(store: Store): Promise<number> {
  const start = performance.now()
  for (let index = 0; index < SINGLE; index++) await store.write(intent(index))
  return (SINGLE * 1_000) / (performance.now() - start)
}

async function atOnce(store: Store): Promise<number> {
  const start = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => store.write(intent(index))))
  return (AT_ONCE * 1_000) / (performance.now() - start)
}

/** Durable intents a second, of each store in turns. */
export async function stores(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const always = { appendonly: true, settings: { appendfsync: 'always' } }
  const servers = [await RedisServer.start(always), await RedisServer.start()] as const
  const machine = new Machine()
  const redis = { commandTimeoutMs: 5_000 }
  const opened: Record<string, Store> = {
    lmdb: await openLmdbStore({ folder: join(folder, 'store') }),
    'Redis, appendfsync always': await machine.open(servers[0], { redis, leaseMs: 60_000 }),
  }
  const elsewhere = new Machine()
  opened['Redis, in memory only'] = await elsewhere.open(servers[1], { redis, leaseMs: 60_000 })
  try {
    const singles = new Map<string, number[]>()
    const gaps = new Map<string, number[]>()
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, store] of Object.entries(opened)) {
        singles.set(name, [...(singles.get(name) ?? []), await single(store)])
        gaps.set(name, [...(gaps.get(name) ?? []), await atOnce(store)])
      }
    }
    const shown = (what: string, rates: ReadonlyMap<string, number[]>): Figure[] => {
      const baseline = median(rates.get('lmdb')!)
      return [...rates].map(([name, each]) =>
        figure(`durable intents, ${what}: ${name}`, 'per second', median(each), baseline),
      )
    }
    return [
      ...shown('one after the other', singles),
      ...shown(`${AT_ONCE.toLocaleString('en-US')} at once`, gaps),
    ]
  } finally {
    await opened['lmdb']!.close()
    await machine.close()
    await elsewhere.close()
    for (const server of servers) await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
