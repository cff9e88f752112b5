import { expect } from 'chai'
import { quoteDialectsOf } from '../../../../src/brokers/venue/public.ts'
import { QuoteStream } from '../../../../src/brokers/venue/stream/quotes.ts'
import { instrumentId } from '../../../../src/domain/ids.ts'
import type { Tick } from '../../../../src/domain/tick.ts'
import { realTimers } from '../../../support/real-timers.ts'
import { until } from '../../../support/until.ts'
import { SPEECH } from '../../../support/venues/stream-speech.ts'
import { VenueStreams } from '../../../support/venues/streams.ts'

const NAMES = { binance: 'BTCUSDT', bybit: 'BTCUSDT', okx: 'BTC-USDT-SWAP' } as const
const OTHER = { binance: 'ETHUSDT', bybit: 'ETHUSDT', okx: 'ETH-USDT-SWAP' } as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`QuoteStream at ${kind}`, () => {
    const name = NAMES[kind]
    const held = instrumentId(name)
    const other = instrumentId(OTHER[kind])
    let streams: VenueStreams
    let stream: QuoteStream
    let ticks: Tick[]
    let changes: (string | undefined)[]

    const open = async (heartbeatMs = 60_000): Promise<void> => {
      stream = new QuoteStream(
        {
          dialects: quoteDialectsOf({ kind, environment: 'demo', streamUrl: streams.url }),
          connectTimeoutMs: 5_000,
          heartbeatMs,
          now: Date.now,
          onTick: tick => ticks.push(tick),
          onChange: (_socket, why) => changes.push(why),
        },
        { timers: realTimers, monotonic: () => performance.now(), random: () => 0 },
      )
      stream.follow([held])
      await until(() => isSubscribed())
    }
    const sockets = (): number => stream.states().length
    const isSubscribed = (): boolean =>
      stream.states().every(({ trouble }) => trouble === undefined) &&
      streams.subscribedNames().filter(each => each === name).length === sockets()
    /** Moves the price until the whole of it has arrived. */
    const pushed = async (price: number, ts = Date.now()): Promise<void> => {
      streams.price(name, price, ts)
      await until(() => ticks.at(-1)?.price === price && ticks.at(-1)?.bid === price)
    }
    const oddities = (): Record<string, number> => Object.fromEntries(stream.oddities)

    beforeEach(async () => {
      ticks = []
      changes = []
      streams = new VenueStreams(SPEECH[kind])
      await streams.open()
    })
    afterEach(() => {
      stream.close()
      streams.close()
    })

    it('pushes last trades and best quotes of the instruments that it follows', async () => {
      await open()
      const ts = Date.now()
      await pushed(100, ts)
      expect(ticks.at(-1)).to.deep.equal({ instrument: held, ts, price: 100, bid: 100, ask: 100 })
      expect(stream.isPushed(held, 5_000)).to.equal(true)
      expect(stream.isPushed(other, 5_000)).to.equal(false)
    })

    it('subscribes again and takes prices again after a connection was lost', async () => {
      await open()
      await pushed(100)
      streams.drop()
      await until(() => changes.includes('closed with 1006'))
      await until(() => isSubscribed())
      await pushed(101)
      expect(stream.states().map(({ reconnects }) => reconnects)).to.deep.equal(
        stream.states().map(() => 1),
      )
    })

    it('does not count a figure of a lost connection as pushed', async () => {
      await open()
      await pushed(100)
      streams.close()
      await until(() => !stream.isPushed(held, 60_000))
      expect(stream.states()[0]!.trouble).to.be.a('string')
      expect(stream.withPushed({ instrument: held, ts: Date.now(), price: 99 })).to.include({
        price: 99,
      })
    })

    it('connects again, with a growing delay, while the venue refuses connections', async () => {
      await open()
      streams.close()
      await until(() =>
        changes.some(why => why?.includes('ECONNREFUSED') || why === 'closed with 1006'),
      )
      await streams.open()
      await until(() => isSubscribed())
      // Once for each connection that was there, however often it was tried again.
      expect(changes.filter(why => why !== undefined)).to.have.length(sockets())
    })

    it('is up at its first message: a venue may end each connection at once', async () => {
      await open()
      await pushed(100)
      const before = changes.length
      streams.endsAtOnce = true
      streams.drop()
      const tried = streams.connections
      await until(() => streams.connections >= tried + 3 * sockets())
      expect(changes.slice(before).filter(why => why === undefined)).to.deep.equal([])
      expect(changes.slice(before)).to.have.length.at.most(2 * sockets())
      streams.endsAtOnce = false
      await until(() => changes.at(-1) === undefined)
    })

    it('replaces a connection that stays open and is silent', async () => {
      await open(100)
      const before = streams.connections
      streams.isSilent = true
      await until(() => changes.includes('silent for 100 ms after a heartbeat'))
      await until(() => streams.connections > before)
      streams.isSilent = false
      streams.drop()
      await until(() => isSubscribed())
      await pushed(101)
    })

    it('keeps a connection on which only heartbeats are answered', async () => {
      // An answer may take that long on a busy machine.
      await open(500)
      const beats = (): number => streams.pings
      const before = beats()
      await until(() => beats() > before + 3)
      expect(changes.filter(why => why !== undefined)).to.deep.equal([])
    })

    it('drops a message that is older than the one before it, also on a new connection', async () => {
      await open()
      const ts = Date.now()
      await pushed(100, ts)
      streams.drop()
      await until(() => changes.includes('closed with 1006'))
      await until(() => isSubscribed())
      const count = ticks.length
      streams.price(name, 90, ts - 60_000)
      await until(() => (oddities()['old'] ?? 0) > 0)
      expect(ticks.slice(count).map(({ price }) => price)).to.not.include(90)
      await pushed(101)
    })

    it('counts a time ahead of the clock as now, so that it hides no later message', async () => {
      await open()
      await pushed(100, Date.now() + 3_600_000)
      await pushed(101)
    })

    it('orders messages by the time of a venue whose clock is ahead', async () => {
      await open()
      const ts = Date.now() + 5_000
      await pushed(100, ts)
      expect(stream.withPushed({ instrument: held, ts: ts - 1, price: 99 })).to.equal(undefined)
    })

    it('takes nothing from a message that it cannot read, and counts it', async () => {
      await open()
      await pushed(100)
      const count = ticks.length
      for (const text of ['{', '[]', 'null', '""', '{"e":', '<html></html>']) streams.say(text)
      await until(() => (oddities()['syntax'] ?? 0) >= 6)
      for (const text of ['{}', '{"e":7}', '{"topic":"tickers.BTCUSDT"}']) streams.say(text)
      await until(() => (oddities()['shape'] ?? 0) > 0)
      expect(ticks.length).to.equal(count)
      expect(stream.samples.get('syntax')).to.be.a('string')
      await pushed(101)
    })

    it('takes nothing about an instrument that it did not ask for', async () => {
      await open()
      for (const path of streams.paths()) {
        const quote = { name: OTHER[kind], price: 7, ts: Date.now(), isFirst: true }
        for (const text of SPEECH[kind].quote(path, quote)) streams.say(text)
      }
      await until(() => (oddities()['unasked'] ?? 0) > 0)
      expect(ticks).to.deep.equal([])
    })

    it('subscribes to the others where the venue refuses one, and names that one', async () => {
      streams.refusing.add(OTHER[kind])
      await open()
      stream.follow([other, held])
      await until(() => stream.states().every(({ refused }) => refused.has(other)))
      expect(stream.states()[0]!.refused.get(other)).to.be.a('string')
      await pushed(100)
    })

    it('follows other instruments on the same connection', async () => {
      await open()
      stream.follow([other])
      await until(() => streams.subscribedNames().every(each => each === OTHER[kind]))
      await until(() => streams.subscribedNames().length === sockets())
      expect(streams.connections).to.equal(sockets())
    })

    it('takes a polled price where it is newer than what was pushed, else only a missing trade', async () => {
      await open()
      const ts = Date.now()
      await pushed(100, ts)
      const polled = { instrument: held, price: 99 }
      expect(stream.withPushed({ ...polled, ts: ts + 1 })).to.include({ price: 99 })
      expect(stream.withPushed({ ...polled, ts: ts - 1 })).to.equal(undefined)
    })

    if (kind === 'binance') {
      it('shows a best quote without a trade until a trade is pushed or polled', async () => {
        await open()
        const quote = { name, price: 100, ts: Date.now(), isFirst: true }
        for (const text of SPEECH.binance.quote('/public/stream', quote)) streams.say(text)
        await until(() => ticks.length > 0)
        expect(Number.isNaN(ticks.at(-1)!.price)).to.equal(true)
        expect(stream.isPushed(held, 60_000)).to.equal(false)
        expect(stream.withPushed({ instrument: held, ts: quote.ts - 1, price: 99 })).to.deep.equal({
          instrument: held,
          ts: quote.ts,
          price: 99,
          bid: 100,
          ask: 100,
        })
      })
    }

    if (kind === 'bybit') {
      it('takes no change of a snapshot that did not come on the same connection', async () => {
        await open()
        const quote = { name, price: 100, ts: Date.now(), isFirst: false }
        for (const text of SPEECH.bybit.quote('', quote)) streams.say(text)
        await until(() => oddities()['no-snapshot'] === 1)
        expect(ticks).to.deep.equal([])
      })

      it('keeps the figures that a change leaves out', async () => {
        await open()
        await pushed(100)
        const data = { symbol: name, bid1Price: '99.5' }
        streams.say(
          JSON.stringify({ topic: `tickers.${name}`, type: 'delta', data, ts: Date.now() }),
        )
        await until(() => ticks.at(-1)?.bid === 99.5)
        expect(ticks.at(-1)).to.include({ price: 100, ask: 100 })
      })
    }

    if (kind === 'okx') {
      it('connects anew where the venue announces that it will close the connection', async () => {
        await open()
        streams.say(
          JSON.stringify({
            event: 'notice',
            code: '64008',
            msg: 'will soon be closed',
            connId: 'c',
          }),
        )
        await until(() => changes.includes('64008 will soon be closed'))
        await until(() => isSubscribed())
        await pushed(100)
      })
    }
  })
}
