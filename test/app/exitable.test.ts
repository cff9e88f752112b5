import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

const HOUR_MS = 3_600_000

/** The service as `run` connects it, at a broker over HTTP. */
describe('a service whose token ends', () => {
  let folder: Folder
  let tokenFile: string
  let broker: RemoteBroker
  let running: RunningWatchkeeper | undefined

  before(async () => (broker = await startBroker({})))
  after(() => broker.close())
  beforeEach(async () => {
    folder = new Folder()
    tokenFile = join(folder.path, 'token')
    await broker.script({
      fresh: true,
      clear: true,
      set: { token: 'test-token' },
      prices: { ACME: 100 },
      hands: [{ instrument: 'ACME', quantity: 2 }],
    })
  })
  afterEach(async () => {
    await running?.stop()
    running = undefined
    folder.remove()
  })

  const writeToken = (expiresAt: number): void => {
    const text = JSON.stringify({ value: 'test-token', expiresAt })
    writeFileSync(tokenFile, text, { mode: 0o600 })
  }

  const start = async (settings: object = {}): Promise<void> => {
    running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        health: { graceMs: 0 },
        holdings: { confirm: false, reconcileMs: 200 },
        feed: { kind: 'poll' },
        broker: {
          kind: 'http',
          url: broker.url,
          tokenFile,
          capabilities: { lookup: 'complete', reduceOnly: true, visibilityMs: 0 },
        },
        ...settings,
      },
    })
    await running.guard({
      id: 'acme-1',
      instrument: 'ACME',
      side: 'long',
      quantity: 2,
      entryPrice: 100,
      rules: { stopLoss: { pct: 50 } },
    })
  }

  const status = async (): Promise<string> =>
    (await cliHere(['status', '--url', running!.url])).stdout
  const check = (name: string) => running!.health().checks[name]![0]!

  it('shows that in its state on the evening before, and warns where the market has hours', async () => {
    writeToken(Date.now() + 10 * HOUR_MS)
    const hours = { timezone: 'UTC', open: '00:00', close: '23:59' }
    await start({ instruments: { ACME: { hours } } })
    await until(() => check('positions:exitable').status === 'pass')
    await until(() => check('broker:credentials').status === 'warn')
    const text = await status()
    expect(text).to.match(/^credentials {2}the credentials end at \S+, 1 position \(in 10 h\)$/m)
    expect(text).to.match(/^ {2}broker:credentials: the credentials end at /m)
    const why = running!.why('acme-1')!
    expect(why.position.exitable?.state).to.equal('yes')
  })

  it('shows it without a warning where the market never closes', async () => {
    writeToken(Date.now() + 10 * HOUR_MS)
    await start()
    await until(() => check('positions:exitable').status === 'pass')
    expect(check('broker:credentials').status).to.equal('pass')
    expect(await status()).to.match(/^credentials {2}.*\(in 10 h\)$/m)
  })

  it('cannot exit once it has ended, and can again with another one in its file', async () => {
    writeToken(Date.now() - 1)
    await start()
    await until(() => check('positions:exitable').status === 'fail')
    expect(running!.why('acme-1')!.position.exitable).to.include({
      state: 'no',
      why: 'the credentials have ended',
    })
    const { stdout } = await cliHere(['why', 'acme-1', '--url', running!.url])
    expect(stdout).to.match(/^exitable: no, the credentials have ended, since \S+$/m)
    writeToken(Date.now() + 40 * HOUR_MS)
    await until(() => check('positions:exitable').status === 'pass')
    expect(await status()).to.not.match(/^credentials/m)
  })

  it('warns of a broker whose clock differs from this machine’s, and shows by how much', async () => {
    writeToken(Date.now() + 40 * HOUR_MS)
    await broker.script({ set: { clockMs: 90_000 } })
    const capabilities = { lookup: 'complete', reduceOnly: true, visibilityMs: 0 }
    await start({
      broker: { kind: 'http', url: broker.url, tokenFile, time: true, capabilities },
    })
    await until(() => running!.health().checks['broker:clock']?.[0]?.status === 'warn')
    expect(check('broker:clock').output).to.match(/^the broker's clock is 90\.\d s ahead of/)
    const metrics = await (await fetch(`${running!.url}/metrics`)).text()
    expect(metrics).to.match(/^watchkeeper_broker_clock_ahead_seconds (?:89\.9|90)/m)
    await broker.script({ set: { clockMs: 0 } })
  })

  it('names a token file that all can read, and shows nothing of it', async () => {
    writeFileSync(tokenFile, 'test-token', { mode: 0o644 })
    await start()
    await until(() => check('broker:credentials').status === 'fail')
    expect(check('broker:credentials').output).to.include('chmod 600')
    expect(JSON.stringify(running!.health())).to.not.include('test-token')
  })
})
