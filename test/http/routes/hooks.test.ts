import { rmSync } from 'node:fs'
import { expect } from 'chai'
import { httpSchema } from '../../../src/config/http-schema.ts'
import { WatchkeeperError } from '../../../src/errors.ts'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { Folder } from '../../support/cli.ts'
import { ask, type Answer } from '../../support/http.ts'
import { ServedAccount } from '../../support/served-account.ts'
import { until } from '../../support/until.ts'

const BOT = 'the-secret-of-freqtrade'
const CHARTS = 'the-secret-of-tradingview'
const EXITS = 'the-secret-of-exits'

/** As freqtrade fills the fields of docs/hooks.md: each is text. */
const ENTRY = {
  event: 'entry_fill',
  trade_id: '7',
  pair: 'ACME/USDT:USDT',
  direction: 'Long',
  open_rate: '100.0',
  amount: '2.0',
}
const GUARD = {
  id: 'a1',
  verb: 'guard',
  position: 'tv-1',
  instrument: 'ACME',
  side: 'long',
  quantity: '2',
  price: '100',
}

describe('webhooks over http', () => {
  let folder: Folder
  let served: ServedAccount
  let server: HttpServer

  const settings = (failedTokens = { max: 1_000 }, hookMs = 10_000) =>
    httpSchema.parse({
      port: 0,
      failedTokens,
      hookMs,
      token: 'the token of a person',
      hooks: [
        {
          name: 'bot',
          kind: 'freqtrade',
          secretFile: folder.file('bot', `${BOT}\n`),
          rules: 'tight',
          account: 'side',
          instruments: { 'ACME/USDT:USDT': 'ACME' },
        },
        {
          name: 'charts',
          kind: 'tradingview',
          secretFile: folder.file('charts', CHARTS),
          account: 'side',
          rules: 'tight',
        },
        {
          name: 'exits',
          kind: 'tradingview',
          secretFile: folder.file('exits', EXITS),
          account: 'main',
          mayExit: true,
        },
        {
          name: 'elsewhere',
          kind: 'tradingview',
          secretFile: folder.file('elsewhere', 'the-secret-of-elsewhere'),
          from: ['52.89.214.238'],
        },
      ],
    })

  beforeEach(async () => {
    folder = new Folder()
    served = new ServedAccount()
    served.now = Date.parse('2026-11-28T12:00:00Z')
    await served.open()
    await served.tick(100)
    server = await serveHttp({ control: served.control(), config: settings() })
  })
  afterEach(async () => {
    await server.close()
    await served.account.stop()
    folder.remove()
  })

  const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    ask(server.port, `/hooks/${path}`, { method: 'POST', body, headers })
  const bot = (body: object) => post(`freqtrade/${BOT}`, body)
  const charts = (body: object) => post(`tradingview/${CHARTS}`, body)
  const exits = (body: object) => post(`tradingview/${EXITS}`, body)

  async function outcome(asked: Promise<Answer>): Promise<unknown[]> {
    const { status, json } = await asked
    const faults = json['faults'] as { path: string }[] | undefined
    return [status, json['code'] ?? json['outcome'], ...(faults?.map(({ path }) => path) ?? [])]
  }
  const ids = (): string[] =>
    served
      .control()
      .positions()
      .map(({ id }) => id)

  it('refuses a wrong secret, one of another kind, an empty one, and a foreign address', async () => {
    for (const path of [
      'freqtrade/a-secret-that-no-hook-has',
      `freqtrade/${CHARTS}`,
      `tradingview/${BOT}`,
      `freqtrade/${encodeURIComponent('the token of a person')}`,
      'tradingview/the-secret-of-elsewhere',
    ])
      expect(await outcome(post(path, ENTRY)), path).to.deep.equal([401, 'BAD_TOKEN'])
    expect((await post('freqtrade/', ENTRY)).status).to.equal(404)
    const other = await post(`other/${BOT}`, ENTRY)
    expect([other.status, other.json['detail']]).to.deep.equal([
      404,
      'nothing answers at /hooks/other/…: /openapi.json lists the paths',
    ])
    const read = await ask(server.port, `/hooks/freqtrade/${BOT}`)
    expect(read.json['detail']).to.equal('/hooks/freqtrade/… takes POST, not GET')
    expect(ids()).to.deep.equal([])
  })

  it('refuses an address after too many wrong secrets, with a right one too', async () => {
    await server.close()
    server = await serveHttp({ control: served.control(), config: settings({ max: 10 }) })
    for (let count = 0; count < 10; count++) await post('freqtrade/a-secret-that-no-hook-has', {})
    const { status, headers } = await bot(ENTRY)
    expect([status, Number(headers['retry-after']) > 0]).to.deep.equal([429, true])
  })

  it('is closed while the file of its secret is gone', async () => {
    rmSync(`${folder.path}/bot`)
    await until(async () => (await bot({})).status === 401)
    folder.file('bot', BOT)
    await until(async () => (await bot({})).status === 422)
  })

  it('lets no secret of a hook reach the API, and no token the API through /hooks/', async () => {
    const headers = { authorization: `Bearer ${BOT}` }
    const { status } = await ask(server.port, '/api/kill-switch', {
      method: 'POST',
      body: { state: 'halt' },
      headers,
    })
    expect(status).to.equal(401)
    expect((await post('../api/positions/p1/exit', {})).status).to.equal(404)
    expect((await post('%2e%2e/api/kill-switch', { state: 'halt' })).status).to.equal(404)
  })

  const wrong: readonly (readonly [string, object | string, readonly unknown[]])[] = [
    ['an unknown event', { ...ENTRY, event: 'buy' }, [422, 'BAD_INPUT', 'event']],
    ['no event', {}, [422, 'BAD_INPUT', 'event']],
    [
      'a placeholder that is not filled',
      { ...ENTRY, amount: '{amount}' },
      [422, 'BAD_INPUT', 'amount'],
    ],
    ['a pair that is not filled', { ...ENTRY, pair: '{pair}' }, [422, 'BAD_INPUT', 'pair']],
    ['nan', { ...ENTRY, open_rate: 'nan' }, [422, 'BAD_INPUT', 'open_rate']],
    ['a negative amount', { ...ENTRY, amount: '-2' }, [422, 'BAD_INPUT', 'amount']],
    ['zero', { ...ENTRY, amount: '0' }, [422, 'BAD_INPUT', 'amount']],
    ['a comma', { ...ENTRY, open_rate: '1,000.5' }, [422, 'BAD_INPUT', 'open_rate']],
    ['a number beyond a double', { ...ENTRY, open_rate: '1e999' }, [422, 'BAD_INPUT', 'open_rate']],
    ['an unknown direction', { ...ENTRY, direction: 'up' }, [422, 'BAD_INPUT', 'direction']],
    ['an unknown field', { ...ENTRY, force: 'true' }, [422, 'BAD_INPUT', 'force']],
    ['a nested field', { ...ENTRY, amount: { a: 1 } }, [422, 'BAD_INPUT', 'amount']],
    ['a date that is none', { ...ENTRY, open_date: 'now' }, [422, 'BAD_INPUT', 'open_date']],
    ['a list', '[]', [422, 'BAD_INPUT', 'the body']],
    ['a doubled field', '{"event":"entry_fill","event":"x"}', [422, 'BAD_INPUT', 'the body']],
    ['no JSON', 'Buying BTC', [400, 'BAD_JSON']],
    ['an empty body', '', [400, 'BAD_JSON']],
    ['a body beyond 8 KiB', `"${'x'.repeat(9_000)}"`, [413, 'BODY_TOO_LARGE']],
  ]
  for (const [what, body, expected] of wrong) {
    it(`refuses ${what}`, async () => {
      expect(await outcome(post(`freqtrade/${BOT}`, body))).to.deep.equal(expected)
      expect(ids()).to.deep.equal([])
    })
  }

  it('guards the trade of an entry, with numbers as text, by the rule set of the hook', async () => {
    const { status, json } = await bot({ ...ENTRY, open_date: '2026-11-28 11:59:00.123456+00:00' })
    expect([status, json]).to.deep.equal([
      200,
      { outcome: 'guarded', id: 'bot-7', stop: 99, warnings: [] },
    ])
    const position = served.control().position('bot-7')!
    expect(position).to.include({ instrument: 'ACME', side: 'long', quantity: 2, entryPrice: 100 })
    expect(position.openedAt).to.equal(Date.parse('2026-11-28T11:59:00.123Z'))
    expect(served.keeper.lines.find(({ kind }) => kind === 'position-added')!['by']).to.equal(
      'hook bot at 127.0.0.1',
    )
  })

  it('takes a form, which freqtrade sends by default, and JSON as plain text', async () => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const text = new URLSearchParams(ENTRY).toString()
    expect(await outcome(post(`freqtrade/${BOT}`, text, form))).to.deep.equal([200, 'guarded'])
    const doubled = `${text}&amount=3`
    expect(await outcome(post(`freqtrade/${BOT}`, doubled, form))).to.deep.equal([
      422,
      'BAD_INPUT',
      'amount',
    ])
    const plain = { 'content-type': 'text/plain; charset=utf-8' }
    const alert = JSON.stringify(GUARD)
    expect(await outcome(post(`tradingview/${CHARTS}`, alert, plain))).to.deep.equal([
      200,
      'guarded',
    ])
  })

  it('acts once on the same message, over a restart, and after the rules were tightened', async () => {
    const first = await bot(ENTRY)
    await charts({ id: 'a2', verb: 'tighten', position: 'bot-7', stop: '99.5' })
    expect((await bot(ENTRY)).text).to.equal(first.text)
    await server.close()
    server = await serveHttp({ control: served.control(), config: settings() })
    const again = await bot(ENTRY)
    expect([again.text, again.headers['idempotency-replayed']]).to.deep.equal([first.text, 'true'])
    folder.file('bot', 'a-new-secret-of-the-bot')
    const spaced = JSON.stringify({ ...ENTRY, amount: 2 }, null, 2)
    await until(
      async () => (await post('freqtrade/a-new-secret-of-the-bot', spaced)).text === first.text,
    )
    folder.file('bot', BOT)
    await until(async () => (await bot(ENTRY)).status === 200)
    expect(served.control().position('bot-7')!.stop).to.equal(99.5)
    expect(await outcome(bot({ ...ENTRY, pair: 'GOLD' }))).to.deep.include('POSITION_EXISTS')
    expect(await outcome(bot({ ...ENTRY, amount: '3.0' }))).to.deep.include('POSITION_EXISTS')
    expect(await outcome(bot({ event: 'exit_fill', trade_id: '7' }))).to.deep.equal([200, 'noted'])
    expect(ids()).to.deep.equal(['bot-7'])
  })

  it('is answered while the store hangs, and the same message by its outcome, with one act', async () => {
    await server.close()
    server = await serveHttp({ control: served.control(), config: settings(undefined, 100) })
    let release = (): void => undefined
    const held = new Promise<void>(resolve => (release = resolve))
    served.keeper.hold = () => held
    for (let times = 0; times < 2; times++)
      expect(await outcome(bot(ENTRY))).to.deep.equal([503, 'NOT_DURABLE_YET'])
    expect(ids()).to.deep.equal([])
    release()
    await until(async () => (await outcome(bot(ENTRY)))[1] === 'guarded')
    expect(served.keeper.lines.filter(({ kind }) => kind === 'position-added')).to.have.length(1)
  })

  it('is not answered by an error once it has acted', async () => {
    served.keeper.hold = ({ lines = [] }) =>
      lines.some(({ kind }) => kind === 'request-ended')
        ? Promise.reject(new WatchkeeperError('STORE_FAILED', 'no room'))
        : undefined
    expect(await outcome(bot(ENTRY))).to.deep.equal([200, 'guarded'])
  })

  it('acts again, and changes nothing, where a crash has cut the first message off', async () => {
    await bot(ENTRY)
    const begun = served.keeper.lines.find(({ kind }) => kind === 'request-begun')!
    await server.close()
    await served.account.stop()
    served = new ServedAccount()
    served.now = Date.parse('2026-11-28T12:00:00Z')
    served.earlier.push({ ...begun, at: served.now })
    await served.open()
    await served.tick(100)
    server = await serveHttp({ control: served.control(), config: settings() })
    expect(await outcome(bot(ENTRY))).to.deep.equal([200, 'guarded'])
    expect(await outcome(bot(ENTRY))).to.deep.equal([200, 'guarded'])
    expect(ids()).to.deep.equal(['bot-7'])
  })

  it('tightens, and never loosens', async () => {
    await charts(GUARD)
    await served.tick(100)
    const alert = (id: string, stop: string) =>
      charts({ id, verb: 'tighten', position: 'tv-1', stop })
    expect((await alert('b1', '99.5')).json).to.deep.equal({
      outcome: 'tightened',
      id: 'tv-1',
      stop: 99.5,
      warnings: [],
    })
    expect(await outcome(alert('b2', '98'))).to.deep.equal([409, 'LOOSENS'])
    expect(await outcome(alert('b3', '101'))).to.deep.equal([409, 'EXITS_AT_ONCE'])
    expect(served.control().position('tv-1')!.stop).to.equal(99.5)
    served.venue.fault = 'lost'
    served.venue.isSilent = true
    await served.control().exit('tv-1', { who: 'test', from: 'here' })
    expect(await outcome(alert('b4', '99.7'))).to.deep.equal([409, 'EXIT_RUNNING'])
  })

  it('names the id where another alert has used it', async () => {
    await charts(GUARD)
    const { status, json } = await charts({ ...GUARD, price: '101' })
    expect([status, json['code']]).to.deep.equal([422, 'KEY_REUSED'])
    expect(json['detail']).to.equal(
      'id: found "a1", which another message of this hook has; expected an id of its own',
    )
  })

  it('warns of a tighter stop that the first price will reach', async () => {
    await charts({ ...GUARD, instrument: 'UNPRICED' })
    const { json } = await charts({ id: 'b1', verb: 'tighten', position: 'tv-1', stop: '140' })
    expect((json['warnings'] as string[]).join()).to.match(/this one exits at once$/)
  })

  it('says what it expects of an alert that is a sentence', async () => {
    const { json } = await post(`tradingview/${CHARTS}`, 'BTCUSD crossed')
    expect(json['detail']).to.match(/^the body: .*; expected an object of JSON/)
  })

  it('refuses a verb that there is not, and one without its fields', async () => {
    for (const verb of ['loosen', 'release', ''])
      expect(await outcome(charts({ id: 'v', verb, position: 'tv-1' }))).to.deep.equal([
        422,
        'BAD_INPUT',
        'verb',
      ])
    const tighten = { id: 'v', verb: 'tighten', position: 'tv-1' }
    expect(await outcome(charts(tighten))).to.deep.equal([422, 'BAD_INPUT', 'stop'])
    expect(ids()).to.deep.equal([])
  })

  it('exits only where the hook may, only a position of its account, and once', async () => {
    await exits({ ...GUARD, id: 'c0', position: 'main-1', rules: 'tight' })
    expect(served.control().position('main-1')!.account).to.equal('main')
    expect(await outcome(charts({ ...GUARD, instrument: 'GOLD' }))).to.deep.equal([200, 'guarded'])
    const alert = (id: string, position: string) => ({ id, verb: 'exit', position })
    expect(await outcome(charts(alert('c1', 'main-1')))).to.deep.equal([403, 'ROLE_TOO_LOW'])
    expect((await exits(alert('c1', 'tv-1'))).json['detail']).to.equal(
      'hook exits: found the position "tv-1", which is not of the account main',
    )
    expect((await exits({ ...alert('c1', 'tv-1'), account: 'desk' })).json['detail']).to.equal(
      'hook exits: found the account "desk", expected main',
    )
    expect(await outcome(exits(alert('c2', 'other')))).to.deep.equal([404, 'POSITION_UNKNOWN'])
    expect(await outcome(exits(alert('c3', 'main-1')))).to.deep.equal([200, 'exiting'])
    expect(await outcome(exits(alert('c3', 'main-1')))).to.deep.equal([200, 'exiting'])
    await served.tick(100)
    await until(() => served.venue.placed === 1)
  })

  it('takes nothing while the service is not ready', async () => {
    served.readiness = { ready: false, why: 'stopping' }
    expect(await outcome(bot(ENTRY))).to.deep.equal([503, 'NOT_READY'])
    served.readiness = { ready: true }
    expect(await outcome(bot(ENTRY))).to.deep.equal([200, 'guarded'])
  })
})
