import { once } from 'node:events'
import { rmSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { expect } from 'chai'
import { httpSchema } from '../../../src/config/http-schema.ts'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { Folder } from '../../support/cli.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask, type Answer, type Asking } from '../../support/http.ts'
import { until } from '../../support/until.ts'

const READ = 'the token that only reads'
const AGENT = 'the token of an agent'
const OPERATE = 'the token of a person'
const TOKENS = [
  { name: 'screen', role: 'read', token: READ },
  { name: 'bot', role: 'agent', token: AGENT },
  { name: 'alice', role: 'operate', token: OPERATE },
]
const NEW = {
  id: 'p2',
  instrument: 'ACME',
  side: 'long',
  quantity: 2,
  entryPrice: 50,
  rules: { stopLoss: { pct: 5 } },
}

describe('Access to the API', () => {
  let control: FakeControl
  let server: HttpServer
  let folder: Folder

  beforeEach(() => {
    folder = new Folder()
    control = new FakeControl()
  })

  afterEach(async () => {
    await server.close()
    folder.remove()
  })

  const serve = async (settings: object): Promise<void> => {
    const { host, ...rest } = httpSchema.parse({ port: 0, ...settings })
    server = await serveHttp({ control, host, ...rest })
  }

  const as = (token: string, path: string, asking: Asking = {}): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, ...asking.headers }
    return ask(server.port, path, { ...asking, headers })
  }

  const outcome = async (answer: Promise<Answer>): Promise<unknown[]> => {
    const { status, json } = await answer
    return [status, json?.['code']]
  }

  const post = (body: unknown = {}): Asking => ({ method: 'POST', body })
  const TOO_LOW = [403, 'ROLE_TOO_LOW']

  describe('with roles', () => {
    beforeEach(() => serve({ tokens: TOKENS }))

    it('lets a reader change nothing', async () => {
      expect((await as(READ, '/api/positions')).status).to.equal(200)
      const body = { rules: { stopLoss: { pct: 4 } } }
      expect((await as(READ, '/api/positions/p1/rules/preview', post(body))).status).to.equal(200)
      expect(await outcome(as(READ, '/api/positions', post(NEW)))).to.deep.equal(TOO_LOW)
      const patch = { method: 'PATCH', body }
      expect(await outcome(as(READ, '/api/positions/p1', patch))).to.deep.equal(TOO_LOW)
      const move = post({ state: 'halt' })
      expect(await outcome(as(READ, '/api/kill-switch', move))).to.deep.equal(TOO_LOW)
      expect(control.asked).to.deep.equal([])
    })

    it('lets an agent add and tighten, and neither loosen, release, halt nor exit', async () => {
      expect((await as(AGENT, '/api/positions', post(NEW))).status).to.equal(201)
      const body = { rules: { stopLoss: { pct: 4 } } }
      const tighter = { method: 'PATCH', body }
      expect((await as(AGENT, '/api/positions/p1', tighter)).status).to.equal(200)
      expect(control.asked.map(({ by }) => by.who)).to.deep.equal(['bot', 'bot'])
      const refused: [string, Asking][] = [
        ['/api/positions/p1', { method: 'PATCH', body: { ...body, force: true } }],
        ['/api/positions/p1', { method: 'PATCH', body: { ...body, exitNow: true } }],
        ['/api/positions/p1', { method: 'DELETE', body: {} }],
        ['/api/positions/p1/exit', post()],
        ['/api/positions', post({ ...NEW, id: 'p3', exitNow: true })],
        ['/api/kill-switch', post({ state: 'flatten' })],
        ['/api/gateway/holdings/confirm', post()],
        ['/api/portfolio/realised', post({ amount: 5 })],
        ['/api/store/backup', post()],
        ['/api/debug/heap', post()],
      ]
      for (const [path, asking] of refused) {
        expect(await outcome(as(AGENT, path, asking)), path).to.deep.equal(TOO_LOW)
      }
      expect(control.asked).to.have.length(2)
    })

    it('lets a person do everything, by the name of the token', async () => {
      expect((await as(OPERATE, '/api/kill-switch', post({ state: 'halt' }))).status).to.equal(200)
      expect(control.asked[0]!.by).to.deep.equal({ who: 'alice', from: '127.0.0.1' })
    })

    it('lets a request without a token read, and no more', async () => {
      expect((await ask(server.port, '/api/positions')).status).to.equal(200)
      const answer = await ask(server.port, '/api/kill-switch', post({ state: 'halt' }))
      expect([answer.status, answer.json['code']]).to.deep.equal([401, 'BAD_TOKEN'])
    })

    it('takes no token in the query, and repeats none', async () => {
      const answer = await ask(server.port, `/api/positions?token=${encodeURIComponent(OPERATE)}`)
      expect([answer.status, answer.json['code']]).to.deep.equal([422, 'BAD_INPUT'])
      expect(answer.text).to.not.include('person')
    })
  })

  it('lets an agent exit where that is configured, and still not loosen', async () => {
    await serve({ tokens: TOKENS, agentExit: true })
    expect((await as(AGENT, '/api/positions/p1/exit', post())).status).to.equal(202)
    const body = { rules: { stopLoss: { pct: 9 } }, force: true }
    const loosen = { method: 'PATCH', body }
    expect(await outcome(as(AGENT, '/api/positions/p1', loosen))).to.deep.equal(TOO_LOW)
  })

  describe('by other names', () => {
    const TAILNET = { host: 'guard.tail1234.ts.net' }

    it('does not start without a token', async () => {
      const failed = serve({ hosts: ['guard.example'] }).catch((error: unknown) => error)
      expect(await failed).to.have.property('code', 'TOKEN_REQUIRED')
      await serve({})
    })

    it('answers to the configured names alone, and wants the token for reads too', async () => {
      await serve({ hosts: [TAILNET.host], tokens: TOKENS })
      const path = '/api/positions'
      expect((await as(READ, path, { headers: TAILNET })).status).to.equal(200)
      const origin = `https://${TAILNET.host}`
      expect((await as(READ, path, { headers: { ...TAILNET, origin } })).status).to.equal(200)
      expect((await ask(server.port, path, { headers: TAILNET })).status).to.equal(401)
      // A proxy may name this machine in place of what it was asked for.
      expect((await ask(server.port, path)).status).to.equal(401)
      const foreign = { host: 'evil.example' }
      expect(await outcome(as(READ, path, { headers: foreign }))).to.deep.equal([
        403,
        'FOREIGN_HOST',
      ])
      const page = { ...TAILNET, origin: 'https://evil.example' }
      expect(await outcome(as(READ, path, { headers: page }))).to.deep.equal([
        403,
        'FOREIGN_ORIGIN',
      ])
      expect((await ask(server.port, '/health', { headers: TAILNET })).status).to.equal(200)
    })

    it('names the client that a proxy of this machine names last', async () => {
      await serve({ hosts: [TAILNET.host], tokens: TOKENS })
      const headers = { ...TAILNET, 'x-forwarded-for': '203.0.113.9, 198.51.100.7' }
      await as(OPERATE, '/api/kill-switch', { ...post({ state: 'halt' }), headers })
      expect(control.asked[0]!.by.from).to.equal('198.51.100.7')
    })

    it('believes no such header without a proxy', async () => {
      await serve({ tokens: TOKENS })
      const headers = { 'x-forwarded-for': '198.51.100.7' }
      await as(OPERATE, '/api/kill-switch', { ...post({ state: 'halt' }), headers })
      expect(control.asked[0]!.by.from).to.equal('127.0.0.1')
    })
  })

  it('refuses an address that has sent too many wrong tokens, and no other', async () => {
    const hosts = ['guard.example']
    await serve({ hosts, tokens: TOKENS, failedTokens: { max: 3, withinMs: 3_600_000 } })
    const from = (address: string) => ({
      headers: { host: 'guard.example', 'x-forwarded-for': address },
    })
    for (let tried = 0; tried < 3; tried++) {
      const wrong = await as(
        `a wrong token, number ${tried}`,
        '/api/positions',
        from('203.0.113.1'),
      )
      expect(wrong.status).to.equal(401)
    }
    const limited = await as(OPERATE, '/api/positions', from('203.0.113.1'))
    expect([limited.status, limited.json['code']]).to.deep.equal([429, 'TOKENS_LIMITED'])
    expect(Number(limited.headers['retry-after'])).to.be.within(1, 3_600)
    expect((await as(OPERATE, '/api/positions', from('203.0.113.2'))).status).to.equal(200)
    // A request without a token counts for nothing: a page asks for its token so.
    expect((await ask(server.port, '/api/positions', from('203.0.113.1'))).status).to.equal(401)
  })

  describe('by tokens in files', () => {
    let file: string

    beforeEach(async () => {
      file = folder.file('token', `${OPERATE}\n`)
      // A test that waits for a new token sends many that are wrong until then.
      const failedTokens = { max: 1_000 }
      const tokens = [{ name: 'alice', role: 'operate', tokenFile: file }]
      await serve({ tokens, failedTokens })
    })

    const halted = async (token: string): Promise<number> =>
      (await as(token, '/api/kill-switch', post({ state: 'halt' }))).status

    it('takes a new token, and the old one no more, without a restart', async () => {
      expect(await halted(OPERATE)).to.equal(200)
      writeFileSync(file, 'another token, which is new')
      await until(async () => (await halted('another token, which is new')) === 200)
      expect(await halted(OPERATE)).to.equal(401)
    })

    for (const [what, revoke] of [
      ['gone', (path: string) => rmSync(path)],
      ['empty', (path: string) => writeFileSync(path, '')],
      ['too short', (path: string) => writeFileSync(path, 'short')],
    ] as const) {
      it(`revokes a token whose file is ${what}`, async () => {
        revoke(file)
        await until(async () => (await halted(OPERATE)) === 401)
      })
    }

    it('ends streams of a revoked token with a reason, and leaves the others open', async () => {
      const open = async (path: string, headers: Record<string, string>) => {
        const url = `http://127.0.0.1:${server.port}${path}`
        const [response] = (await once(get(url, { headers, agent: false }), 'response')) as [
          IncomingMessage,
        ]
        response.on('error', () => undefined)
        const stream = { text: '', isOver: false }
        response.setEncoding('utf8').on('data', (text: string) => (stream.text += text))
        response.on('close', () => (stream.isOver = true))
        return stream
      }
      const authorization = `Bearer ${OPERATE}`
      const { epoch } = (await ask(server.port, '/api/view')).json as { epoch: string }
      const events = await open('/api/events', { authorization })
      const view = await open(`/api/view/stream?epoch=${epoch}`, { authorization })
      const free = await open('/api/events', {})
      rmSync(file)
      await until(() => events.isOver && view.isOver)
      expect(events.text).to.include('event: end\ndata: {"kind":"end","why":"BAD_TOKEN"}')
      const last = JSON.parse(view.text.trim().split('\n').at(-1)!) as object
      expect(last).to.include({ reset: true, why: 'BAD_TOKEN' })
      expect(free.isOver).to.equal(false)
    })
  })
})
