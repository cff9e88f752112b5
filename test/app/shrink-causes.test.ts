import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'

/** The service as `run` connects it, at a broker over HTTP. */
describe('a holding that shrinks without an order of ours', () => {
  let folder: Folder
  let broker: RemoteBroker
  let running: RunningWatchkeeper | undefined

  before(async () => (broker = await startBroker({})))
  after(() => broker.close())
  beforeEach(() => (folder = new Folder()))
  afterEach(async () => {
    await running?.stop()
    running = undefined
    folder.remove()
  })

  const begin = async (set: object, settings: object = {}): Promise<void> => {
    await broker.script({
      fresh: true,
      clear: true,
      set: { token: 'test-token', ...set },
      prices: { ACME: 100 },
      hands: [{ instrument: 'ACME', quantity: 2 }],
    })
    running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        holdings: { confirm: false, reconcileMs: 200 },
        feed: { kind: 'poll' },
        broker: {
          kind: 'http',
          url: broker.url,
          token: 'test-token',
          capabilities: { lookup: 'complete', reduceOnly: true, visibilityMs: 0 },
          ...settings,
        },
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

  /** The line that names the cause, once it is written. */
  const shrunk = async (): Promise<Record<string, unknown>> => {
    let found: Record<string, unknown> | undefined
    await until(async () => {
      const args = ['journal', '--url', running!.url, '--format', 'json']
      const { stdout } = await cliHere(args)
      const lines = stdout
        .trim()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>)
      found = lines.find(({ kind }) => kind === 'holding-shrunk')
      return found !== undefined
    })
    return found!
  }

  it('has an unknown cause where the broker does not report it', async () => {
    await begin({})
    await broker.script({ hands: [{ instrument: 'ACME', quantity: -2 }] })
    expect(await shrunk()).to.include({ instrument: 'ACME', lost: 2, cause: 'unknown' })
  })

  it('is named as the broker reports it, and sends nothing', async () => {
    const changes = [
      { at: 1, cause: 'settlement' },
      { at: 2, cause: 'liquidation', text: 'execution 8812' },
    ]
    await begin({ changes }, { account: true })
    await broker.script({ hands: [{ instrument: 'ACME', quantity: -0.5 }] })
    const line = await shrunk()
    expect(line).to.include({ cause: 'liquidation', proof: 'execution 8812', lost: 0.5 })
    expect(running!.positions()[0]!.quantity).to.equal(1.5)
    expect((await broker.requests()).filter(({ route }) => route === 'place')).to.deep.equal([])
  })

  it('has an unknown cause where the broker names one that is none', async () => {
    await begin({ changes: [{ at: 2, cause: 'magic' }] }, { account: true })
    await broker.script({ hands: [{ instrument: 'ACME', quantity: -2 }] })
    expect(await shrunk()).to.include({ cause: 'unknown' })
  })

  it('belongs to an instrument whose tick the broker lists at the start', async () => {
    await begin(
      { listed: [{ instrument: 'ACME', tickSize: 0.25 }], account: { positionMode: 'one-way' } },
      { instruments: true },
    )
    expect(running!.positions()[0]!.tickSize).to.equal(0.25)
  })
})
