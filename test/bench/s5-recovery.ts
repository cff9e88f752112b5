import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RunningService } from '../support/kill.ts'
import { addAll, liveRig, spread } from './live-rig.ts'
import { figure, type Figure, median } from './report.ts'
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
  return [
    ...COUNTS.map((count, index) => {
      const name = `S5 open ${count.toLocaleString('en-US')} positions, 500 at a time`
      return figure(name, 'ms', median(times[index]!))
    }),
  ]
}

/** Whether the service at `url` says that it is ready and guards everything. */
async function isGuarding(url: string): Promise<boolean> {
  const ready = await fetch(`${url}/readyz`)
  const health = (await (await fetch(`${url}/health`)).json()) as {
    checks: Record<string, readonly { observedValue?: unknown }[]>
  }
  const guarded = health.checks['positions:guarded']?.[0]?.observedValue
  return ready.ok && (guarded === undefined || guarded === MOST)
}

/** Starts the real command; resolves, with the time that took, when all positions are guarded. */
async function started(args: readonly string[]): Promise<[RunningService, number]> {
  const start = performance.now()
  const service = new RunningService(args)
  const isGreeting = (line: string): boolean => line.startsWith('watchkeeper guards')
  await service.printed(line => line.startsWith('health '))
  const url = /health +(http:\S+)\/health/.exec(service.lines.join('\n'))![1]!
  while (!(await isGuarding(url))) await new Promise(resolve => setTimeout(resolve, 5))
  const ms = performance.now() - start
  const greeting = service.lines.find(isGreeting)
  if (!greeting?.startsWith(`watchkeeper guards ${MOST} positions`)) {
    throw new Error(`found ${JSON.stringify(greeting)}, expected ${MOST} guarded positions`)
  }
  return [service, ms]
}

/** A process that guards 10,000 positions is killed, and another one takes over. */
async function recovering(): Promise<Figure[]> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-bench-'))
  try {
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
    const args = ['--positions', file, '--data', data, '--port', '0']
    const times: number[] = []
    for (let kill = 0; kill <= ROUNDS; kill++) {
      const [service, ms] = await started(args)
      await service.end('SIGKILL')
      // The first start follows an orderly end.
      if (kill > 0) times.push(ms)
    }
    return [
      figure('S5 recover 10,000 after kill -9, process start (tsx) included', 'ms', median(times)),
    ]
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** From nothing, and from what a killed process left, to guarded. */
export const recovery = async (): Promise<Figure[]> => [
  ...(await opening()),
  ...(await recovering()),
]
