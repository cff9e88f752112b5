import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Capabilities } from '../../src/ports/broker.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { ask } from '../support/http.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

const CAPABILITIES: Partial<Capabilities> = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  visibilityMs: 200,
  styles: ['market', 'marketable-limit'],
  deadline: 'kept',
}
/** Longest call, ms: an order may act as long after it was sent. */
const CALL_MS = 60_000
const AT_THE_START = JSON.stringify({ instruments: [{ instrument: 'SHARED', lot: 0.1 }] })
const REFUSED = { kind: 'reject', code: 'refused', text: 'not of this type' } as const

const position = (id: string, instrument: string, but: object = {}): object => ({
  id,
  instrument,
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  rules: { stopLoss: { pct: 50 } },
  ...but,
})

describe('a service whose venue counts in doubles and refuses orders by type', () => {
  let folder: string
  let broker: RemoteBroker
  let service: RunningService
  let port: number

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-orders-'))
    const hands = [
      { instrument: 'LOTS', quantity: 0.8 },
      { instrument: 'SHORT', quantity: -0.8 },
      { instrument: 'PENNY', quantity: 100 },
      { instrument: 'SHARED', quantity: 0.3 },
      { instrument: 'NO-LIMIT', quantity: 1 },
      { instrument: 'NO-MARKET', quantity: 1 },
    ]
    broker = await startBroker({
      folder: join(folder, 'broker'),
      settings: {
        drifts: true,
        capabilities: CAPABILITIES,
        listed: [{ instrument: 'SHARED', lot: 0.05, minQuantity: 0.05 }],
      },
      script: {
        hands,
        prices: Object.fromEntries(hands.map(({ instrument }) => [instrument, 100])),
        faults: [
          // The start reads another lot than the service finds later.
          { on: 'instruments', harm: { kind: 'raw', text: AT_THE_START } },
          {
            on: 'place',
            instrument: 'NO-LIMIT',
            type: 'limit',
            times: 'always',
            harm: REFUSED,
          },
          {
            on: 'place',
            instrument: 'NO-MARKET',
            type: 'market',
            times: 'always',
            harm: REFUSED,
          },
          {
            on: 'place',
            instrument: 'NO-MARKET',
            type: 'limit',
            times: 1,
            harm: { kind: 'fill', plan: { share: 0, ends: true } },
          },
        ],
      },
    })
    service = start()
    await service.printed(line => line.startsWith('Ctrl-C'))
    port = Number(/^positions +http:\S+:(\d+)\/api/m.exec(service.lines.join('\n'))![1])
  })

  after(async () => {
    await service.end('SIGKILL')
    await broker.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function start(): RunningService {
    const positions = [
      // As a script writes that adds up in doubles.
      position('lots', 'LOTS', { quantity: 0.7999999999999999 }),
      position('short', 'SHORT', { side: 'short', quantity: 0.8 }),
      position('penny', 'PENNY', { quantity: 100 }),
      position('shared-a', 'SHARED', { quantity: 0.1 }),
      position('shared-b', 'SHARED', { quantity: 0.2 }),
      position('no-limit', 'NO-LIMIT'),
      position('no-market', 'NO-MARKET'),
    ]
    const style = { kind: 'marketable-limit', bandPct: 0.5, escalateMs: 2_000 }
    const config = {
      positions: 'p.json',
      dataFolder: join(folder, 'data'),
      cycleMs: 50,
      http: { port: 0 },
      broker: {
        kind: 'http',
        url: broker.url,
        token: 'test-token',
        capabilities: CAPABILITIES,
        callTimeoutMs: CALL_MS,
        instruments: true,
      },
      exits: { style, retryMs: 50 },
      instruments: { LOTS: { lot: 0.1 }, PENNY: { tickSize: 0.05 } },
      holdings: {
        reconcileMs: 200,
        confirm: false,
        adopt: 'rules',
        instruments: ['*'],
        defaultRules: { stopLoss: { pct: 50 } },
        adoptAfterMs: 300,
      },
      feed: { kind: 'poll', pollMs: 100 },
    }
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    const args = ['--config', join(folder, 'config.json'), '--positions', join(folder, 'p.json')]
    return new RunningService(args)
  }

  const heldOf = (instrument: string): number =>
    broker.book().holdings.find(each => each.instrument === instrument)?.quantity ?? 0
  const orderedOf = (instrument: string): unknown[] =>
    broker
      .book()
      .orders.filter(each => each.instrument === instrument)
      .map(({ type, quantity, limit }) => [type, quantity, ...(limit === undefined ? [] : [limit])])

  it('sells each holding to the last lot, with a type of order that the venue accepts', async () => {
    const prices = { LOTS: 40, SHORT: 160, PENNY: 0.05, 'NO-LIMIT': 40, 'NO-MARKET': 40 }
    // A price that a busy machine reads too late exits no position: it is repeated.
    const repeated = setInterval(() => void broker.script({ prices }), 500)
    try {
      await service.printed(line => line.includes(' exit-filled '), 5)
    } finally {
      clearInterval(repeated)
    }
    for (const instrument of ['LOTS', 'SHORT', 'PENNY', 'NO-LIMIT', 'NO-MARKET']) {
      expect(heldOf(instrument), instrument).to.equal(0)
    }
    expect(orderedOf('LOTS')).to.deep.equal([['limit', 0.8, 39.8]])
    expect(orderedOf('SHORT')).to.deep.equal([['limit', 0.8, 160.8]])
    expect(orderedOf('PENNY')).to.deep.equal([['limit', 100, 0.05]])
    expect(orderedOf('NO-LIMIT')).to.deep.equal([
      ['limit', 1, 39.8],
      ['market', 1],
    ])
    expect(orderedOf('NO-MARKET')).to.deep.equal([
      ['limit', 1, 39.8],
      ['market', 1],
      ['limit', 1, 39.6],
    ])
  })

  it('applies what the venue lists while it runs, and reports it of instruments that are held', async () => {
    const changed = (line: string): boolean => line.includes(' instrument-changed ')
    await service.printed(changed)
    const line = service.lines.find(changed)!
    expect(line)
      .to.match(/SHARED/)
      .and.to.match(/"lot":0\.1.*"lot":0\.05/)
    const unlisted = service.lines.filter(each => each.includes(' instrument-unlisted '))
    expect(unlisted.join(), 'it is listed').not.to.include('SHARED')
    expect(unlisted.join()).to.include('LOTS')
  })

  it('gives each order the deadline of a call to the broker', async () => {
    const placed = (await broker.requests()).filter(({ route }) => route === 'place')
    const lefts = placed.map(({ at, expiresAt = Infinity }) => expiresAt - at)
    expect(lefts.length).to.be.at.least(8)
    for (const leftMs of lefts) expect(leftMs).to.be.within(CALL_MS / 2, CALL_MS)
  })

  it('neither adopts nor reports remainders of floating-point sums beside its positions', async () => {
    // By then every holding has been listed several times, flat ones as 2 ** -54 too.
    const from = (await broker.requests()).length
    await until(async () => {
      const seen = (await broker.requests()).slice(from)
      return seen.filter(({ route }) => route === 'holdings').length > 5
    })
    const { json } = await ask(port, '/api/positions')
    const open = (json['positions'] as { id: string; quantity: number }[]).map(each => each.id)
    expect(open).to.deep.equal(['shared-a', 'shared-b'])
    const lines = service.lines.filter(line => /holding-|position-shrunk|adopted/.test(line))
    expect(lines).to.deep.equal([])
  })
})
