import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { reportSchema, type VenueReport } from '../../src/brokers/venue/report.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { emulated, type EmulatedVenue } from '../support/venues/at-venue.ts'

const VENUES = {
  binance: { account: binanceAccount, name: 'BTCUSDT' },
  bybit: { account: bybitAccount, name: 'BTCUSDT' },
  okx: { account: okxAccount, name: 'BTC-USDT-SWAP' },
} as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`watchkeeper venue test at ${kind}`, function () {
    this.timeout(120_000)
    const { account, name } = VENUES[kind]
    let folder: Folder
    let venue: EmulatedVenue

    const open = async (
      mode: 'one-way' | 'hedge' = 'one-way',
      emulation: object = {},
    ): Promise<void> => {
      const holdings = mode === 'hedge' ? 'sides' : 'net'
      venue = await emulated(account({ mode, ...emulation }).protocol, {
        capabilities: { dedupe: 'open-only', lookup: 'complete', reduceOnly: true, holdings },
      })
      venue.server.venue.price(name, 100)
    }
    const test = (
      args: readonly string[] = [],
      broker: object = {},
      { env }: { readonly env: NodeJS.ProcessEnv } = account(),
    ): Promise<Ran> => {
      const config = folder.file(
        'watchkeeper.json',
        JSON.stringify({ broker: { ...account().broker, url: venue.url, ...broker } }),
      )
      const output = join(folder.path, 'report.json')
      const given = ['venue', 'test', '--config', config, '--output', output, ...args]
      return cliHere(given, { env })
    }
    const report = (): VenueReport =>
      reportSchema.parse(JSON.parse(readFileSync(join(folder.path, 'report.json'), 'utf8')))
    const orders = (): number => venue.server.venue.book.orders.length
    const held = (): number => venue.server.venue.book.holdings().length

    beforeEach(() => (folder = new Folder()))
    afterEach(() => {
      venue.close()
      folder.remove()
    })

    it('measures what decides the promises, and leaves the account as it was', async () => {
      await open()
      const ran = await test(['--yes', '--orders', '2'])
      expect(ran.code, ran.stderr).to.equal(0)
      expect(report()).to.deep.include({
        venue: kind,
        flatIsProved: true,
        unknownIdIsAbsent: true,
        usedIdRefused: { whileOpen: true, afterFill: false },
        foundById: { afterFill: true, afterCancel: true },
        reduceOnlyOvershoots: false,
        lateOrderRefused: true,
        notes: [],
      })
      expect(report().visibility.orders).to.be.at.least(2)
      expect(held()).to.equal(0)
      expect(venue.server.venue.openOrders()).to.deep.equal([])
      expect(ran.stdout).to.include('used id      open: refused; filled: taken again')
      expect(`${ran.stdout}${ran.stderr}${JSON.stringify(report())}`).to.not.match(
        /emulated-|my own/,
      )
    })

    it('sends nothing to a live account', async () => {
      await open('one-way', kind === 'okx' ? { isSimulated: false } : {})
      const ran = await test(['--yes', '--check-order'], { environment: 'live' })
      expect(ran.code, ran.stderr).to.equal(0)
      expect(orders()).to.equal(0)
      expect(report().notes).to.deep.equal(['a live account: nothing was sent'])
      expect(report().usedIdRefused).to.deep.equal({ whileOpen: null, afterFill: null })
      expect(report().orderAccepted).to.equal(true)
      expect(ran.stdout).to.include('an order     would be accepted')
    })

    it('sends nothing where the account holds the instrument, or nets nothing', async () => {
      await open()
      venue.server.venue.hand({ instrument: name, quantity: 1 })
      expect((await test(['--yes', '--check-order'])).code).to.equal(0)
      expect(report().notes[0]).to.include(`holds ${name}`)
      expect(report().orderAccepted).to.equal(true)
      expect(orders()).to.equal(0)
      venue.close()
      await open('hedge')
      const other = await test(['--yes'])
      expect(other.code).to.equal(2)
      expect(other.stderr)
        .to.include('broker.positionMode: found one-way')
        .and.include('POSITION_MODE')
      const hedged = await test(['--yes', '--check-order'], { positionMode: 'hedge' })
      expect(hedged.code).to.equal(0)
      expect(report().flatIsProved).to.equal(true)
      expect(report().orderAccepted).to.equal(null)
      expect(report().notes[0]).to.include(`holds nothing of ${name}, in hedge mode`)
      expect(report().notes[1]).to.include('hedge mode: nothing was sent')
      expect(orders()).to.equal(0)
    })

    it('guesses at what is wrong with an instrument in another notation, and with a key', async () => {
      await open()
      const named = await test(['--yes', '--instrument', 'btc/usdt'])
      expect(named.code).to.equal(2)
      expect(named.stderr).to.include(`expected a name of ${kind}; did you mean ${name}?`)
      const keyFile = folder.file('key', 'key: wrong\nsecret: wrong\npassphrase: wrong\n')
      chmodSync(keyFile, 0o600)
      const refused = await test(['--yes'], { keyFile }, { env: {} })
      expect(refused.code).to.not.equal(0)
      expect(refused.stderr).to.include('UNAUTHORIZED').and.include(`is it a key of ${kind} `)
      expect(orders()).to.equal(0)
    })

    it('refuses what it could not finish before it sends an order', async () => {
      await open()
      const other = name.replace('USDT', 'USDC')
      const unlisted = await test(['--yes', '--instrument', other])
      expect(unlisted.code).to.equal(2)
      expect(unlisted.stderr).to.include(`found the instrument ${other}, expected one that ${kind}`)
      expect(unlisted.stderr).to.include(`did you mean ${name}?`)
      for (const output of [
        join(folder.path, 'none', 'report.json'),
        folder.path,
        '/proc/report',
      ]) {
        const { code, stderr } = await test(['--yes', '--output', output])
        expect(code).to.equal(2)
        expect(stderr).to.include(`found --output ${output}, expected a file that can be written`)
      }
      expect(orders()).to.equal(0)
    })

    it('asks before it sends orders, and sends none without a terminal', async () => {
      await open()
      const ran = await test()
      expect(ran.code).to.equal(2)
      expect(ran.stderr).to.include(`${kind} ${kind === 'okx' ? 'demo' : 'testnet'}`)
      expect(orders()).to.equal(0)
    })
  })
}
