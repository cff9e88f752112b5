import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { isNetId } from '../../src/domain/resting-stop.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Fault } from '../support/broker-server/script.ts'
import { serveBroker, type BrokerServer } from '../support/broker-server/server.ts'
import { STOPS } from '../support/net-venue.ts'
import { until } from '../support/until.ts'

const ACME = { instrument: 'ACME', quantity: 4 }
const CAPABILITIES = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  visibilityMs: 100,
} as const

describe('a service with nets at a bridge', () => {
  let folder: string
  let server: BrokerServer
  let running: RunningWatchkeeper | undefined

  /** Opens a bridge, and a service that guards 4 ACME at 100 with a net behind a trailing stop of 10 %. */
  const open = async (restingStop = STOPS, faults: readonly Fault[] = [], settings = {}) => {
    const capabilities = { ...CAPABILITIES, restingStop }
    server = await serveBroker({
      folder: join(folder, 'bridge'),
      settings: { capabilities, ...settings },
      script: { prices: { ACME: 100 }, hands: [ACME], faults },
    })
    running = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder, 'data'),
        http: { port: 0 },
        cycleMs: 50,
        health: { graceMs: 0 },
        holdings: { confirm: false, reconcileMs: 200 },
        exits: { retryMs: 50, maxRetryMs: 200 },
        feed: { kind: 'poll', pollMs: 100 },
        broker: {
          kind: 'http',
          url: `http://127.0.0.1:${server.port}`,
          token: 'test-token',
          capabilities,
          ...settings,
        },
      },
    })
    const net = { beyondPct: 1, minMovePct: 0.1, everyMs: 1_000 }
    const rules = { trailingStop: { distancePct: 10 }, net }
    await running.guard({ id: 'p', ...ACME, side: 'long', entryPrice: 100, rules })
    await until(() => running!.why('p')?.net?.state === 'resting')
  }

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-nets-'))))
  afterEach(async () => {
    await running?.stop()
    running = undefined
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const lines = async (): Promise<readonly JournalLine[]> =>
    (await (await fetch(`${running!.url}/api/journal?last=1000`)).json()) as readonly JournalLine[]
  const journaled = (kind: JournalLine['kind']) =>
    until(async () => (await lines()).some(line => line.kind === kind))
  const isClosed = (): boolean => running!.positions().length === 0
  const book = () => server.venue.book
  const sold = (): number => book().fills.reduce((units, { quantity }) => units + quantity, 0)
  const nets = () => book().orders.filter(({ clientOrderId }) => isNetId(clientOrderId))

  it('sells once where the net is executed in part at the moment of a change of its trigger', async () => {
    await open(STOPS, [
      { on: 'stop', times: 'always', harm: { kind: 'fill', plan: { share: 0.5 } } },
      { on: 'amend', harm: { kind: 'trigger', when: 'before' } },
    ])
    server.venue.price('ACME', 110)
    await until(isClosed)
    expect(sold()).to.equal(4)
    expect(book().orders.map(order => isNetId(order.clientOrderId))).to.deep.equal([true, false])
    const exit = (await lines()).find(({ kind }) => kind === 'exit-intended')
    expect(exit).to.include({ reason: 'venue-stop' })
  })

  it('sends no exit where the cancel of a net that reserves the units shows that it was filled', async () => {
    await open({ ...STOPS, reserves: true }, [
      { on: 'cancel', harm: { kind: 'trigger', when: 'before' } },
    ])
    await running!.exit('p')
    await until(isClosed)
    expect(sold()).to.equal(4)
    expect(book().orders).to.have.length(1)
  })

  it('notices that the venue has lost the net, though it lists no working orders', async () => {
    await open()
    await until(() => running!.positions()[0]!.layer === 'both')
    server.venue.endDay()
    server.venue.price('ACME', 110)
    await journaled('net-over')
    await until(() => running!.positions()[0]!.layer === 'ours')
    expect(nets()).to.have.length(1)
    server.venue.price('ACME', 90)
    await until(isClosed)
    expect(sold()).to.equal(4)
  })

  it('counts no net that the venue refuses to take back after the instrument was delisted', async () => {
    await open(STOPS, [], { openOrders: true })
    server.venue.price('ACME', 110)
    await journaled('net-moved')
    server.venue.settings = { ...server.venue.settings, instruments: ['OTHER'] }
    server.venue.endStops()
    await journaled('net-over')
    await until(() => running!.positions()[0]!.layer === 'ours')
    expect(sold()).to.equal(0)
  })
})
