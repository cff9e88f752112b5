import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { Folder } from '../support/cli.ts'
import { until } from '../support/until.ts'
import { accountSpeech, type AccountSpeech } from '../support/venues/account-speech.ts'
import { AccountStreams } from '../support/venues/account-streams.ts'
import { binanceAccount, bybitAccount, okxAccount } from '../support/venues/accounts.ts'
import { emulated, type EmulatedVenue } from '../support/venues/at-venue.ts'

const VENUES = {
  binance: { account: binanceAccount, name: 'BTCUSDT' },
  bybit: { account: bybitAccount, name: 'BTCUSDT' },
  okx: { account: okxAccount, name: 'BTC-USDT-SWAP' },
} as const

/** Nothing is asked again by itself within a test. */
const NEVER_MS = 3_600_000

for (const kind of ['binance', 'bybit', 'okx'] as const) {
  describe(`a service with the stream of its account at ${kind}`, function () {
    this.timeout(60_000)
    const { account, name } = VENUES[kind]
    let folder: Folder
    let venue: EmulatedVenue
    let streams: AccountStreams
    let speech: AccountSpeech
    let running: RunningWatchkeeper | undefined

    const start = async (): Promise<void> => {
      running = await startWatchkeeper({
        env: account().env,
        config: {
          dataFolder: join(folder.path, 'data'),
          http: { port: 0 },
          cycleMs: 50,
          health: { graceMs: 0 },
          holdings: { confirm: false, reconcileMs: NEVER_MS },
          feed: { kind: 'poll', pollMs: 100 },
          broker: {
            ...account().broker,
            url: venue.url,
            streamUrl: streams.url,
            streamHeartbeatMs: 2_000,
          },
        },
      })
      const entry = { instrument: name, side: 'long', quantity: 1, entryPrice: 100 } as const
      await running.guard({ id: 'p', ...entry, rules: { stopLoss: { price: 90 } } })
    }
    const status = (): string | undefined => running!.health().checks['account:stream']?.[0]?.status
    const asked = (route: string): number =>
      venue.server.seen.filter(each => each.route === route).length
    const position = () => running!.positions().find(({ id }) => id === 'p')
    const metrics = async (): Promise<string> => (await fetch(`${running!.url}/metrics`)).text()

    beforeEach(async () => {
      folder = new Folder()
      const { protocol } = account()
      venue = await emulated(protocol, {
        capabilities: { holdings: 'net', lookup: 'complete', reduceOnly: true },
      })
      venue.server.venue.price(name, 100)
      venue.server.venue.hand({ instrument: name, quantity: 1 })
      speech = accountSpeech(kind, protocol)
      streams = new AccountStreams(speech, venue.server.venue)
      await streams.open()
    })
    afterEach(async () => {
      await running?.stop()
      running = undefined
      streams.close()
      venue.close()
      folder.remove()
    })

    it('queries at once what a hint is about, believes none, and reconciles after a gap', async () => {
      await start()
      await until(() => status() === 'pass')
      await until(async () =>
        (await metrics()).includes('watchkeeper_stream_up{stream="account"} 1'),
      )

      if (kind === 'okx') {
        // Stops that rest are pushed apart: one that changes is a reason to query what it closes.
        await until(async () =>
          (await metrics()).includes('watchkeeper_stream_up{stream="stops"} 1'),
        )
        const before = asked('holding')
        streams.say(speech.order({ id: '', instrument: name, state: 'canceled', isStop: true }))
        await until(() => asked('holding') > before)
        streams.shut.add('/ws/v5/business')
        streams.drop()
        await until(async () =>
          (await metrics()).includes('watchkeeper_stream_up{stream="stops"} 0'),
        )
        await until(async () =>
          (await metrics()).includes('watchkeeper_stream_up{stream="account"} 1'),
        )
        const output = () => running!.health().checks['account:stream']?.[0]?.output
        await until(() => output()?.includes('okx stops: ') === true)
        streams.shut.clear()
        await until(() => status() === 'pass')
      }

      // OKX reports nothing of its limits.
      const isUsed = async (): Promise<boolean> =>
        (await metrics()).includes('watchkeeper_venue_limit_used_ratio{group="account"')
      if (kind === 'okx') expect(await isUsed()).to.equal(false)
      else await until(isUsed)

      // A holding that changed by hand is asked for by name; nothing else would ask for an hour.
      const holdings = asked('holding')
      streams.say(speech.holding(name, 0))
      await until(() => asked('holding') > holdings)

      // What a message claims books nothing: the venue was asked, and holds it still.
      streams.say(speech.order({ id: 'wk00000000', instrument: name, state: 'FILLED' }))
      await until(() => asked('holding') > holdings + 1)
      expect(position()).to.include({ quantity: 1 })
      expect(position()!.state).to.not.equal('exiting')

      // A lost connection is a gap: everything is read again once it is back.
      const list = kind === 'binance' ? 'holdings' : 'holding'
      const before = asked(list)
      streams.close()
      await until(() => status() === 'warn')
      await streams.open()
      await until(() => status() === 'pass')
      await until(() => asked(list) > before)
    })
  })
}
