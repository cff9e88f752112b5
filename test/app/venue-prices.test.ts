import { join } from 'node:path'
import { Writable } from 'node:stream'
import { expect } from 'chai'
import { Service } from '../../src/app/service.ts'
import type { PositionEntry } from '../../src/config/position-reader.ts'
import { parsePositions } from '../../src/config/positions-file.ts'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import type { InstrumentId } from '../../src/domain/ids.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Protocol } from '../support/broker-server/routes.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { emulated, type EmulatedVenue } from '../support/venues/at-venue.ts'
import { SPEECH } from '../support/venues/stream-speech.ts'
import { VenueStreams } from '../support/venues/streams.ts'

const VENUES = {
  binance: { account: binanceAccount, name: 'BTCUSDT' },
  bybit: { account: bybitAccount, name: 'BTCUSDT' },
  okx: { account: okxAccount, name: 'BTC-USDT-SWAP' },
} as const

const WITH_STOP = {
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  rules: { stopLoss: { price: 90 } },
} as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`a service with prices of ${kind}`, function () {
    this.timeout(60_000)
    const { account, name } = VENUES[kind]
    let folder: Folder
    let venue: EmulatedVenue
    let streams: VenueStreams
    let service: Service | undefined
    let url: string
    let emulator: Protocol
    /** How far this process's clocks were moved on. */
    let skewMs: number

    /** Prices without an account, and a paper account. */
    const publicFeed = (): object => ({
      broker: { kind: 'paper', delayMs: 0 },
      feed: {
        kind: 'venue',
        venue: { kind, environment: 'demo', url: venue.url, streamUrl: streams.url },
      },
    })
    /** The account at the venue, and its prices. */
    const ownFeed = (): object => ({
      broker: {
        ...account().broker,
        url: venue.url,
        streamUrl: streams.url,
        orderStream: false,
      },
      feed: { kind: 'broker' },
    })

    const start = async (
      given: object,
      feed: object = {},
      entries: readonly PositionEntry[] = [],
    ): Promise<void> => {
      const settings = given as { broker: { kind: string }; feed: object }
      const [started, { url: at }] = await Service.start({
        config: loadServiceConfig({
          file: undefined,
          settings: {
            dataFolder: join(folder.path, 'data'),
            http: { port: 0 },
            cycleMs: 100,
            holdings: { confirm: false },
            stop: { deadlineMs: 500 },
            health: { graceMs: 1 },
            ...settings,
            feed: { pollMs: 100, heartbeatMs: 200, ...settings.feed, ...feed },
          },
          env: settings.broker.kind === 'paper' ? {} : account().env,
          overrides: {},
        }),
        entries,
        fresh: false,
        clock: { now: () => Date.now() + skewMs, monotonic: () => performance.now() + skewMs },
        version: 'test',
        log: {
          stream: new Writable({ write: (_chunk, _encoding, done) => done() }),
          text: line => line.kind,
        },
        onFatal: error => expect.fail(error.message),
      })
      service = started
      url = at
      const { status } = await call('/api/positions', { ...WITH_STOP, id: 'p', instrument: name })
      expect(status).to.equal(201)
    }

    const call = async (
      path: string,
      body?: object,
    ): Promise<{ readonly status: number; readonly body: unknown }> => {
      const posted = { method: 'POST', headers: { 'content-type': 'application/json' } }
      const response = await fetch(
        `${url}${path}`,
        body === undefined ? {} : { ...posted, body: JSON.stringify(body) },
      )
      return { status: response.status, body: await response.json() }
    }
    const position = async () =>
      (await call('/api/positions/p')).body as { lastPrice?: number; state?: string }
    const journal = async (): Promise<readonly JournalLine[]> =>
      (await call('/api/journal?last=1000')).body as JournalLine[]
    const check = async (name = 'feed:streams'): Promise<{ status: string; output?: string }> => {
      const { checks } = (await call('/health')).body as {
        checks: Record<string, readonly { status: string; output?: string }[]>
      }
      return checks[name]![0]!
    }
    const metric = async (line: string): Promise<boolean> =>
      (await (await fetch(`${url}/metrics`)).text()).includes(line)
    /** The price at the venue, which it pushes and answers. */
    const price = (at: number): void => {
      venue.server.venue.price(name, at)
      streams.price(name, at)
    }
    /** Moves the price until the service shows it: one of its connections may not have subscribed yet. */
    const shows = (at: number): Promise<void> =>
      until(async () => {
        price(at)
        return (await position()).lastPrice === at
      })
    /** From now on the account is another one at the venue. */
    const emulate = (change: object): void => {
      const venue = emulator as unknown as { emulation: object }
      venue.emulation = { ...venue.emulation, ...change }
    }
    /** Lets time pass here and at the venue until a check is so: the account is asked one question a minute, in turn. */
    const untilAsked = async (name: string, status: string): Promise<void> => {
      let before = 0
      await until(async () => {
        const asked = venue.server.seen.length
        // A minute that passes under way makes a request too old for the venue.
        if (asked === before) {
          skewMs += 61_000
          emulate({ aheadMs: skewMs })
        }
        before = asked
        return (await check(name)).status === status
      })
    }
    const polls = (): number => venue.server.seen.filter(({ route }) => route === 'quotes').length

    const open = async (): Promise<void> => {
      folder = new Folder()
      emulator = account().protocol
      skewMs = 0
      venue = await emulated(emulator, {
        capabilities: { holdings: 'net', lookup: 'complete', reduceOnly: true },
      })
      streams = new VenueStreams(SPEECH[kind])
      await streams.open()
      price(100)
      venue.server.venue.hand({ instrument: name, quantity: 1 })
    }
    const close = async (): Promise<void> => {
      await service?.stop()
      service = undefined
      streams.close()
      venue.close()
      folder.remove()
    }

    describe('that are public, in one service', () => {
      before(async () => {
        await open()
        await start(publicFeed())
        await until(() => streams.subscribedNames().includes(name))
      })
      after(close)

      it('takes lots, ticks and contract sizes of the venue for a paper account', async () => {
        const { instruments } = service!.control
        expect(instruments.of(name as InstrumentId)).to.include({ tickSize: 0.01, lot: 0.001 })
      })

      it('exits at no message that it cannot read, and journals a sample of them', async () => {
        price(100)
        await until(async () => (await position()).lastPrice === 100)
        for (let times = 0; times < 50; times++) streams.say('<html>1</html>')
        await until(async () => (await journal()).some(line => line.kind === 'feed-malformed'))
        expect((await position()).state).to.equal('guarded')
        expect((await journal()).filter(line => line.kind === 'feed-malformed')).to.have.length(1)
      })

      it('polls while the streams are down, says so in health, and takes pushed prices again', async () => {
        price(101)
        await until(async () => (await position()).lastPrice === 101)
        await until(async () => (await check()).status === 'pass')
        streams.close()
        await until(async () => (await check()).status === 'warn')
        expect((await check()).output).to.include(`${kind} quotes: `)
        expect(await metric('watchkeeper_stream_up{stream="quotes"} 0')).to.equal(true)
        venue.server.venue.price(name, 102)
        await until(async () => (await position()).lastPrice === 102)
        await streams.open()
        await until(() => streams.subscribedNames().includes(name))
        await until(async () => (await check()).status === 'pass')
        const kinds = (await journal()).map(line => line.kind)
        expect(kinds).to.include('stream-lost')
        expect(kinds).to.include('stream-connected')
        expect(await metric('watchkeeper_stream_reconnects_total{stream="quotes"} 1')).to.equal(
          true,
        )
      })

      it('exits a paper position at a pushed price, and needs no account for it', async () => {
        price(100)
        await until(async () => (await position()).lastPrice === 100)
        expect((await position()).state).to.equal('guarded')
        price(89)
        await until(async () => (await position()).state !== 'guarded')
        expect(venue.server.venue.book.orders).to.deep.equal([])
      })
    })

    describe('in a service of each story', () => {
      beforeEach(open)
      afterEach(close)

      it('counts the profit of a position of the file by the value of a contract at the venue', async () => {
        const file = { ...WITH_STOP, id: 'f', instrument: name }
        const { entries } = parsePositions({
          source: 'file',
          text: JSON.stringify({ positions: [file] }),
        })
        await start(ownFeed(), {}, entries)
        const { body } = await call('/api/positions/f')
        expect(body).to.include({ multiplier: kind === 'okx' ? 0.01 : 1 })
      })

      it('goes on to query the account beside a position whose instrument the venue does not list', async () => {
        const file = { ...WITH_STOP, id: 'bad', instrument: 'no-such-name' }
        const { entries } = parsePositions({
          source: 'file',
          text: JSON.stringify({ positions: [file] }),
        })
        // The account is queried once in several cycles: short ones end the wait sooner.
        await start({ ...ownFeed(), cycleMs: 50 }, {}, entries)
        const asked = (): number =>
          venue.server.seen.filter(
            ({ route, instrument }) => route === 'holding' && instrument === file.instrument,
          ).length
        await until(() => asked() >= 6)
        const { breakers } = (await call('/api/gateway')).body as {
          breakers: readonly { group: string; transitions: readonly unknown[] }[]
        }
        expect(breakers.find(({ group }) => group === 'account')?.transitions).to.deep.equal([])
      })

      it('exits a position of the account at a pushed price', async () => {
        await start(ownFeed())
        await until(() => streams.subscribedNames().includes(name))
        await shows(100)
        price(89)
        await until(() => venue.server.venue.book.fills.length === 1)
        await until(async () => (await position()).state !== 'guarded')
      })

      for (const [what, feed] of [
        ['the account', ownFeed],
        ['a paper account', publicFeed],
      ] as const)
        it(`guards ${what} where this machine's clock is a minute ahead of the venue's`, async () => {
          skewMs = 60_000
          await start(feed())
          await until(() => streams.subscribedNames().includes(name))
          await until(async () => {
            price(100)
            return (await position()).state === 'guarded'
          })
          // A polled price is as young as a pushed one.
          streams.close()
          venue.server.venue.price(name, 89)
          await until(async () => (await position()).state !== 'guarded')
        })

      it('does not poll what is pushed', async () => {
        await start(publicFeed(), { pollAfterMs: 60_000 })
        await until(() => streams.subscribedNames().includes(name))
        await shows(103)
        const before = polls()
        for (let at = 104; at < 120; at++) await shows(at)
        // A poll that had begun before may end meanwhile; it has two requests at most.
        expect(polls() - before).to.be.at.most(2)
      })

      it('replaces a connection that pushes nothing while polled prices move', async () => {
        await start(publicFeed(), { pollAfterMs: 100 })
        await until(() => streams.subscribedNames().includes(name))
        streams.isForgetful = true
        const before = streams.connections
        const isReplaced = async (): Promise<boolean> =>
          JSON.stringify((await journal()).filter(({ kind }) => kind === 'stream-lost')).includes(
            'move, and none is pushed',
          )
        // A connection that is lost for another reason, as on a busy machine, ends the count of moves.
        for (let at = 200; !(await isReplaced()); at++) {
          venue.server.venue.price(name, at)
          await until(async () => (await position()).lastPrice === at || (await isReplaced()))
        }
        await until(() => streams.connections > before)
      })

      it('names an instrument whose subscription the venue refuses, and polls it', async () => {
        streams.refusing.add(name)
        await start(publicFeed())
        await until(async () => (await check()).output?.includes(name))
        venue.server.venue.price(name, 105)
        await until(async () => (await position()).lastPrice === 105)
      })

      it('fails health when the account is set to the other position mode while it is guarded', async () => {
        await start(ownFeed())
        expect((await check('account:position-mode')).status).to.equal('pass')
        emulate({ mode: 'hedge' })
        await untilAsked('account:position-mode', 'fail')
        expect((await check('account:position-mode')).output).to.include('hedge')
      })

      // The test network of Binance reports no rights of a key.
      if (kind !== 'binance')
        it('warns in health when the key was given the right to withdraw while it is used', async () => {
          await start(ownFeed())
          expect((await check('account:withdrawals')).status).to.equal('pass')
          emulate({ perm: 'trade,withdraw', rights: { Wallet: ['Withdraw'] } })
          await untilAsked('account:withdrawals', 'warn')
          await until(async () => (await journal()).some(line => line.kind === 'key-may-withdraw'))
        })
    })
  })
}
