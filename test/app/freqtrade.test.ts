import { chmodSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { Folder } from '../support/cli.ts'
import { ask, type Answer } from '../support/http.ts'
import { OddServer } from '../support/odd-server.ts'
import { until } from '../support/until.ts'

const SECRET = 'the-secret-of-freqtrade'
const PASSWORD = 'SuperSecret1'
const BASIC = `Basic ${Buffer.from(`freqtrader:${PASSWORD}`).toString('base64')}`

const entry = (trade: string): object => ({
  event: 'entry_fill',
  trade_id: trade,
  pair: 'BTC/USDT:USDT',
  direction: 'Long',
  open_rate: '92400.0',
  amount: '0.05',
  open_date: '2026-01-05 12:00:00+00:00',
})

/** Routes of the REST API of freqtrade as its documentation has them, and what a test sets of their answers. */
class Freqtrade {
  keepsStops = false
  readonly server = new OddServer((request, response) => this.answer(request, response))

  get reloads(): readonly string[] {
    return this.server.asked.filter(each => each.startsWith('POST'))
  }

  private answer({ headers, url, method }: IncomingMessage, response: ServerResponse): void {
    const send = (status: number, body: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(JSON.stringify(body))
    }
    if (headers.authorization !== BASIC) return send(401, { detail: 'Unauthorized' })
    if (method === 'GET' && url === '/api/v1/show_config')
      return send(200, {
        version: '2024.9',
        stoploss_on_exchange: this.keepsStops,
        state: 'running',
      })
    if (method === 'POST' && /^\/api\/v1\/trades\/\d+\/reload$/.test(url!))
      return send(200, { trade_id: 7, is_open: false })
    return send(404, { detail: 'Not Found' })
  }
}

describe('a freqtrade bot behind a hook', function () {
  this.timeout(60_000)

  let folder: Folder
  let bot: Freqtrade
  let service: RunningWatchkeeper
  let kinds: string[]

  beforeEach(() => {
    folder = new Folder()
    bot = new Freqtrade()
    kinds = []
  })
  afterEach(async () => {
    await service.stop()
    bot.server.close()
    folder.remove()
  })

  async function start(password = PASSWORD): Promise<void> {
    const passwordFile = folder.file('password', `${password}\n`)
    chmodSync(passwordFile, 0o600)
    const rules = 'rules: { default: { stopLoss: { pct: 50 } } }\npositions: []\n'
    service = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        positions: folder.file('rules.yaml', rules),
        cycleMs: 50,
        feed: { kind: 'simulated', seed: 7 },
        http: {
          port: 0,
          hooks: [
            {
              name: 'bot',
              kind: 'freqtrade',
              secretFile: folder.file('bot', SECRET),
              instruments: { 'BTC/USDT:USDT': 'BTCUSD' },
              api: { url: await bot.server.open(), user: 'freqtrader', passwordFile },
            },
          ],
        },
      },
      onLog: line => kinds.push((JSON.parse(line) as { kind: string }).kind),
    })
  }
  const hook = (body: object): Promise<Answer> =>
    ask(Number(new URL(service.url).port), `/hooks/freqtrade/${SECRET}`, { method: 'POST', body })
  const troubles = (): string => service.health().checks['hooks:down']?.[0]?.output ?? ''

  it('has its trade reloaded after an exit of ours, once', async () => {
    await start()
    await until(() => bot.server.asked.length > 0)
    expect((await hook(entry('7'))).json).to.include({ outcome: 'guarded', id: 'bot-7' })
    await new WatchkeeperClient({ url: service.url }).exit('bot-7')
    await until(() => kinds.includes('freqtrade-reloaded'))
    expect(bot.reloads).to.deep.equal(['POST /api/v1/trades/7/reload'])
    expect(troubles()).to.equal('')
  })

  it('is refused entries while it keeps stops of its own on the exchange, and health warns', async () => {
    bot.keepsStops = true
    await start()
    await until(() => troubles() !== '')
    const { status, json } = await hook(entry('7'))
    expect([status, json['code']]).to.deep.equal([409, 'STOP_ELSEWHERE'])
    expect(service.positions()).to.deep.equal([])
    expect(troubles()).to.include('keeps stops on the exchange')
  })

  it('is guarded with a warning while its API does not answer, and no password is shown', async () => {
    await start('another-password')
    await until(() => troubles() !== '')
    const { json } = await hook(entry('7'))
    expect(json['outcome']).to.equal('guarded')
    expect(String(json['warnings'])).to.include('is not known')
    expect(troubles()).to.include('it refuses the user or the password')
    expect(JSON.stringify(service.health())).to.not.include('another-password')
  })
})
