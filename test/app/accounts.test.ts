import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Capabilities } from '../../src/ports/broker.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import { startBroker, type RemoteBroker } from '../support/broker-server/client.ts'
import { cliHere } from '../support/cli-here.ts'
import type { Ran } from '../support/cli.ts'
import { ask, type Answer } from '../support/http.ts'
import { RunningService } from '../support/kill.ts'
import { until } from '../support/until.ts'

const CAPABILITIES: Partial<Capabilities> = {
  dedupe: 'always',
  lookup: 'complete',
  reduceOnly: true,
  visibilityMs: 200,
}
/** Longest wait for one answer of a broker, ms. */
const TIMEOUT_MS = 3_000
/** Breakers that try again soon: no test waits for a venue that works again. */
const SOON = { openMs: 200, exitOpenMs: 100, exitMaxOpenMs: 400, maxOpenMs: 400 }
const BREAKERS = { orders: SOON, account: SOON, quotes: SOON }
const IDS = Array.from({ length: 12 }, (_, index) => `p${index}`)

const position = (account: string, id: string): object => ({
  account,
  id,
  instrument: id.toUpperCase(),
  side: 'long',
  quantity: 1,
  entryPrice: 100,
  rules: { stopLoss: { pct: 5 } },
})

/** One process, two accounts at two brokers whose processes are their own; the ids of their positions are alike. */
describe('a service with two accounts', function () {
  this.timeout(60_000)

  let folder: string
  let acme: RemoteBroker
  let bolt: RemoteBroker
  let service: RunningService
  let port: number
  let hooks: Server
  /** Titles of the events that each channel was sent, with the account of their line. */
  let titles: [channel: string, account: unknown, title: string][]

  const startOne = (name: string): Promise<RemoteBroker> =>
    startBroker({
      folder: join(folder, name),
      settings: { capabilities: CAPABILITIES },
      script: {
        hands: IDS.map(id => ({ instrument: id.toUpperCase(), quantity: 1 })),
        prices: Object.fromEntries(IDS.map(id => [id.toUpperCase(), 100])),
      },
    })

  before(async () => {
    titles = []
    hooks = createServer((request, response) => {
      let text = ''
      request.on('data', chunk => (text += String(chunk)))
      request.on('end', () => {
        const { items = [] } = JSON.parse(text) as {
          items?: { title: string; line: { account?: string } }[]
        }
        for (const { title, line } of items) titles.push([request.url!, line.account, title])
        response.writeHead(204).end()
      })
    })
    await new Promise<void>(resolve => hooks.listen(0, '127.0.0.1', resolve))
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-accounts-'))
    ;[acme, bolt] = await Promise.all([startOne('acme'), startOne('bolt')])
    const positions = ['acme', 'bolt'].flatMap(account => IDS.map(id => position(account, id)))
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions }))
    await start()
  })

  after(async () => {
    await service.end('SIGKILL')
    await Promise.all([acme.close(), bolt.close()])
    hooks.closeAllConnections()
    await new Promise(resolve => hooks.close(resolve))
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(
    accounts: readonly string[] = ['acme', 'bolt'],
    sharing: readonly string[] = [],
  ): Promise<void> {
    const at = ({ url }: RemoteBroker): object => ({
      kind: 'http',
      url,
      token: 'test-token',
      capabilities: CAPABILITIES,
      callTimeoutMs: TIMEOUT_MS,
    })
    const sections: Record<string, object> = {
      acme: {
        broker: at(acme),
        gateway: { breakers: BREAKERS },
        portfolio: { limits: [{ name: 'day', maxLoss: 1_000_000 }] },
      },
      bolt: { broker: at(bolt) },
      cove: { broker: at(bolt) },
    }
    for (const name of sharing) {
      const gateway = { breakers: BREAKERS, limits: { shared: 'office' } }
      sections[name] = { ...sections[name], gateway }
    }
    const config = {
      positions: 'p.json',
      dataFolder: join(folder, 'data'),
      cycleMs: 200,
      http: { port: 0 },
      exits: { retryMs: 50 },
      holdings: { reconcileMs: 500, confirm: false },
      feed: { kind: 'poll', pollMs: 250 },
      health: { staleMs: 600_000 },
      notify: {
        channels: ['all', 'bolt'].map(name => ({
          kind: 'webhook',
          name,
          url: `http://127.0.0.1:${(hooks.address() as AddressInfo).port}/${name}`,
          events: ['exits', 'limits'],
          ...(accounts.includes(name) && { accounts: [name] }),
        })),
      },
      accounts: Object.fromEntries(accounts.map(name => [name, sections[name]!])),
    }
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
    service = new RunningService(['--config', join(folder, 'config.json')])
    await service.printed(line => line.startsWith('Ctrl-C'))
    port = Number(/^positions +http:\S+:(\d+)\/api/m.exec(service.lines.join('\n'))![1])
  }

  const get = (path: string): Promise<Answer> => ask(port, path)
  const post = (path: string, body: object = {}): Promise<Answer> =>
    ask(port, path, { method: 'POST', body })

  const openIn = async (account: string): Promise<string[]> => {
    const { json } = await get(`/api/accounts/${account}/positions`)
    return (json['positions'] as { id: string }[]).map(({ id }) => id)
  }

  const linesOf = async (account: string): Promise<JournalLine[]> => {
    const { text } = await get(`/api/accounts/${account}/journal?last=1000`)
    return JSON.parse(text) as JournalLine[]
  }

  /** Why the health of an account is not `pass`; the event loop of a busy machine concerns no account. */
  const troublesOf = async (account: string): Promise<string[]> => {
    const { json } = await get(`/health?account=${account}`)
    return (json['output'] as string[]).filter(each => !each.startsWith('service:loop-delay'))
  }

  /** Lets the price of one position of an account fall, and waits for its fill; ms from decision to fill. */
  async function exits(account: 'acme' | 'bolt', id: string): Promise<number> {
    await (account === 'acme' ? acme : bolt).price(id.toUpperCase(), 90)
    let took = NaN
    await until(async () => {
      const own = (await linesOf(account)).filter(({ positionId }) => positionId === id)
      const decided = own.find(({ kind }) => kind === 'exit-intended')
      const filled = own.find(({ kind }) => kind === 'exit-filled')
      took = filled === undefined || decided === undefined ? NaN : filled.at - decided.at
      return filled !== undefined
    })
    return took
  }

  it('refuses what needs the name of an account and has none, and names those that there are', async () => {
    for (const path of [
      '/api/gateway',
      '/api/holdings',
      '/api/kill-switch',
      '/api/portfolio',
      '/api/positions/p0',
    ]) {
      const { status, json } = await get(path)
      expect([status, json['code']], path).to.deep.equal([400, 'ACCOUNT_REQUIRED'])
      expect(json['detail']).to.contain('acme, bolt')
    }
    const { account: _none, ...unnamed } = position('acme', 'q') as { account: string }
    const refused = await post('/api/positions', unnamed)
    expect([refused.status, refused.json['code']]).to.deep.equal([400, 'ACCOUNT_REQUIRED'])
    const unknown = await post('/api/positions', position('acne', 'q'))
    expect([unknown.status, unknown.json['code']]).to.deep.equal([404, 'ACCOUNT_UNKNOWN'])
    expect(unknown.json['detail']).to.contain('did you mean acme?')
    const other = await post('/api/accounts/bolt/positions', position('acme', 'q'))
    expect([other.status, other.json['code']]).to.deep.equal([422, 'BAD_INPUT'])
    expect((await get('/api/accounts/none/positions')).status).to.equal(404)
    expect((await get('/health?account=none')).status).to.equal(404)
  })

  it('lists the positions of all accounts, and those of one', async () => {
    const { json } = await get('/api/positions')
    const rows = json['positions'] as { id: string; account: string }[]
    expect(rows.map(({ id, account }) => `${account} ${id}`).toSorted()).to.deep.equal(
      ['acme', 'bolt'].flatMap(name => IDS.map(id => `${name} ${id}`)).toSorted(),
    )
    expect(await openIn('bolt')).to.have.members(IDS)
    const { json: page } = await get('/api/positions?account=acme&limit=5')
    expect(page['positions']).to.have.length(5)
    const { json: rest } = await get(`/api/positions?account=acme&after=${String(page['next'])}`)
    expect(rest['positions']).to.have.length(IDS.length - 5)
    const one = await get('/api/accounts/acme/positions/p0')
    expect([one.json['id'], one.json['account']]).to.deep.equal(['p0', 'acme'])
    const { text } = await get('/api/accounts')
    expect(
      (JSON.parse(text) as { name: string; positions: number }[]).map(each => each.name),
    ).to.deep.equal(['acme', 'bolt'])
  })

  it('is asked by commands for one account, or for all', async () => {
    const cli = async (...args: string[]): Promise<Ran> =>
      cliHere([...args, '--url', `http://127.0.0.1:${port}`])
    const listed = await cli('accounts')
    expect(listed.stdout).to.match(/^account +health.*\nacme +\w+ +12 +guard +off.*\nbolt /)
    const all = await cli('status')
    expect(all.stdout).to.match(/^accounts +acme: \w+, 12 open, mode guard, kill switch off$/m)
    expect(all.stdout).to.match(/^positions +24 guarded, 0 being exited, 0 not guarded$/m)
    expect(all.stdout).to.match(/^closest +p\d+ \((?:acme|bolt)\): stop 95/m)
    const { stdout: table } = await cli('positions')
    expect(table).to.match(/^account +position +state/)
    expect(table).to.match(/^bolt +p1 +guarded +P1 /m)
    expect((await cli('status', '--account', 'bolt')).stdout).to.match(/^kill switch {2}off$/m)
    const unnamed = await cli('holdings')
    expect([unnamed.code, unnamed.stderr]).to.deep.equal([
      1,
      'error: ACCOUNT_REQUIRED: this service guards several accounts: name one of acme, bolt\n',
    ])
    expect((await cli('holdings', '--account', 'bolt')).code).to.equal(0)
    expect((await cli('kill-switch', 'block', '--account', 'acme')).code).to.equal(0)
    const states = async (): Promise<unknown> =>
      (JSON.parse((await get('/api/accounts')).text) as { killSwitch: string }[]).map(
        ({ killSwitch }) => killSwitch,
      )
    expect(await states()).to.deep.equal(['block', 'off'])
    expect((await cli('kill-switch', 'off', '--account', 'all')).code).to.equal(0)
    expect(await states()).to.deep.equal(['off', 'off'])
    const rules = ['--rules', '{"stopLoss":{"pct":4}}']
    const changed = await cli('positions', 'rules', 'p1', ...rules, '--account', 'bolt')
    expect(changed.code, changed.stderr).to.equal(0)
    expect((await get('/api/accounts/acme/positions/p1')).json['stop']).to.equal(95)
    expect((await get('/api/accounts/bolt/positions/p1')).json['stop']).to.equal(96)
  })

  it('adds, exits and releases a position in the account that is named alone', async () => {
    await bolt.handTrade({ instrument: 'EXTRA', quantity: 1 })
    await bolt.price('EXTRA', 100)
    const added = await post('/api/positions', { ...position('bolt', 'extra'), exitNow: true })
    expect([added.status, added.json['account']]).to.deep.equal([201, 'bolt'])
    expect(added.headers['location']).to.equal('/api/accounts/bolt/positions/extra')
    expect((await get('/api/accounts/acme/positions/extra')).status).to.equal(404)
    expect((await post('/api/accounts/acme/positions/extra/exit')).status).to.equal(404)
    expect((await post('/api/accounts/bolt/positions/extra/exit')).status).to.equal(202)
    await until(async () => !(await openIn('bolt')).includes('extra'))
  })

  for (const [index, [what, harm]] of (
    [
      ['hangs', async () => acme.script({ set: { outage: { mode: 'hang' } } })],
      [
        'answers 429 to everything',
        async () =>
          acme.script({
            faults: [
              {
                times: 'always',
                harm: {
                  kind: 'status',
                  when: 'before',
                  status: 429,
                  headers: { 'retry-after': '1' },
                },
              },
            ],
          }),
      ],
      [
        'answers garbage to everything',
        async () =>
          acme.script({
            faults: [{ times: 'always', harm: { kind: 'raw', text: '<html>?' } }],
          }),
      ],
      ['is killed', async () => acme.kill()],
    ] as const
  ).entries()) {
    it(`exits the positions of one account while the broker of the other ${what}`, async () => {
      const id = `p${index}`
      const before = await exits('bolt', `p${index + 8}`)
      await harm()
      // Its exit is under way and cannot end; the other account does not wait for it.
      await post(`/api/accounts/acme/positions/${id}/exit`)
      const took = await exits('bolt', id)
      expect(await openIn('acme')).to.include(id)
      expect(await troublesOf('bolt')).to.deep.equal([])
      // An exit that waited for a call of the other broker would have its timeout in it.
      expect(took, `${took} ms, and ${before} ms before`).to.be.below(TIMEOUT_MS)
      if (what === 'is killed') await acme.restart({ prices: { [id.toUpperCase()]: 100 } })
      await acme.script({ clear: true, set: { outage: null } })
      await until(async () => !(await openIn('acme')).includes(id))
    })
  }

  it('moves the kill switch of one account, or of all by that name', async () => {
    await post('/api/accounts/acme/kill-switch', { state: 'halt' })
    const stateOf = async (account: string): Promise<unknown> =>
      (await get(`/api/accounts/${account}/kill-switch`)).json['state']
    expect([await stateOf('acme'), await stateOf('bolt')]).to.deep.equal(['halt', 'off'])
    await exits('bolt', 'p4')
    expect(await troublesOf('bolt')).to.deep.equal([])
    expect(await troublesOf('acme')).to.include('gateway:kill-switch: halt')
    await post('/api/accounts/all/kill-switch', { state: 'block' })
    expect([await stateOf('acme'), await stateOf('bolt')]).to.deep.equal(['block', 'block'])
    await post('/api/accounts/all/kill-switch', { state: 'off' })
  })

  it('counts the loss of a day, and its limits, for each account alone', async () => {
    await post('/api/accounts/acme/portfolio/realised', { amount: -2_000_000 })
    await until(async () => (await openIn('acme')).length === 0)
    expect(await openIn('bolt')).to.include.members(['p5', 'p6', 'p7'])
    const { json } = await get('/api/accounts/bolt/portfolio')
    const amounts = (json['realised'] as { amount: number }[]).map(({ amount }) => amount)
    expect(Math.min(...amounts)).to.equal(-10)
    expect(json['limits']).to.deep.equal([])
  })

  it('sends a channel that chooses accounts what concerns these alone, each message with its account', async () => {
    const limit = 'acme: Reached limit day: its positions are exited'
    await until(() => titles.some(([, , title]) => title === limit))
    const exit = /^(?:acme|bolt): (?:Exited|Check) /
    await until(() => titles.some(([, account, title]) => account === 'acme' && exit.test(title)))
    await until(() => titles.some(([channel]) => channel === '/bolt'))
    for (const [channel, account, title] of titles) {
      if (channel === '/bolt') expect(account, title).to.equal('bolt')
      expect(title.startsWith(`${String(account)}: `), title).to.equal(true)
    }
  })

  it('numbers the lines of all accounts in one journal, each with its account', async () => {
    const { text } = await get('/api/journal?last=1000')
    const lines = JSON.parse(text) as JournalLine[]
    expect(lines.map(({ seq }) => seq)).to.deep.equal(
      lines.map((_, index) => lines[0]!.seq + index),
    )
    const about = lines.filter(({ positionId }) => positionId !== undefined)
    expect(new Set(about.map(({ account }) => account))).to.deep.equal(new Set(['acme', 'bolt']))
    const own = await linesOf('bolt')
    expect(own.length).to.be.above(5)
    expect(own.every(({ account }) => account === 'bolt')).to.equal(true)
    const page = JSON.parse(
      (await get(`/api/accounts/bolt/journal?after=${own[2]!.seq}&limit=2`)).text,
    ) as JournalLine[]
    expect(page).to.deep.equal(own.slice(3, 5))
    // The id that the page shows names the account.
    const one = JSON.parse(
      (await get('/api/journal?last=1000&positionId=bolt%2Fp1')).text,
    ) as JournalLine[]
    expect(one.length).to.be.above(0)
    expect(one.map(({ account, positionId: id }) => `${String(account)}/${id}`)).to.deep.equal(
      one.map(() => 'bolt/p1'),
    )
    const { json } = await get('/api/accounts/bolt/exits')
    const exitsOf = json['exits'] as { account: string }[]
    expect(exitsOf.length).to.be.above(5)
    expect(exitsOf.every(({ account }) => account === 'bolt')).to.equal(true)
  })

  it('labels calls to brokers, and nothing else, by account', async () => {
    const { text } = await get('/metrics')
    const labelled = text.split('\n').filter(line => line.includes('account="'))
    expect(new Set(labelled.map(line => /^watchkeeper_[a-z]+/.exec(line)![0]))).to.deep.equal(
      new Set([
        'watchkeeper_breaker',
        'watchkeeper_throttle',
        'watchkeeper_calls',
        'watchkeeper_lane',
        'watchkeeper_broker',
      ]),
    )
    expect(text).to.match(
      /watchkeeper_breaker_state\{group="orders",state="closed",account="bolt"\} 1/,
    )
  })

  it('recovers every account after a kill -9', async () => {
    await post('/api/accounts/bolt/kill-switch', { state: 'block' })
    await service.end('SIGKILL')
    await start(['acme', 'bolt', 'cove'], ['acme', 'cove'])
    expect((await get('/api/accounts/bolt/kill-switch')).json['state']).to.equal('block')
    expect((await get('/api/accounts/acme/kill-switch')).json['state']).to.equal('off')
    expect(await openIn('bolt')).to.have.members(['p5', 'p6', 'p7'])
    expect(await openIn('acme')).to.deep.equal([])
    await exits('bolt', 'p5')
    const { orders } = bolt.book()
    const sold = orders.map(({ instrument }) => instrument)
    expect(new Set(sold).size).to.equal(sold.length)
  })

  it('slows an account by the 429s of another where both share a limit, and only there', async () => {
    type Limits = { shared?: string; cuts: { at: number }[] }[]
    const lastCut = async (account: string): Promise<[string | undefined, number]> => {
      const { json } = await get(`/api/accounts/${account}/gateway`)
      const [{ shared, cuts } = { cuts: [] }] = json['limits'] as Limits
      return [shared, cuts.at(-1)?.at ?? 0]
    }
    const [, before] = await lastCut('cove')
    await acme.script({
      faults: [{ times: 'always', harm: { kind: 'status', when: 'before', status: 429 } }],
    })
    // No broker of this account refuses anything: the cut is that of the other account.
    await until(async () => (await lastCut('cove'))[1] > before)
    expect(await lastCut('bolt')).to.deep.equal([undefined, 0])
    await acme.script({ clear: true })
    const accounts = JSON.parse((await get('/api/accounts')).text) as {
      name: string
      sharedLimits: string[]
    }[]
    expect(accounts.map(each => [each.name, each.sharedLimits])).to.deep.include([
      'cove',
      ['office'],
    ])
    const at = ['--url', `http://127.0.0.1:${port}`]
    const { stdout } = await cliHere(['gateway', '--account', 'cove', ...at])
    expect(stdout).to.match(/^all \(shared: office\) /m)
  })

  it('does not start without an account that has open positions', async () => {
    await service.end('SIGTERM')
    writeFileSync(join(folder, 'p.json'), JSON.stringify({ positions: [position('acme', 'p0')] }))
    let failure: unknown
    await start(['acme']).catch((error: unknown) => (failure = error))
    expect(String(failure)).to.match(/ended with 2:[^]*bolt \(\d open\); put each account back/)
  })
})
