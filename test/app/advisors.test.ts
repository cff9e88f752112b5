import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

/** Tightens to the price in its first argument, then ends by the signal in the second. */
const ADVISOR = `
import { createInterface } from 'node:readline'
const [stop, signal] = process.argv.slice(2)
for await (const line of createInterface({ input: process.stdin })) {
  const { type, seq, positions } = JSON.parse(line)
  if (type !== 'update') continue
  const { stop: now } = positions[0] ?? {}
  if (now === Number(stop) && signal !== undefined) process.kill(process.pid, signal)
  console.log(JSON.stringify({ type: 'tighten', position: 'a', stop: Number(stop) }))
  console.log(JSON.stringify({ type: 'ok', seq }))
}`

const POSITION = {
  id: 'a',
  instrument: 'BTCUSD',
  side: 'long',
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
}

describe('the advisors of a service', function () {
  this.timeout(120_000)

  let folder: Folder
  let running: RunningWatchkeeper | undefined
  let lines: { readonly kind: string; readonly [detail: string]: unknown }[]
  beforeEach(() => {
    folder = new Folder()
    lines = []
  })
  afterEach(async () => {
    await running?.stop()
    folder.remove()
  })

  const start = async (args: readonly string[], but: object = {}): Promise<RunningWatchkeeper> => {
    const command = [process.execPath, folder.file('advisor.mjs', ADVISOR), ...args]
    return (running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        advisors: [{ name: 'adviser', command, everyMs: 100, ...but }],
      },
      onLog: line => lines.push(JSON.parse(line) as (typeof lines)[number]),
    }))
  }
  const of = (kind: string) => lines.filter(each => each.kind === kind)

  it('tighten a stop, in their name, and no more than once', async () => {
    const { guard, positions } = await start(['50000'])
    await guard(POSITION)
    await until(() => positions()[0]!.stop === 50_000)
    await until(() => of('rules-changed').length > 0)
    expect(String(of('rules-changed')[0]!['by'])).to.include('advisor adviser')
    let scraped = ''
    await until(async () => {
      scraped = await (await fetch(`${running!.url}/metrics`)).text()
      return scraped.includes('requests_total{advisor="adviser",result="tightened"} 1')
    })
    for (const line of [
      'watchkeeper_advisor_state{advisor="adviser",state="running"} 1',
      'watchkeeper_advisor_restarts_total{advisor="adviser"} 0',
    ])
      expect(scraped).to.include(`${line}\n`)
    expect(scraped).to.match(
      /^watchkeeper_advisor_update_age_seconds\{advisor="adviser"\} [0-9.e-]+$/m,
    )
  })

  it('cannot loosen one', async () => {
    const { guard, positions, health } = await start(['40000'])
    await guard(POSITION)
    await until(() => of('advisor-started').length > 0)
    await until(() => health().checks['advisors:down']?.[0]?.status === 'pass')
    expect(positions()[0]!.stop).to.equal(46_200)
    expect(of('rules-changed')).to.deep.equal([])
  })

  it('leave their last levels in force when they die for good, and health warns', async () => {
    const { guard, positions, health, stop } = await start(['50000', 'SIGKILL'], { maxRestarts: 0 })
    await guard(POSITION)
    await until(() => health().checks['advisors:down']?.[0]?.status === 'warn')
    expect(positions()[0]!.stop).to.equal(50_000)
    await until(() => of('advisor-quarantined').length > 0)
    expect(of('advisor-quarantined')[0]).to.include({ why: 'it was ended by SIGKILL' })
    await stop()
    // It also outlives the service.
    const again = await start(['1'])
    expect(again.positions()[0]!.stop).to.equal(50_000)
  })
})
