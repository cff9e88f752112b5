import { expect } from 'chai'
import { instrumentsAt, notationWarnings, readVenue } from '../../src/app/venue-start.ts'
import { loadServiceConfig } from '../../src/config/service-file.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import {
  InstrumentTable,
  PLAIN_INSTRUMENT,
  type InstrumentSpec,
} from '../../src/domain/instrument.ts'
import { InputError } from '../../src/errors.ts'
import { startBroker } from '../support/broker-server/client.ts'
import { closedPort } from '../support/closed-port.ts'
import { atBinance } from '../support/venues/at-binance.ts'
import { atBybit } from '../support/venues/at-bybit.ts'
import { atOkx } from '../support/venues/at-okx.ts'
import type { EmulatedVenue } from '../support/venues/at-venue.ts'

/** The section of an account at a venue. */
const sectionOf = (kind: string, url: string, but: Readonly<Record<string, unknown>> = {}) => {
  const env = {
    WATCHKEEPER_BROKER_KEY: 'emulated-key',
    WATCHKEEPER_BROKER_SECRET: 'emulated-secret',
    WATCHKEEPER_BROKER_PASSPHRASE: 'my own words',
  }
  const overrides = { broker: { kind, environment: 'demo', url, ...but } }
  return loadServiceConfig({ file: undefined, env, overrides: flat(overrides) }).broker
}

const flat = (given: { broker: object }): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given.broker).map(([name, value]) => [`broker.${name}`, value]))

const VENUES = { binance: atBinance, bybit: atBybit, okx: atOkx } as const

/** The same venues, where the key may withdraw. */
const WITHDRAWING = {
  binance: () => atBinance({ withdraws: true }),
  bybit: () => atBybit({ rights: { ContractTrade: ['Order'], Wallet: ['Withdraw'] } }),
  okx: () => atOkx({ perm: 'read_only,withdraw,trade', isSimulated: false }),
}

describe('what a start reads at a venue', () => {
  for (const [kind, open] of Object.entries(VENUES)) {
    const openWithdrawing = WITHDRAWING[kind as keyof typeof WITHDRAWING]
    describe(kind, () => {
      let venue: EmulatedVenue
      const begin = async (mode: 'one-way' | 'hedge'): Promise<void> => {
        venue = await open({ mode })
        venue.server.venue.price('ACME', 90)
      }
      afterEach(() => venue.close())

      for (const mode of ['one-way', 'hedge'] as const) {
        it(`refuses an account in ${mode} mode when the configuration says the other mode`, async () => {
          await begin(mode)
          const other = mode === 'hedge' ? 'one-way' : 'hedge'
          const error = await readVenue(sectionOf(kind, venue.url, { positionMode: other })).then(
            () => undefined,
            (reason: unknown) => reason,
          )
          expect(error).to.be.instanceOf(InputError)
          expect((error as InputError).faults).to.have.length(1)
          expect((error as InputError).message).to.include(`the account is in ${mode} mode`)
        })
      }

      it('refuses a key that may withdraw, unless the configuration accepts it by name', async () => {
        venue = await openWithdrawing()
        venue.server.venue.price('ACME', 90)
        const live = { environment: 'live' }
        const error = await readVenue(sectionOf(kind, venue.url, live)).catch(
          (reason: unknown) => reason,
        )
        expect(error).to.be.instanceOf(InputError)
        expect((error as InputError).faults[0]).to.include({
          code: 'WITHDRAWALS',
          path: 'broker.acceptWithdrawals',
        })
        const accepted = { ...live, acceptWithdrawals: true }
        const { instruments, unread } = await readVenue(sectionOf(kind, venue.url, accepted))
        expect(unread).to.deep.equal([])
        expect(instruments).to.have.length(1)
      })

      it('supplies the instruments', async () => {
        await begin('one-way')
        const { instruments, unread } = await readVenue(sectionOf(kind, venue.url))
        expect(unread).to.deep.equal([])
        expect(instruments.map(({ instrument }) => instrument)).to.deep.equal(['ACME'])
      })
    })
  }

  it('supplies the instruments of a server that lists them, and leaves out those that cannot be', async () => {
    const server = await startBroker({})
    try {
      await server.script({
        set: {
          listed: [
            { instrument: 'ACME', lot: 0.1, contractSize: 10 },
            { instrument: 'ZERO', contractSize: 0 },
            { instrument: 'LESS', lot: -1 },
            { instrument: 'TEXT', lot: '0.1' },
            { instrument: 'ODD', minQuantity: 5, maxQuantity: 1 },
            { lot: 1 },
          ],
        },
      })
      const broker = { kind: 'http', url: server.url, token: 'test-token', instruments: true }
      const config = loadServiceConfig({ file: undefined, env: {}, overrides: flat({ broker }) })
      const { instruments, unread } = await readVenue(config.broker)
      expect(unread).to.deep.equal([])
      const [acme, ...others] = instruments
      expect(others).to.deep.equal([])
      expect(acme).to.include({ instrument: 'ACME', lot: 0.1, multiplier: 10, isTrading: true })
    } finally {
      await server.close()
    }
  })

  it('delays nothing where the venue is unreachable, and reports that', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`
    const { instruments, unread } = await readVenue(sectionOf('binance', url))
    expect(instruments).to.deep.equal([])
    expect(unread).to.have.length(2)
    expect(unread.map(each => each.split(':')[0]).sort()).to.deep.equal([
      'instruments',
      'position mode',
    ])
  })

  it('fills in what the configuration leaves out of an instrument, and keeps what it states', async () => {
    const venue = await atOkx()
    venue.server.venue.price('BTC-USDT-SWAP', 90)
    const { instruments } = await readVenue(sectionOf('okx', venue.url))
    venue.close()
    const own = { ...PLAIN_INSTRUMENT, tickSize: 0.5, currency: 'EUR' }
    const table = instrumentsAt(new InstrumentTable([['BTC*', own]]), instruments)
    expect(table.of(instrumentId('BTC-USDT-SWAP'))).to.include({
      multiplier: 0.01,
      lot: 0.001,
      minQuantity: 0.001,
      tickSize: 0.5,
      currency: 'EUR',
    })
    expect(table.of(instrumentId('BTC-OTHER'))).to.equal(own)
    expect(table.of(instrumentId('ETH'))).to.equal(PLAIN_INSTRUMENT)
  })

  it('takes the smallest value of an order from the venue, and leaves one that is configured bound', async () => {
    for (const open of [atBinance, atBybit]) {
      const venue = await open()
      venue.server.venue.price('ACME', 90)
      const kind = open === atBinance ? 'binance' : 'bybit'
      const { instruments } = await readVenue(sectionOf(kind, venue.url))
      venue.close()
      const of = (own: Partial<InstrumentSpec>) =>
        instrumentsAt(
          new InstrumentTable([['*', { ...PLAIN_INSTRUMENT, ...own }]]),
          instruments,
        ).of(instrumentId('ACME'))
      expect(of({})).to.include({ minOrderValue: 5, reduceOnlyExempt: true })
      expect(of({ minOrderValue: 7 })).to.include({ minOrderValue: 7, reduceOnlyExempt: false })
    }
  })

  it('names instruments in another notation, with a suggestion', () => {
    const broker = sectionOf('okx', 'https://okx.example')
    const { feed } = loadServiceConfig({ file: undefined, env: {}, overrides: {} })
    expect(
      notationWarnings({ broker, feed }, [
        'BTC/USDT',
        'BTC-USDT-SWAP',
        'gold',
        'BTC-USD-SWAP',
        'BTCUSD',
      ]),
    ).to.deep.equal([
      'instrument BTC/USDT: no name of okx; did you mean BTC-USDT-SWAP?',
      'instrument gold: no name of okx',
      'instrument BTC-USD-SWAP: margined in coins, so that rules in percent of money do not fit',
      'instrument BTCUSD: no name of okx; did you mean BTC-USD-SWAP?',
    ])
    for (const kind of ['binance', 'bybit'] as const) {
      const elsewhere = sectionOf(kind, 'https://venue.example')
      expect(
        notationWarnings({ broker: elsewhere, feed }, ['BTCUSD_PERP', 'BTCUSD', 'BTC-USD-SWAP']),
      ).to.deep.equal(
        ['BTCUSD_PERP', 'BTCUSD', 'BTC-USD-SWAP'].map(
          name => `instrument ${name}: margined in coins, so that it is not guarded at ${kind}`,
        ),
      )
    }
  })

  it('names them too where a paper account takes its prices from a venue', () => {
    const overrides = { 'feed.kind': 'venue', 'feed.venue.kind': 'bybit' }
    const config = loadServiceConfig({ file: undefined, env: {}, overrides })
    expect(notationWarnings(config, ['BTC/USDT', 'BTCUSDT'])).to.deep.equal([
      'instrument BTC/USDT: no name of bybit; did you mean BTCUSDT?',
    ])
  })
})
