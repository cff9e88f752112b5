import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { VenueBroker } from '../../../../src/brokers/venue/account.ts'
import { accountDialect as ofBinance } from '../../../../src/brokers/venue/binance/account-stream.ts'
import { binanceBroker, binanceSchema } from '../../../../src/brokers/venue/binance/options.ts'
import { accountDialect as ofBybit } from '../../../../src/brokers/venue/bybit/account-stream.ts'
import { bybitBroker, bybitSchema } from '../../../../src/brokers/venue/bybit/options.ts'
import type { VenueClient } from '../../../../src/brokers/venue/client.ts'
import { accountDialect as ofOkx } from '../../../../src/brokers/venue/okx/account-stream.ts'
import { okxBroker, okxSchema } from '../../../../src/brokers/venue/okx/options.ts'
import type { AdapterRun } from '../../../../src/brokers/venue/options.ts'
import { AccountStream } from '../../../../src/brokers/venue/stream/account.ts'
import type { AccountHint } from '../../../../src/domain/account-hint.ts'
import type { Timers } from '../../../../src/ports/timers.ts'
import type { Protocol } from '../../../support/broker-server/routes.ts'
import { FakeTimers } from '../../../support/fake-timers.ts'
import { realTimers } from '../../../support/real-timers.ts'
import { until } from '../../../support/until.ts'
import { accountSpeech, type AccountSpeech } from '../../../support/venues/account-speech.ts'
import { AccountStreams } from '../../../support/venues/account-streams.ts'
import { emulated, type EmulatedVenue } from '../../../support/venues/at-venue.ts'
import { BinanceEmulator } from '../../../support/venues/binance.ts'
import { BybitEmulator } from '../../../support/venues/bybit.ts'
import { KEY, OkxEmulator } from '../../../support/venues/okx.ts'
import { recordsOf } from '../../../support/venues/records.ts'

type Given = Readonly<Record<string, unknown>>

const VENUES = {
  binance: {
    emulator: (): Protocol => new BinanceEmulator(),
    open: (given: Given, run: AdapterRun): VenueBroker =>
      binanceBroker(
        binanceSchema.parse({ kind: 'binance', environment: 'testnet', ...given }),
        run,
      ),
    name: 'BTCUSDT',
  },
  bybit: {
    emulator: (): Protocol => new BybitEmulator(),
    open: (given: Given, run: AdapterRun): VenueBroker =>
      bybitBroker(bybitSchema.parse({ kind: 'bybit', environment: 'testnet', ...given }), run),
    name: 'BTCUSDT',
  },
  okx: {
    emulator: (): Protocol => new OkxEmulator(),
    open: (given: Given, run: AdapterRun): VenueBroker =>
      okxBroker(okxSchema.parse({ kind: 'okx', environment: 'demo', ...given }), run),
    name: 'BTC-USDT-SWAP',
  },
} as const

/** The check of the key, which comes each half minute, comes at once. */
const hurried: Timers = {
  after: (ms, call) => realTimers.after(ms === 30_000 ? 40 : ms, call),
}

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`AccountStream at ${kind}`, () => {
    const { emulator: emulatorOf, open: brokerOf, name } = VENUES[kind]
    let folder: string
    let venue: EmulatedVenue
    let emulator: Protocol
    let speech: AccountSpeech
    let streams: AccountStreams
    let broker: VenueBroker
    let hints: AccountHint[]
    /** Ups and downs of the stream of stops that rest, where the venue has one. */
    let ofStops: AccountHint[]
    const sockets = kind === 'okx' ? 2 : 1

    const open = (given: Given = { ...KEY }): void => {
      const place = { url: venue.url, streamUrl: streams.url, streamHeartbeatMs: 200 }
      broker = brokerOf({ ...place, ...given }, { timers: hurried })
      broker.streamHints!(hint => {
        const isOfStops = 'stream' in hint && hint.stream === 'stops'
        ;(isOfStops ? ofStops : hints).push(hint)
      })
    }
    const kinds = (): readonly string[] => hints.map(each => each.kind)
    const count = (of: AccountHint['kind']): number => kinds().filter(each => each === of).length
    // At least: a retry may follow within the pause between two polls.
    const reached = (of: AccountHint['kind'], times: number): Promise<void> =>
      until(() => count(of) >= times)
    const firstDown = (): string => {
      const down = hints.find(each => each.kind === 'down')
      return down?.kind === 'down' ? down.why : ''
    }
    const lastDown = (): string => {
      const down = hints.findLast(each => each.kind === 'down')
      return down?.kind === 'down' ? down.why : ''
    }

    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), 'watchkeeper-stream-'))
      hints = []
      ofStops = []
      emulator = emulatorOf()
      venue = await emulated(emulator)
      speech = accountSpeech(kind, emulator)
      streams = new AccountStreams(speech, venue.server.venue)
      await streams.open()
    })
    afterEach(async () => {
      await broker.close()
      streams.close()
      venue.close()
      rmSync(folder, { recursive: true, force: true })
    })

    it('says what orders and holdings are about, in one hint each, and never a state', async () => {
      open()
      await reached('up', 1)
      const order = { id: 'wk0123', instrument: name, state: 'FILLED' }
      streams.say(speech.order(order))
      streams.say(speech.order({ ...order, id: '' }))
      streams.say(speech.holding(name, 3))
      await until(() => hints.length >= 4)
      expect(hints.slice(1)).to.deep.equal([
        { kind: 'order', clientOrderId: 'wk0123', instrument: name },
        { kind: 'order', clientOrderId: null, instrument: name },
        { kind: 'holding', instrument: name },
      ])
    })

    it('tries again where the key is refused, and never is up', async () => {
      open({ ...KEY, key: 'wrong-key', secret: 'wrong-secret' })
      await reached('down', 1)
      expect(firstDown()).to.match(/401|Params Error|60009/)
      expect(JSON.stringify(hints)).to.not.include('wrong')
      expect(count('up')).to.equal(0)
    })

    it('logs in again where the connection is lost, and where it is silent', async () => {
      open()
      await reached('up', 1)
      streams.drop()
      await reached('up', 2)
      streams.isSilent = true
      await until(() => lastDown().startsWith('silent for'))
      streams.isSilent = false
      await reached('up', 3)
      expect(kinds()).to.deep.equal(['up', 'down', 'up', 'down', 'up'])
    })

    it('makes another session where the venue ends the present one', async () => {
      open()
      await reached('up', 1)
      if (emulator instanceof BinanceEmulator) emulator.listenKey = 'listen-2'
      streams.say(speech.over())
      await reached('up', 2)
      await until(() => streams.connections === 2 * sockets)
    })

    it('drops what it cannot read, and goes on', async () => {
      open()
      await reached('up', 1)
      const order = speech.order({ id: 'wk0123', instrument: name, state: 'FILLED' })
      for (const odd of ['', 'no JSON', '[]', '7', order.slice(0, -3)]) streams.say(odd)
      streams.say(order.replaceAll(name, ''))
      streams.say(order.replaceAll(JSON.stringify(name), '7'))
      streams.say(order)
      await reached('order', 1)
      expect(count('odd')).to.equal(7)
      expect(count('down')).to.equal(0)
    })

    it('logs in with another key once the file has one', async () => {
      const keyFile = join(folder, 'key')
      const write = (key: string): void =>
        writeFileSync(
          keyFile,
          `key: ${key}\nsecret: ${KEY.secret}\npassphrase: ${KEY.passphrase}\n`,
          { mode: 0o600 },
        )
      write(KEY.key)
      open({ keyFile })
      await reached('up', 1)
      write('another-key')
      await until(() => lastDown() !== '')
      write(KEY.key)
      await reached('up', 2)
    })

    it('has no stream beside another address that names none, and where it is turned off', async () => {
      broker = brokerOf({ url: venue.url, ...KEY }, { timers: hurried })
      expect(broker.streamHints).to.equal(undefined)
      await broker.close()
      const place = { url: venue.url, streamUrl: streams.url, orderStream: false }
      broker = brokerOf({ ...place, ...KEY }, { timers: hurried })
      expect(broker.streamHints).to.equal(undefined)
    })

    if (kind === 'okx')
      it('hears of stops that rest on a connection of their own', async () => {
        open()
        await reached('up', 1)
        await until(() => ofStops.length > 0)
        streams.say(speech.order({ id: 'wkn01', instrument: name, state: 'live', isStop: true }))
        streams.say(speech.order({ id: '', instrument: name, state: 'canceled', isStop: true }))
        await until(() => count('order') >= 2)
        expect(hints.slice(1)).to.deep.equal([
          { kind: 'order', clientOrderId: 'wkn01', instrument: name },
          { kind: 'order', clientOrderId: null, instrument: name },
        ])
        streams.shut.add('/ws/v5/business')
        streams.drop()
        await reached('up', 2)
        await until(() => streams.refusals >= 3)
        // Once for each reason, however often the venue ends a connection that it has taken.
        expect(ofStops).to.deep.equal([
          { kind: 'up', stream: 'stops' },
          { kind: 'down', why: 'closed with 1006', stream: 'stops' },
          { kind: 'down', why: 'closed with 1005', stream: 'stops' },
        ])
      })
  })
}

describe('recorded messages of the streams of accounts', () => {
  const DIALECTS = { 'binance-usdm': ofBinance, bybit: ofBybit, okx: ofOkx } as const

  for (const [folder, dialectOf] of Object.entries(DIALECTS)) {
    const records = recordsOf(folder)
    if (records === undefined) {
      it(`of ${folder} (no recorded answers: folder of venues not found)`)
      continue
    }
    const read = (text: string): string => {
      try {
        const { read: readMessage } = dialectOf('ws://venue', {} as VenueClient)
        return readMessage(JSON.parse(text) as Record<string, unknown>).kind
      } catch {
        return 'odd'
      }
    }

    it(`of ${folder} are hints at most, and the end of a session is one`, () => {
      const all = ['stream-order', 'stream-position'].flatMap(records)
      const pushed = all.filter(({ body, request }) => body !== null && request?.method !== 'POST')
      const claims = pushed.map(record => ({ ...record, claim: read(record.body!) }))
      for (const { id, verdict, claim } of claims) {
        if (claim === 'hints') expect(verdict, id).to.not.be.oneOf(['session', 'gap'])
        if (claim === 'over') expect(verdict, id).to.be.oneOf(['session', 'gap'])
      }
      expect(claims.filter(({ claim }) => claim === 'hints')).to.have.length.at.least(2)
    })
  }
})

describe('the session of the account stream at binance', () => {
  it('is renewed every half hour, and made anew where the venue has ended it', async () => {
    const emulator = new BinanceEmulator()
    const venue = await emulated(emulator)
    const streams = new AccountStreams(accountSpeech('binance', emulator), venue.server.venue)
    await streams.open()
    const timers = new FakeTimers()
    const hints: AccountHint[] = []
    const asked: string[] = []
    let hasEnded = false
    const question = ({ method }: { readonly method: string }): Promise<unknown> => {
      asked.push(method)
      const isRefused = method === 'PUT' && hasEnded
      if (isRefused) return Promise.reject(new Error('This listenKey does not exist.'))
      return Promise.resolve({ listenKey: emulator.listenKey })
    }
    const client = { question, line: { keyIdentity: () => 'k' } } as unknown as VenueClient
    const stream = new AccountStream(
      {
        dialect: ofBinance(streams.url, client),
        connectTimeoutMs: 10_000,
        heartbeatMs: 36_000_000,
        onHint: hint => hints.push(hint),
      },
      { timers, monotonic: timers.monotonic, random: () => 0.5 },
    )
    const ups = (): number => hints.filter(({ kind }) => kind === 'up').length
    try {
      await until(() => ups() === 1)
      timers.pass(1_770_000)
      expect(asked).to.deep.equal(['POST'])
      timers.pass(30_000)
      await until(() => asked.length === 2)
      expect([asked, ups()]).to.deep.equal([['POST', 'PUT'], 1])
      hasEnded = true
      timers.pass(1_800_000)
      await until(() => hints.some(({ kind }) => kind === 'down'))
      expect(JSON.stringify(hints)).to.include('This listenKey does not exist.')
      timers.pass(30_000)
      await until(() => ups() === 2)
      expect(asked).to.deep.equal(['POST', 'PUT', 'PUT', 'POST'])
    } finally {
      stream.close()
      streams.close()
      venue.close()
    }
  })
})
