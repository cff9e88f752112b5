import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import type { CycleMetricsReport } from '../../src/ports/control/performance.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

describe('the measurements of a service', () => {
  let folder: Folder
  let running: RunningWatchkeeper | undefined
  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await running?.stop()
    running = undefined
    folder.remove()
  })

  it('count exits, calls and cycles alike in the report of the cycles and for Prometheus', async () => {
    running = await startWatchkeeper({
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        feed: { kind: 'simulated' },
      },
      env: {},
    })
    const { url, guard, exit } = running
    const common = { instrument: 'BTCUSD', side: 'long', quantity: 1, entryPrice: 92_400 }
    for (const id of ['a', 'b']) {
      await guard({ ...common, id, rules: { stopLoss: { pct: 50 } } })
      await exit(id)
    }

    const report = async (): Promise<CycleMetricsReport> =>
      (await (await fetch(`${url}/api/metrics`)).json()) as CycleMetricsReport
    const sumOf = (text: string, name: string): number =>
      [...text.matchAll(new RegExp(`^${name}(?:{.*})? (\\d+)$`, 'gm'))]
        .map(([, value]) => Number(value))
        .reduce((a, b) => a + b, 0)
    await until(async () => sum(Object.values((await report()).exits)) === 2)

    const before = await report()
    const text = await (await fetch(`${url}/metrics`)).text()
    const after = await report()
    expect(sumOf(text, 'watchkeeper_exits_intended_total')).to.equal(2)
    expect(sumOf(text, 'watchkeeper_cycles_total')).to.be.within(
      before.cycles.count,
      after.cycles.count,
    )
    expect(sumOf(text, 'watchkeeper_broker_calls_total')).to.be.at.least(before.apiCalls.total)
    expect(after.apiCalls.total).to.be.at.least(2)
  })
})

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
