import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import { serveMcp } from '../../src/mcp/server.ts'
import { Folder } from '../support/cli.ts'
import { ROOT } from '../support/docs/blocks.ts'
import { ask, type Answer } from '../support/http.ts'
import { needing } from '../support/needing.ts'

const BOT = 'the-secret-of-freqtrade'
const CHARTS = 'the-secret-of-tradingview'

const position = (but: object = {}) => ({
  id: 'a',
  instrument: 'BTCUSD',
  side: 'long' as const,
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
  ...but,
})

/** Two paper accounts in one process; the ids of their positions are alike. */
describe('the ways into a service with several accounts', function () {
  this.timeout(60_000)

  let folder: Folder
  let service: RunningWatchkeeper
  let client: WatchkeeperClient

  before(async () => {
    folder = new Folder()
    const hooks = [
      { name: 'bot', kind: 'freqtrade', secretFile: folder.file('bot', BOT), account: 'bolt' },
      { name: 'tv', kind: 'tradingview', secretFile: folder.file('tv', CHARTS), mayExit: true },
    ]
    service = await startWatchkeeper({
      env: {},
      config: {
        dataFolder: join(folder.path, 'data'),
        positions: folder.file(
          'p.yaml',
          'rules: { default: { stopLoss: { pct: 50 } } }\npositions: []\n',
        ),
        http: { port: 0, hooks },
        feed: { kind: 'simulated', seed: 7 },
        holdings: { confirm: false },
        accounts: { acme: { broker: { kind: 'paper' } }, bolt: { broker: { kind: 'paper' } } },
      },
    })
    client = new WatchkeeperClient({ url: service.url })
    for (const account of ['acme', 'bolt']) await client.ofAccount(account).guard(position())
  })
  after(async () => {
    await service.stop()
    folder.remove()
  })

  const alert = (kind: string, body: object): Promise<Answer> =>
    ask(Number(new URL(service.url).port), `/hooks/${kind}`, { method: 'POST', body })
  const stopOf = async (account: string, id = 'a') =>
    (await client.ofAccount(account).position(id)).stop

  it('guard, by a webhook, in the account of the hook or of the message, and in no other', async () => {
    const entry = {
      event: 'entry_fill',
      trade_id: '7',
      pair: 'BTCUSD',
      direction: 'Long',
      open_rate: '92400',
      amount: '1',
    }
    expect((await alert(`freqtrade/${BOT}`, entry)).json['outcome']).to.equal('guarded')
    const tighten = { id: '1', verb: 'tighten', position: 'a', stop: '50000' }
    const required = await alert(`tradingview/${CHARTS}`, tighten)
    expect([required.status, required.json['code']]).to.deep.equal([400, 'ACCOUNT_REQUIRED'])
    const unknown = await alert(`tradingview/${CHARTS}`, { ...tighten, account: 'bold' })
    expect([unknown.status, unknown.json['code']]).to.deep.equal([404, 'ACCOUNT_UNKNOWN'])
    const done = await alert(`tradingview/${CHARTS}`, { ...tighten, account: 'acme' })
    // Before the first price it warns as well.
    expect(done.json).to.include({ outcome: 'tightened', id: 'a', stop: 50_000 })
    expect([await stopOf('acme'), await stopOf('bolt')]).to.deep.equal([50_000, 46_200])
    const ids = async (account: string) =>
      (await client.ofAccount(account).positions()).map(({ id }) => id)
    expect([await ids('acme'), await ids('bolt')]).to.deep.equal([['a'], ['a', 'bot-7']])
  })

  it('are the accounts of a client', async () => {
    expect((await client.accounts()).map(({ name }) => name)).to.deep.equal(['acme', 'bolt'])
    expect((await client.positions()).map(({ account }) => account)).to.include.members([
      'acme',
      'bolt',
    ])
    await client.ofAccount('bolt').changeRules('a', { stopLoss: { price: 51_000 } })
    expect([await stopOf('acme'), await stopOf('bolt')]).to.deep.equal([50_000, 51_000])
  })

  needing('python3').it('are the accounts of a client in Python', async () => {
    const program = `import json, sys
sys.path.insert(0, ${JSON.stringify(join(ROOT, 'clients/python'))})
from watchkeeper import *
client = Client(${JSON.stringify(service.url)})
bolt = client.of_account("bolt")
names = [each["name"] for each in client.accounts()]
stop = bolt.tighten("a", {"stopLoss": {"price": 52000}})["stop"]
print(json.dumps([names, stop, client.of_account("acme").position("a")["stop"], bolt.health()["status"],
  len(bolt.journal(last=1)), bolt.kill_switch()["state"]]))`
    const { stdout } = await promisify(execFile)('python3', ['-I', '-B', '-c', program])
    const [names, stop, other, status, lines, state] = JSON.parse(stdout) as unknown[]
    expect([names, stop, other, lines, state]).to.deep.equal([
      ['acme', 'bolt'],
      52_000,
      50_000,
      1,
      'off',
    ])
    expect(status).to.be.oneOf(['pass', 'warn'])
  })

  /** Results of tools, in the order of the calls. */
  async function tools(
    served: WatchkeeperClient,
    calls: readonly (readonly [name: string, args: object])[],
  ): Promise<Readonly<Record<string, unknown>>[]> {
    const answers = new Map<number, Readonly<Record<string, unknown>>>()
    const input = calls.map(([name, args], id) =>
      Buffer.from(
        `${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params: { name, arguments: args } })}\n`,
      ),
    )
    await serveMcp({
      client: served,
      version: 'test',
      allowExit: true,
      input: (async function* () {
        for (const line of input) yield line
      })(),
      send: async text => {
        const { id, result } = JSON.parse(text) as { id: number; result: object }
        answers.set(id, result as Readonly<Record<string, unknown>>)
      },
    })
    return calls.map((_call, id) => answers.get(id)!)
  }

  it('are named by the tools of an agent, or once for its server', async () => {
    const [health, why, unnamed] = await tools(client, [
      ['health', {}],
      ['why', { id: 'a', account: 'bolt' }],
      ['why', { id: 'a' }],
    ])
    const { accounts } = health!['structuredContent'] as { accounts: { name: string }[] }
    expect(accounts.map(({ name }) => name)).to.deep.equal(['acme', 'bolt'])
    expect(why!['isError']).to.equal(undefined)
    expect(JSON.stringify(unnamed!['content'])).to.include('ACCOUNT_REQUIRED')
    const [tightened, own] = await tools(client.ofAccount('acme'), [
      ['tighten', { id: 'a', rules: { stopLoss: { price: 53_000 } } }],
      ['health', {}],
    ])
    expect((tightened!['structuredContent'] as { stop: number }).stop).to.equal(53_000)
    expect(own!['structuredContent']).to.have.nested.property('killSwitch.state', 'off')
    expect(await stopOf('bolt')).to.be.below(53_000)
  })
})
