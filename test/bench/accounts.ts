import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { Account } from '../../src/account/account.ts'
import { PricePlane } from '../../src/account/price-plane.ts'
import type { TickPath } from '../../src/account/tick-path.ts'
import { TrustedClock } from '../../src/account/trusted-clock.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { instrumentId, positionId, type InstrumentId } from '../../src/domain/ids.ts'
import type { Position } from '../../src/domain/position.ts'
import type { KillSwitch } from '../../src/exits/kill-switch.ts'
import type { ExitRecord } from '../../src/exits/record.ts'
import type { Batch, Table } from '../../src/ports/store.ts'
import type { PortfolioDay } from '../../src/risk/portfolio.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import type { LmdbStore } from '../../src/stores/lmdb/store.ts'
import { StoreRepository } from '../../src/stores/state-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'
import { spread } from './live-rig.ts'
import { figure, median, type Figure } from './report.ts'

/** Accounts of one process, and the positions of each. */
const SHAPES = [
  { accounts: 1, positions: 20_000 },
  { accounts: 20, positions: 1_000 },
  { accounts: 200, positions: 100 },
]
type Shape = (typeof SHAPES)[number]
/** Of all accounts together: each instrument is held by some of them. */
const INSTRUMENTS = 500
const TICKS = 50_000
const ROUNDS = 5
const BATCH = 1_000

/** Bytes in use after full collections; what ended in a later turn is collected too. */
async function used(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  for (let round = 0; round < 3; round++) {
    await new Promise(resolve => setTimeout(resolve, 20))
    collect()
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

/** The part of one store that belongs to an account: its keys begin with the account's name. */
const partOf = (store: LmdbStore, name: string) => ({
  rows: async <Value>(table: Table): Promise<ReadonlyMap<string, Value>> =>
    new Map([...(await store.rows<Value>(table))].filter(([key]) => key.startsWith(name))),
  write: ({ rows = [], ...batch }: Batch) =>
    store.write({ ...batch, rows: rows.map(row => ({ ...row, key: `${name} ${row.key}` })) }),
})

async function anAccount(
  store: LmdbStore,
  name: string,
  { clock, tickPath }: { readonly clock: TrustedClock; readonly tickPath: TickPath },
): Promise<Account> {
  const venue = new TestVenue()
  return openAccount({
    tickPath,
    keeper: new StoreRepository<ExitRecord, KillSwitch, PortfolioDay>(partOf(store, name)),
    // As a real venue: no order waits for a price.
    venue: quotes => ({ ...venue.venue(quotes), priced: undefined }),
    beforeGuard: venue.deposit,
    clock,
    timers: machineTimers,
    callTimeoutMs: 5_000,
    onLine: () => undefined,
    onFatal: error => {
      throw error
    },
  })
}

const positionOf = (account: number, index: number): Position => ({
  id: positionId(`p${index}`),
  instrument: instrumentId(`I${(account * 7 + index) % INSTRUMENTS}`),
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  openedAt: 0,
  multiplier: 1,
  priceSource: 'trade',
})

/** Processor time of all threads that `work` takes, ms. */
async function processorMs(work: () => Promise<unknown> | void): Promise<number> {
  const from = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1_000
}

/** The instruments that all accounts together hold. */
function instrumentsOf({ accounts, positions }: Shape): InstrumentId[] {
  const names = new Set<InstrumentId>()
  for (let account = 0; account < accounts; account++) {
    for (let at = 0; at < positions; at++) names.add(positionOf(account, at).instrument)
  }
  return [...names]
}

async function measured(shape: Shape): Promise<Figure[]> {
  const { accounts, positions } = shape
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const store = await openLmdbStore({ folder })
  const before = await used()
  const clock = TrustedClock.of({ now: () => Date.now(), monotonic: () => performance.now() })
  const tickPath = new PricePlane(clock).open({ confirmMs: 30_000 })
  const all: Account[] = []
  const names = Array.from({ length: accounts }, (_, index) => `a${index}`)
  const accountMs = await processorMs(async () => {
    for (const name of names) all.push(await anAccount(store, name, { clock, tickPath }))
  })
  const emptyBytes = ((await used()) - before) / accounts
  const openMs = await processorMs(async () => {
    for (const [account, system] of all.entries()) {
      const wanted = spread(positions, index => positionOf(account, index))
      await system.changes.addAll(wanted, 'bench')
    }
  })
  const instruments = instrumentsOf(shape)
  const tickAll = (count: number, priceOf: (index: number) => number): void => {
    for (let index = 0; index < count; index++) {
      const instrument = instruments[index % instruments.length]!
      tickPath.take({ instrument, ts: Date.now(), price: priceOf(index) })
    }
  }
  tickAll(instruments.length, () => 100)
  for (const system of all) await system.settled()
  const bytes = ((await used()) - before) / (accounts * positions)
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    times.push(
      await processorMs(async () => {
        for (let from = 0; from < TICKS; from += BATCH) {
          tickAll(BATCH, index => 100 + ((from + index) % 7) / 1_000)
          await new Promise(setImmediate)
        }
      }),
    )
  }
  for (const system of all) system.coverage.sweep()
  const cycleMs = await processorMs(() => {
    for (const system of all) system.cycle()
  })
  for (const system of all) await system.stop()
  await store.close()
  rmSync(folder, { recursive: true, force: true })
  const tickUs = (median(times) * 1_000) / TICKS
  const name = `accounts: ${accounts} × ${positions.toLocaleString('en-US')} positions`
  return [
    figure(`${name}, an account opened`, 'µs', (accountMs * 1_000) / accounts),
    figure(`${name}, memory of an account without positions`, 'bytes', emptyBytes),
    figure(`${name}, a position opened, all threads`, 'µs', openUs(openMs, accounts * positions)),
    figure(`${name}, memory of a position`, 'bytes', bytes),
    figure(`${name}, a sleeping tick`, 'µs', tickUs),
    figure(`${name}, cycles of all accounts, first turn`, 'µs', (cycleMs * 1_000) / accounts),
  ]
}

const openUs = (ms: number, count: number): number => (ms * 1_000) / count

/** What a process costs by its accounts: 20,000 positions in one, in 20, and in 200 of them. */
export async function accounts(): Promise<Figure[]> {
  await measured({ accounts: 2, positions: 500 })
  const figures: Figure[] = []
  for (const shape of SHAPES) figures.push(...(await measured(shape)))
  return figures
}
