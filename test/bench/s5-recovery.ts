import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openKeptData } from '../../src/app/offline.ts'
import { copyBetween } from '../../src/app/store-copy.ts'
import { builtFile } from '../support/built-package.ts'
import { closedPort } from '../support/closed-port.ts'
import { RunningService } from '../support/kill.ts'
import { RedisServer } from '../support/redis-server.ts'
import { addAll, liveRig, spread } from './live-rig.ts'
import { figure, median, type Figure } from './report.ts'
import { aLong } from './s2-wakes.ts'

const COUNTS = [2_500, 5_000, 10_000]
const ROUNDS = 3
const MOST = 10_000

/** Time until `count` positions are deposited, registered and guarded, ms. */
async function open(count: number): Promise<number> {
  const rig = await liveRig()
  const start = performance.now()
  await addAll(
    rig,
    spread(count, index => aLong(index, 500)),
  )
  const ms = performance.now() - start
  await rig.close()
  return ms
}

async function opening(): Promise<Figure[]> {
  const times = COUNTS.map((): number[] => [])
  await open(500)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [index, count] of COUNTS.entries()) times[index]!.push(await open(count))
  }
  return COUNTS.map((count, index) => {
    const name = `S5 open ${count.toLocaleString('en-US')} positions`
    return figure(name, 'ms', median(times[index]!))
  })
}

/** Whether the service at `url` is ready, with a monitor for each position: none has a price here. */
async function isGuarding(url: string): Promise<boolean> {
  try {
    const ready = await fetch(`${url}/readyz`)
    if (!ready.ok) return false
    const health = (await (await fetch(`${url}/health`)).json()) as {
      checks: Record<string, readonly { observedValue?: unknown }[]>
    }
    return health.checks['actors:alive']?.[0]?.observedValue === MOST
  } catch {
    // Nothing answers yet.
    return false
  }
}

/**
 * Starts the built command; resolves, with the time that took, when all positions are guarded: before it prints how many,
 * which waits for first prices.
 */
async function started(args: readonly string[]): Promise<[RunningService, number]> {
  const port = await closedPort()
  const main = builtFile('cli/main.js')
  const start = performance.now()
  const service = new RunningService([...args, '--port', String(port)], { main })
  while (!(await isGuarding(`http://127.0.0.1:${port}`))) {
    if (service.hasEnded) throw new Error(`ended early:\n${service.lines.join('\n')}`)
    await new Promise(resolve => setTimeout(resolve, 5))
  }
  return [service, performance.now() - start]
}

/** Fills a data folder with what a service keeps of them; gives the file that names them. */
async function filled(folder: string): Promise<{ data: string; file: string }> {
  const data = join(folder, 'data')
  const held = spread(MOST, index => aLong(index, 500))
  const rig = await liveRig({ folder: data })
  await addAll(rig, held)
  await rig.close()
  const file = join(folder, 'positions.json')
  const positions = held.map(({ position: { id, instrument, side, ...position }, rules }) => {
    const { quantity, entryPrice } = position
    return { id, instrument, side, quantity, entryPrice, rules }
  })
  writeFileSync(file, JSON.stringify({ positions }))
  return { data, file }
}

/** How far each position has come, as it is kept. */
async function bestOf(place: string): Promise<ReadonlyMap<string, number>> {
  const kept = await openKeptData(place)
  try {
    const open = (await kept.positions()).filter(({ state }) => state === 'open')
    return new Map(open.map(({ position, best }) => [position.id, best ?? NaN]))
  } finally {
    await kept.close()
  }
}

/** A process that guards 10,000 positions is killed, and another one takes over. */
async function killed(name: string, args: readonly string[], place: string): Promise<Figure> {
  const times: number[] = []
  let before: ReadonlyMap<string, number> = new Map()
  for (let kill = 0; kill <= ROUNDS; kill++) {
    const [service, ms] = await started(args)
    await service.end('SIGKILL')
    const after = await bestOf(place)
    for (const [id, best] of before) {
      // All of them are long.
      if (after.get(id)! < best) throw new Error(`${id}: found ${after.get(id)}, expected ${best}`)
    }
    before = after
    // The first start follows an orderly end.
    if (kill > 0) times.push(ms)
  }
  return figure(`S5 recover 10,000 after kill -9${name}`, 'ms', median(times))
}

async function recovering(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  const server = await RedisServer.start({ appendonly: true, settings: { appendfsync: 'always' } })
  try {
    const { data, file } = await filled(folder)
    const kept = ['--data', data]
    const named = ['--positions', file, ...kept]
    await copyBetween({
      from: `lmdb:${data}`,
      to: server.url,
      overwrites: false,
      login: {},
      onProgress: () => undefined,
    })
    const config = join(folder, 'redis.yaml')
    const store = { kind: 'redis', redis: { url: server.url } }
    writeFileSync(config, JSON.stringify({ positions: file, store }))
    return [
      await killed(', process start included', kept, data),
      await killed(', with a positions file', named, data),
      await killed(', with a positions file, on Redis', ['--config', config, ...named], server.url),
    ]
  } finally {
    await server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** From nothing, and from what a killed process left, to guarded. */
export const recovery = async (): Promise<Figure[]> => [
  ...(await opening()),
  ...(await recovering()),
]
