import { mkdtempSync, rmSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/*
 * A process of its own plays the journeys of docs/architecture.md, one after the other, and prints the files of
 * src whose code ran in each as JSON. It counts calls with the inspector, which would reset the counts of a
 * process whose coverage is measured.
 */

const SRC = fileURLToPath(new URL('../../../src/', import.meta.url))

const inspector = new Session()
inspector.connect()
await inspector.post('Profiler.enable')
await inspector.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })

/** The files of src with a function that was called since the last time; the counts begin anew. */
async function ran(): Promise<string[]> {
  const { result } = await inspector.post('Profiler.takePreciseCoverage')
  return result
    .filter(({ functions }) => functions.some(({ ranges }) => (ranges[0]?.count ?? 0) > 0))
    .flatMap(({ url }) => (url.startsWith('file:') ? fileURLToPath(url.split('?')[0]!) : []))
    .flatMap(path => (path.startsWith(SRC) ? path.slice(SRC.length) : []))
}

const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-journeys-'))
/** By the titles on the page. */
const journeys: Record<string, readonly string[]> = {}
try {
  const { startWatchkeeper } = await import('../../../src/app/embed.ts')
  const { Dispatcher } = await import('../../../src/risk/dispatcher.ts')
  const { cliHere } = await import('../cli-here.ts')
  const { until } = await import('../until.ts')
  const config = { dataFolder: folder, http: { port: 0 }, feed: { kind: 'simulated', seed: 7 } }
  const running = await startWatchkeeper({ config, env: {} })
  const add = (id: string, rules: object): Promise<unknown> =>
    cliHere([
      ...`positions add --id ${id} --instrument BTCUSD --side long --quantity 1`.split(' '),
      ...`--entry-price 92400 --rules ${JSON.stringify(rules)} --url ${running.url}`.split(' '),
    ])

  await add('far', { stopLoss: { pct: 50 } })
  await until(() => running.positions().some(({ state }) => state === 'guarded'))
  journeys['A setting on its way to its use'] = await ran()

  await add('wide', { stopLoss: { pct: 60 } })
  const added = new Set<string>()
  await until(async () => {
    for (const file of await ran()) added.add(file)
    // Its first message may come after the answer.
    return added.has('actors/monitor.ts')
  })
  journeys['`watchkeeper positions add`'] = [...added]

  // Health is evaluated anew once the journal has a new line.
  await running.changeRules('wide', { stopLoss: { pct: 59 } })
  await fetch(`${running.url}/health`)
  journeys['`GET /health`'] = await ran()

  // A planted fault ends two incarnations of one monitor. While the second backoff lasts the supervisor commits in
  // its place; the fourth commit is that of the incarnation after it.
  const { commit } = Dispatcher.prototype
  let commits = 0
  Dispatcher.prototype.commit = function (watched, outcome) {
    if (watched.position.id === 'far' && ++commits <= 2) throw new Error('planted')
    commit.call(this, watched, outcome)
  }
  await running.changeRules('far', { stopLoss: { pct: 49 } })
  await until(() => commits >= 4)
  Dispatcher.prototype.commit = commit
  journeys['A crash and the restart after it'] = await ran()

  const far = () => running.positions().find(({ id }) => id === 'far')
  // Right after a price: the levels around it are in force before the next one, which crosses one of them.
  await until(() => (far()!.priceAgeMs ?? Infinity) < 50)
  const price = far()!.lastPrice ?? 0
  await running.changeRules('far', {
    stopLoss: { price: price * 0.9999 },
    takeProfit: { price: price * 1.0001 },
  })
  await until(() => far() === undefined)
  const crossed = await ran()
  journeys['A tick on its way to the journal'] = crossed
  journeys['An order on its way to the closed position'] = crossed

  await running.stop()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
process.stdout.write(JSON.stringify(journeys))
