import type { Account } from '../../src/account/account.ts'
import { send } from '../../src/actors/actor.ts'
import { CATCH_UP } from '../../src/actors/supervisor-state.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import { healthStatus } from '../../src/observability/health.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { healthFacts } from '../../src/views/health-facts.ts'
import { FULL_LOAD, LiveLoad } from './live-load.ts'
import { seeded } from './prices.ts'
import { figure, median, quantile, type Figure } from './report.ts'

const WARM_UP_MS = 3_000
/** The promise is of 30 s; SUPERVISION_MS=30000 measures that. */
const MEASURED_MS = Number(process.env['SUPERVISION_MS'] ?? 10_000)
const CRASHES_PER_SECOND = 100
const CYCLES = 100

const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

/** The cost of 100 crashes a second for all other actors, and of a cycle; half a minute. */
export async function supervision(): Promise<Figure[]> {
  const crashing = new Set<string>()
  const load = await LiveLoad.open(FULL_LOAD, ({ position: { id } }: WatchedPosition) => {
    if (crashing.size > 0 && crashing.delete(id)) throw new Error('a crash of the bench')
  })
  const { account } = load.rig
  const idle = await idleCycle(account)
  load.start()
  await pause(WARM_UP_MS)
  const calm = await measured(load)
  const storm = crashes(account, crashing)
  const stormy = await measured(load)
  storm.stop()
  const backMs = await allBack(account, crashing)
  const { restarts } = account.state.counts
  await load.stop()
  const { lost, doubled } = await load.audit()
  await load.rig.close()
  if (lost.length + doubled.length > 0) throw new Error([...lost, ...doubled].join('\n'))
  const name = 'supervision: tick → decision of the others'
  return [
    figure('supervision: cycle over 10,000 idle monitors, health included', 'ms', idle.median),
    figure('supervision: the fastest of them, on a machine that is busy', 'ms', idle.best),
    figure('supervision: crashes', 'crashes/s', (storm.count() * 1_000) / MEASURED_MS),
    figure('supervision: monitors replaced', 'restarts', restarts),
    figure(`${name}: p50, against the calm`, 'ms', quantile(stormy, 0.5), quantile(calm, 0.5)),
    figure(`${name}: p99, against the calm`, 'ms', quantile(stormy, 0.99), quantile(calm, 0.99)),
    figure(`${name}: max, against the calm`, 'ms', quantile(stormy, 1), quantile(calm, 1)),
    figure('supervision: until all monitors are back', 'ms', backMs),
  ]
}

/** Cycles of a system in which nothing happens, with what they leave to the next turns of the loop. */
async function idleCycle(account: Account): Promise<{ median: number; best: number }> {
  const limits = { startedAt: Date.now(), exitOverdueMs: 30_000, graceMs: 0 }
  const times: number[] = []
  for (let index = 0; index < FULL_LOAD.instruments; index++) {
    account.tick({ instrument: instrumentId(`I${index}`), ts: Date.now(), price: 100 })
  }
  await account.settled()
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    const from = performance.now()
    account.cycle()
    healthStatus(healthFacts(account, { now: Date.now(), ...limits }, account.coverage.last))
    await account.engine.actors.idle()
    times.push(performance.now() - from)
    await pause(5)
  }
  const warm = times.slice(CYCLES / 2)
  return { median: median(warm), best: Math.min(...warm) }
}

async function measured(load: LiveLoad): Promise<number[]> {
  load.latencies = []
  await pause(MEASURED_MS)
  return load.latencies
}

/** Lets monitors throw, each at its next message, which it gets at once. */
function crashes(account: Account, crashing: Set<string>) {
  const random = seeded(11)
  const start = performance.now()
  let done = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - start) * CRASHES_PER_SECOND) / 1_000
    const children = [...account.engine.registry.all()]
    while (done < due) {
      const child = children[Math.floor(random() * children.length)]!
      done++
      if (child.status.kind !== 'running' || child.watched.closed) continue
      crashing.add(child.watched.position.id)
      send(child.status.ref, CATCH_UP as never)
    }
  }, 10)
  return { stop: () => clearInterval(timer), count: () => done }
}

/** Ms until every open position has a living monitor again. */
async function allBack(account: Account, crashing: Set<string>): Promise<number> {
  const from = performance.now()
  crashing.clear()
  const isBack = (): boolean =>
    [...account.engine.registry.all()].every(({ status }) => status.kind === 'running')
  while (!isBack() && performance.now() - from < 60_000) await pause(5)
  return performance.now() - from
}
