import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { emulated, type EmulatedVenue } from '../support/venues/at-venue.ts'

const VENUES = {
  binance: { account: binanceAccount, name: 'BTCUSDT' },
  bybit: { account: bybitAccount, name: 'BTCUSDT' },
  okx: { account: okxAccount, name: 'BTC-USDT-SWAP' },
} as const

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`a service with nets at ${kind}`, function () {
    this.timeout(60_000)
    const { account, name } = VENUES[kind]
    let folder: Folder
    let venue: EmulatedVenue
    let running: RunningWatchkeeper | undefined

    const start = async (): Promise<void> => {
      running = await startWatchkeeper({
        env: account().env,
        config: {
          dataFolder: join(folder.path, 'data'),
          http: { port: 0 },
          cycleMs: 50,
          health: { graceMs: 0 },
          // The exit is open at the end: a stop would wait for it.
          stop: { deadlineMs: 50 },
          holdings: { confirm: false, reconcileMs: 300 },
          feed: { kind: 'poll', pollMs: 100 },
          broker: { ...account().broker, url: venue.url },
        },
      })
    }
    const guard = () =>
      running!.guard({
        id: 'p',
        instrument: name,
        side: 'long',
        quantity: 1,
        entryPrice: 100,
        rules: {
          stopLoss: { pct: 10 },
          net: { beyondPct: 1 },
        },
      })
    const book = () => venue.server.venue.book
    const resting = (): readonly number[] =>
      [...book().working].flatMap(({ rests }) => (rests == null ? [] : [rests.price]))

    /** Reasons of the exits that were intended. */
    const reasons = async (): Promise<readonly unknown[]> => {
      const answer = await fetch(`${running!.url}/api/journal?last=1000`)
      const lines = (await answer.json()) as readonly JournalLine[]
      return lines.filter(line => line.kind === 'exit-intended').map(line => line['reason'])
    }

    beforeEach(async () => {
      folder = new Folder()
      venue = await emulated(account().protocol, {
        capabilities: { holdings: 'net', lookup: 'complete', reduceOnly: true },
      })
      venue.server.venue.price(name, 100)
      venue.server.venue.hand({ instrument: name, quantity: 1 })
    })
    afterEach(async () => {
      await running?.stop()
      running = undefined
      venue.close()
      folder.remove()
    })

    it('rests a stop behind the own one, and takes its fill as the exit', async () => {
      await start()
      await guard()
      await until(() => resting().length === 1)
      expect(resting()).to.deep.equal([89.1])
      expect(running!.why('p')).to.have.nested.property('net.trigger', 89.1)
      venue.server.venue.triggerStops({ isForced: true })
      // Until the holding shows it too, the exit waits to be closed; it sends nothing more.
      await until(async () => (await reasons()).includes('venue-stop'))
      expect(book().fills.map(({ quantity }) => quantity)).to.deep.equal([1])
      expect(resting()).to.deep.equal([])
    })
  })
}
