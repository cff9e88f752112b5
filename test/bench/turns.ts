import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Found } from '../../src/account/found.ts'
import { send } from '../../src/actors/actor.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { listPage, pageText } from '../../src/http/positions/list.ts'
import { healthStatus } from '../../src/observability/health.ts'
import { backupOf } from '../../src/stores/backup.ts'
import { healthFacts } from '../../src/views/health-facts.ts'
import { viewOf } from '../../src/views/position-view.ts'
import { addAll, liveRig, spread, type LiveRig } from './live-rig.ts'
import { figure, median, type Figure } from './report.ts'
import { aLong } from './s2-wakes.ts'
import { scraper } from './scraper.ts'
import { longestTurn, type Longest } from './turn-meter.ts'

const COUNT = 10_000
const INSTRUMENTS = 500
const ROUNDS = 60

const LIMITS = { startedAt: 0, exitOverdueMs: 30_000, graceMs: 0 }

/** For how long the work of the service on 10,000 positions holds the event loop at once. */
export async function turns(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const opening: Longest[] = []
  const recovery: Longest[] = []
  const held = spread(COUNT, index => aLong(index, INSTRUMENTS))
  await longestTurn(async () => {
    const warm = await liveRig()
    await addAll(warm, held.slice(0, 1_000))
    await warm.close()
  })
  for (let round = 0; round < 3; round++) {
    rmSync(folder, { recursive: true })
    const first = await liveRig({ folder })
    opening.push(await longestTurn(() => addAll(first, held)))
    await first.close()
    let second: LiveRig | undefined
    recovery.push(await longestTurn(async () => (second = await liveRig({ folder }))))
    await second!.close()
  }
  const rig = await liveRig({ folder })
  const figures = await ofRunning(rig)
  await rig.close()
  rmSync(folder, { recursive: true, force: true })
  const name = 'longest turn, 10,000 positions'
  return [
    ...both(`${name}: opening them`, opening),
    ...both(`${name}: recovering them, the store read`, recovery),
    ...[...figures].flatMap(([what, longest]) => both(`${name}: ${what}`, longest)),
  ]
}

async function ofRunning(rig: LiveRig): Promise<Map<string, Longest[]>> {
  const { account } = rig
  const found = new Map<string, Longest[]>()
  const control = {
    *openIds() {
      for (const { position } of account.state.positions.shownOpen()) yield position.id
    },
    position: (id: string) =>
      viewOf(account, account.state.positions.get(id as never)!, Date.now()),
  }
  const health = async (): Promise<void> => {
    healthStatus(healthFacts(account, { now: Date.now(), ...LIMITS }))
    await Promise.resolve()
  }
  const cycle = async (): Promise<void> => {
    account.cycle()
    await new Promise<void>(resolve => account.coverage.whenSwept(() => resolve()))
    await account.engine.actors.idle()
  }
  await account.settled()
  found.set('a cycle, none has a price', await timesOf(cycle))
  for (let each = 0; each < INSTRUMENTS; each++) {
    account.tick({ instrument: instrumentId(`I${each}`), ts: Date.now(), price: 100 })
  }
  await account.settled()
  found.set('a cycle, all are guarded', await timesOf(cycle))
  found.set('health at once, all are guarded', await timesOf(health))
  const sliced = async (): Promise<void> => {
    account.coverage.sweepInTurns()
    const swept = await new Promise<Found>(resolve => account.coverage.whenSwept(resolve))
    healthStatus(healthFacts(account, { now: Date.now(), ...LIMITS }, swept))
  }
  found.set('health on request, all are guarded', await timesOf(sliced))
  const page = async (): Promise<void> => {
    await pageText(await listPage(control, {}))
  }
  const none = async (): Promise<void> => {
    await pageText(await listPage(control, { guard: 'observed' }))
  }
  found.set('a listing of 1,000', await timesOf(page))
  found.set('a listing that finds none of them', await timesOf(none))
  const scrape = scraper(rig)
  found.set('a scrape', await timesOf(scrape.scrape))
  scrape.end()
  for (const [what, work] of venueAndStore(rig)) found.set(what, await timesOf(work))
  return found
}

/** Comparing the whole account with what its venue lists, and a backup of the store. */
const venueAndStore = ({ account, store }: LiveRig): [string, () => Promise<void>][] => [
  [
    'comparing the holdings of the venue',
    async () => {
      send(account.engine.reconciler, { kind: 'list' })
      await account.engine.actors.idle()
    },
  ],
  [
    'a backup of the store',
    async () => {
      const pieces = backupOf(store, Date.now())
      while ((await pieces.next()).done !== true);
    },
  ],
]

/** A line with and one without the pauses of the garbage collector. */
const both = (name: string, longest: readonly Longest[]): Figure[] => [
  figure(name, 'ms', median(longest.map(({ ms }) => ms))),
  figure(`${name}, without garbage collection`, 'ms', median(longest.map(({ ownMs }) => ownMs))),
]

async function timesOf(work: () => Promise<unknown>): Promise<Longest[]> {
  const times: Longest[] = []
  for (let round = 0; round < ROUNDS; round++) times.push(await longestTurn(work))
  return times.slice(ROUNDS / 2)
}
