import { Agent, request } from 'node:http'
import { expect } from 'chai'
import { InputError, WatchkeeperError } from '../../src/errors.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/errors/codes.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import type { HealthStatus } from '../../src/ports/control/health.ts'
import { aView, FakeControl } from '../support/fake-control.ts'
import { ask, askRaw } from '../support/http.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const NEW = {
  id: 'p2',
  instrument: 'ACME',
  side: 'long',
  quantity: 2,
  entryPrice: 50,
  rules: { stopLoss: { pct: 5 } },
}

describe('requests over http', () => {
  let control: FakeControl
  let server: HttpServer
  let port: number

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
    port = server.port
  })

  afterEach(() => server.close())

  /** The code of the error that an attempt to serve fails with. */
  const failure = async (options: { host: string; port: number; token?: string }) => {
    try {
      await (await serveHttp({ control, ...options })).close()
      return 'none'
    } catch (error) {
      expect(error).to.be.instanceOf(WatchkeeperError)
      expect((error as Error).message).to.not.include('\n')
      return (error as WatchkeeperError).code
    }
  }

  describe('at its start', () => {
    it('says in one line that the port is taken', async () => {
      expect(await failure({ host: '127.0.0.1', port })).to.equal('ADDRESS_IN_USE')
    })

    it('says in one line that it cannot listen at an address of another machine', async () => {
      const options = { host: '192.0.2.1', port: 0, token: 'sixteen letters!' }
      expect(await failure(options)).to.equal('CANNOT_LISTEN')
    })

    it('refuses to listen off loopback without a token', async () => {
      expect(await failure({ host: '0.0.0.0', port: 0 })).to.equal('TOKEN_REQUIRED')
      expect(await failure({ host: '::', port: 0 })).to.equal('TOKEN_REQUIRED')
    })
  })

  describe('at its end', () => {
    it('ends connections that are kept alive', async () => {
      const agent = new Agent({ keepAlive: true })
      await new Promise<void>((resolve, reject) => {
        const sent = request({ port, host: '127.0.0.1', path: '/livez', agent }, response => {
          response.resume().on('end', resolve)
        })
        sent.on('error', reject).end()
      })
      const begun = Date.now()
      await server.close()
      expect(Date.now() - begun).to.be.below(2_000)
      agent.destroy()
    })

    it('does not wait for a request that never ends', async () => {
      const half = 'POST /api/kill-switch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n'
      const received = askRaw(port, `${half}content-type: application/json\r\n\r\n{`).catch(
        () => '',
      )
      await ask(port, '/livez')
      const begun = Date.now()
      await server.close()
      expect(Date.now() - begun).to.be.below(5_000)
      await received
    })

    it('may be closed twice', async () => {
      await server.close()
      await server.close()
    })
  })

  describe('to an unacceptable request', () => {
    it('answers an unknown route with 404', async () => {
      const { status, json, headers } = await ask(port, '/api/nothing')
      expect(status).to.equal(404)
      expect(json['code']).to.equal('NOT_FOUND')
      expect(headers['content-type']).to.match(/^application\/problem\+json/)
      expect(json).to.include.keys('type', 'title', 'status')
      expect(json['detail']).to.equal(
        'nothing answers at /api/nothing: /openapi.json lists the paths',
      )
      const near = await ask(port, '/healthz')
      expect(near.json['detail']).to.equal('nothing answers at /healthz: did you mean /health?')
    })

    it('answers a wrong method with 405 and the allowed methods', async () => {
      const { status, json, headers } = await ask(port, '/api/positions/p1', {
        method: 'PUT',
        body: {},
      })
      expect([status, json['code']]).to.deep.equal([405, 'METHOD_NOT_ALLOWED'])
      expect(headers['allow']).to.equal('DELETE, GET, HEAD, PATCH')
    })

    it('answers a bad percent-encoding with 400', async () => {
      const { status, json } = await ask(port, '/api/positions/%zz')
      expect([status, json['code']]).to.deep.equal([400, 'BAD_REQUEST'])
      expect(json['detail']).to.equal(
        "the request: found Failed to decode param '%zz', expected UTF-8 in percent-encoding, such as %C3%A9",
      )
    })

    it('names the encoding that a body does not have', async () => {
      const headers = { ...JSON_TYPE, 'content-encoding': 'br' }
      const { json } = await ask(port, '/api/positions', { method: 'POST', headers, body: '{}' })
      expect(json['detail']).to.equal(
        'the request: found Decompression failed, expected a body in the encoding that content-encoding names',
      )
    })

    it('names the encodings and the charset that a body may have', async () => {
      const detailOf = async (headers: Readonly<Record<string, string>>) => {
        const asked = { method: 'POST', headers: { ...JSON_TYPE, ...headers }, body: '{}' }
        return (await ask(port, '/api/positions', asked)).json['detail']
      }
      expect(await detailOf({ 'content-encoding': 'zip' })).to.equal(
        'the request: found unsupported content encoding "zip", expected no encoding, or gzip, deflate or br',
      )
      expect(await detailOf({ 'content-type': 'application/json; charset=odd' })).to.equal(
        'the request: found unsupported charset "ODD", expected UTF-8',
      )
    })

    it('answers malformed JSON with 400', async () => {
      const { status, json } = await ask(port, '/api/positions', {
        method: 'POST',
        headers: JSON_TYPE,
        body: '{"id":',
      })
      expect([status, json['code']]).to.deep.equal([400, 'BAD_JSON'])
      expect(json['detail']).to.match(/^the body: found no JSON \(.+\), expected a JSON object$/)
    })

    it('answers a huge body with 413', async () => {
      const { status, json } = await ask(port, '/api/positions', {
        method: 'POST',
        body: { id: 'x'.repeat(70_000) },
      })
      expect([status, json['code']]).to.deep.equal([413, 'BODY_TOO_LARGE'])
    })

    for (const body of ['[]', '"text"', '7', 'null', '']) {
      it(`refuses the body ${body || '(none)'}`, async () => {
        const asking = { method: 'POST', headers: JSON_TYPE, body }
        const { status } = await ask(port, '/api/positions', asking)
        expect(status).to.be.oneOf([400, 422])
        expect(control.asked).to.deep.equal([])
      })
    }

    it('survives a body that is nested as deeply as its size allows', async () => {
      const rules = `${'['.repeat(30_000)}${']'.repeat(30_000)}`
      const asking = { method: 'POST', headers: JSON_TYPE, body: `{"rules":${rules}}` }
      const { status, text } = await ask(port, '/api/positions', asking)
      expect(status).to.be.oneOf([400, 422])
      expect(text.length).to.be.below(5_000)
    })

    it('shows the beginning of a long value, on one line', async () => {
      const long = `a\n${'x'.repeat(10_000)}`
      for (const [path, body] of [
        ['/api/kill-switch', { state: long }],
        ['/api/log-levels', { component: long, level: 'info' }],
        ['/api/positions', { ...NEW, rules: long }],
      ] as const) {
        const { json } = await ask(port, path, { method: 'POST', body })
        const [{ found } = { found: '' }] = json['faults'] as { found: string }[]
        expect(found, path).to.match(/^(?:the unknown rule set )?"a\\nx{50,60}…$/)
      }
    })

    it('names every fault of a body by its path in the body', async () => {
      const { status, json } = await ask(port, '/api/positions', {
        method: 'POST',
        body: { ...NEW, side: 'up', quantity: -1 },
      })
      expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
      const paths = (json['faults'] as { path: string }[]).map(({ path }) => path)
      expect(paths).to.deep.equal(['side', 'quantity'])
      expect(control.asked).to.deep.equal([])
    })

    const wrong: [string, string, unknown][] = [
      ['PATCH', '/api/positions/p1', { rules: { stopLoss: { pct: 5 } }, forse: true }],
      ['PATCH', '/api/positions/p1', { rules: { stopLoss: { pct: 5 } }, force: 'yes' }],
      ['PATCH', '/api/positions/p1', { rules: { stopLos: { pct: 5 } } }],
      ['PATCH', '/api/positions/p1', {}],
      ['POST', '/api/positions', { ...NEW, exitNow: 1 }],
      ['POST', '/api/positions', { ...NEW, colour: 'red' }],
      ['POST', '/api/positions', { ...NEW, quantity: 1e308 }],
      ['POST', '/api/positions', { ...NEW, entryPrice: 1e-16 }],
      ['POST', '/api/positions', { ...NEW, multiplier: 1.1e15 }],
      ['POST', '/api/positions', { ...NEW, rules: { stopLoss: { amount: 1e300 } } }],
      ['PATCH', '/api/positions/p1', { rules: { takeProfit: { price: 1.7e308 } } }],
      ['PATCH', '/api/positions/p1', { rules: { trailingStop: { distance: 1e16 } } }],
      ['POST', '/api/kill-switch', { state: 'of' }],
      ['POST', '/api/kill-switch', { state: 'off', held: 'drop' }],
      ['POST', '/api/kill-switch', { state: 'off', helt: 'send' }],
      ['POST', '/api/kill-switch', { state: 'halt', held: 'discard' }],
    ]
    for (const [method, path, body] of wrong) {
      it(`lists the faults of ${method} ${JSON.stringify(body)}`, async () => {
        const { status, json } = await ask(port, path, { method, body })
        expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
        expect(json['faults']).to.be.an('array').with.length(1)
        expect(control.asked).to.deep.equal([])
      })
    }

    for (const [method, path] of [
      ['GET', '/health'],
      ['GET', '/metrics'],
      ['GET', '/api/positions'],
      ['GET', '/api/positions/p1'],
      ['GET', '/api/positions/p1/why'],
      ['POST', '/api/positions'],
      ['PATCH', '/api/positions/p1'],
      ['POST', '/api/positions/p1/exit'],
      ['DELETE', '/api/positions/p1'],
      ['GET', '/api/exits'],
      ['GET', '/api/rule-sets'],
      ['GET', '/api/kill-switch'],
      ['POST', '/api/kill-switch'],
      ['GET', '/api/journal'],
      ['GET', '/api/events'],
      ['GET', '/api/portfolio'],
      ['POST', '/api/portfolio/realised'],
      ['GET', '/api/gateway'],
      ['GET', '/api/supervision'],
      ['GET', '/api/log-levels'],
      ['GET', '/api/clock'],
      ['GET', '/api/report'],
      ['GET', '/api/metrics'],
      ['POST', '/api/store/backup'],
    ] as const) {
      it(`refuses ${method} ${path} with an unknown parameter`, async () => {
        const body = method === 'GET' ? {} : { body: {} }
        const { status, json } = await ask(port, `${path}?forse=true`, { method, ...body })
        expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
        const [fault] = json['faults'] as { path: string; found: string }[]
        expect(fault!.path).to.equal('forse')
        expect(fault!.found).to.match(/^the unknown (?:parameter|field) "forse"$/)
        expect(control.asked).to.deep.equal([])
      })
    }

    it('ignores an unknown parameter of a probe', async () => {
      expect((await ask(port, '/livez?verbose')).status).to.equal(200)
      expect((await ask(port, '/readyz?verbose')).status).to.equal(200)
    })

    it('reports an unknown path as unknown, whatever its query', async () => {
      expect((await ask(port, '/api/nothing?x=1')).status).to.equal(404)
    })

    for (const query of [
      'limit=0',
      'afer=1',
      'limit=1001',
      'limit=x',
      'after=-1',
      'limit=1&limit=2',
      'last=0',
      'last=1001',
      'last=2&limit=2',
      'last=2&after=1',
      'before=2',
      'kind=exit-fill',
    ]) {
      it(`refuses a journal query with ${query}`, async () => {
        const { status, json } = await ask(port, `/api/journal?${query}`)
        expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
      })
    }
  })

  describe('to an error of the service', () => {
    const codes = Object.keys(ERROR_CODES) as ErrorCode[]
    for (const code of codes) {
      const { status } = ERROR_CODES[code]
      it(`answers ${code} with ${status}`, async () => {
        control.failure = new WatchkeeperError(code, 'because')
        const answer = await ask(port, '/api/kill-switch', {
          method: 'POST',
          body: { state: 'halt' },
        })
        expect(answer.status).to.equal(status)
        expect(answer.json).to.include({ code, status, detail: 'because' })
      })
    }

    it('gives the faults of a refused input', async () => {
      control.failure = new InputError('x', [{ path: 'rules', found: 'a', expected: 'b' }])
      const { status, json } = await ask(port, '/api/positions', { method: 'POST', body: NEW })
      expect(status).to.equal(422)
      expect(json['faults']).to.deep.equal([{ path: 'rules', found: 'a', expected: 'b' }])
    })

    it('answers any other error with 500, and shows neither its text nor its stack', async () => {
      control.failure = new TypeError('secret of the house')
      const { status, text } = await ask(port, '/api/positions', { method: 'POST', body: NEW })
      expect(status).to.equal(500)
      expect(text).to.not.match(/secret|\bat \//)
    })

    it('exits and releases no position for a body that requests something else', async () => {
      const changes: [string, string][] = [
        ['POST', '/api/positions/p1/exit'],
        ['DELETE', '/api/positions/p1'],
      ]
      for (const [method, path] of changes) {
        const headers = { ...JSON_TYPE, 'content-length': '14' }
        const { status, json } = await ask(port, path, { method, headers, body: { quantity: 1 } })
        expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
        expect(json['detail']).to.include('expected no field')
      }
      expect(control.asked).to.deep.equal([])
    })

    it('accepts no change while it is not ready', async () => {
      control.state = { ready: false, why: 'stopping' }
      const changes: [string, string, unknown][] = [
        ['POST', '/api/positions', NEW],
        ['PATCH', '/api/positions/p1', { rules: { stopLoss: { pct: 4 } } }],
        ['DELETE', '/api/positions/p1', undefined],
        ['POST', '/api/positions/p1/exit', {}],
        ['POST', '/api/kill-switch', { state: 'halt' }],
      ]
      for (const [method, path, body] of changes) {
        const { status, json } = await ask(port, path, { method, headers: JSON_TYPE, body })
        expect([status, json['code']]).to.deep.equal([503, 'NOT_READY'])
      }
      expect(control.asked).to.deep.equal([])
    })
  })

  describe('health', () => {
    it('is 200 for pass and warn, 503 for fail, and never cached', async () => {
      for (const [status, code] of [
        ['pass', 200],
        ['warn', 200],
        ['fail', 503],
      ] as const) {
        control.snapshot = { ...control.snapshot, status, output: ['why'] }
        const answer = await ask(port, '/health')
        expect(answer.status).to.equal(code)
        expect(answer.json).to.include.keys('version', 'output', 'checks')
        expect(answer.json['status']).to.equal(status)
        expect(answer.headers['content-type']).to.match(/^application\/health\+json/)
        expect(answer.headers['cache-control']).to.equal('no-store')
        expect(answer.headers['etag']).to.equal(undefined)
      }
    })

    it('fails when its snapshot is old, whatever the snapshot says', async () => {
      control.snapshot = { ...control.snapshot, at: Date.now() - 60_000 }
      const { status, json } = await ask(port, '/health')
      expect([status, json['status']]).to.deep.equal([503, 'fail'])
      expect((json['output'] as string[])[0]).to.match(/old/)
    })

    it('shows one component alone, with a status of its own', async () => {
      const check = (status: HealthStatus, output?: string) => [
        { componentType: 'component', observedValue: 1, status, time: '', output: output! },
      ]
      control.snapshot = {
        status: 'fail',
        at: Date.now(),
        output: ['store:errors: 1', 'gateway:breakers: 2'],
        checks: { 'store:errors': check('fail'), 'gateway:breakers': check('warn', 'two') },
      }
      const gateway = await ask(port, '/health?check=gateway')
      expect([gateway.status, gateway.json['status']]).to.deep.equal([200, 'warn'])
      expect(gateway.json['output']).to.deep.equal(['gateway:breakers: two'])
      expect(Object.keys(gateway.json['checks'] as object)).to.deep.equal(['gateway:breakers'])
      expect((await ask(port, '/health?check=store')).status).to.equal(503)
      const unknown = await ask(port, '/health?check=moon')
      expect([unknown.status, unknown.json['code']]).to.deep.equal([404, 'CHECK_UNKNOWN'])
      expect(unknown.json['detail']).to.equal(
        'found the check "moon", expected one of gateway, store',
      )
    })

    it('is alive, and ready or names the reason why not', async () => {
      expect((await ask(port, '/livez')).status).to.equal(200)
      expect((await ask(port, '/readyz')).status).to.equal(200)
      control.state = { ready: false, why: 'recovering' }
      const { status, text } = await ask(port, '/readyz')
      expect(status).to.equal(503)
      expect(text).to.include('recovering')
    })
  })

  describe('positions', () => {
    it('are listed, shown and explained', async () => {
      expect((await ask(port, '/api/positions')).json).to.deep.equal({
        positions: [aView()],
        next: null,
      })
      expect((await ask(port, '/api/positions/p1')).json).to.deep.equal(aView())
      expect((await ask(port, '/api/positions/p1/why')).json).to.have.property('rules')
      for (const path of ['/api/positions/p9', '/api/positions/p9/why']) {
        const { status, json } = await ask(port, path)
        expect([status, json['code']]).to.deep.equal([404, 'POSITION_UNKNOWN'])
      }
    })

    it('are added, with the address of the new one', async () => {
      const asking = { method: 'POST', body: { ...NEW, id: 'a/b ü', exitNow: true } }
      const { status, headers, json } = await ask(port, '/api/positions', asking)
      expect(status).to.equal(201)
      expect(json['id']).to.equal('a/b ü')
      expect((await ask(port, headers['location'] as string)).json['id']).to.equal('a/b ü')
      expect(control.asked[0]).to.deep.include({ what: 'add' })
      expect(control.asked[0]!.request).to.deep.include({ exitNow: true, rules: NEW.rules })
      expect(control.asked[0]!.by).to.deep.equal({ who: 'loopback', from: '127.0.0.1' })
    })

    it('get new rules', async () => {
      const body = { rules: { stopLoss: { pct: 4 } }, force: true }
      const { status } = await ask(port, '/api/positions/p1', { method: 'PATCH', body })
      expect(status).to.equal(200)
      expect(control.asked[0]!.request).to.deep.equal({
        ...body,
        exitNow: false,
        warnings: [],
      })
    })

    it('are exited and released', async () => {
      const exit = { method: 'POST', headers: JSON_TYPE }
      const exited = await ask(port, '/api/positions/p1/exit', exit)
      expect([exited.status, exited.json['state']]).to.deep.equal([202, 'exiting'])
      const release = { method: 'DELETE', headers: JSON_TYPE }
      const released = await ask(port, '/api/positions/p1', release)
      expect([released.status, released.text]).to.deep.equal([204, ''])
      expect((await ask(port, '/api/positions/p1', release)).status).to.equal(404)
    })
  })

  describe('metrics', () => {
    const formatFor = async (accept: string): Promise<string[]> => {
      const response = await fetch(`http://127.0.0.1:${server.port}/metrics`, {
        headers: { accept },
      })
      const [, said] = /# (\w+)/.exec(await response.text())!
      return [response.headers.get('content-type')!.split(';')[0]!, said!]
    }

    it('are plain text for clients that do not name OpenMetrics', async () => {
      for (const accept of ['*/*', 'text/plain', 'application/json', 'text/html,*/*;q=0.8']) {
        expect(await formatFor(accept), accept).to.deep.equal(['text/plain', 'text'])
      }
    })

    it('are OpenMetrics for a Prometheus that prefers it, in a supported version', async () => {
      const prometheus =
        'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1'
      for (const accept of [prometheus, 'application/openmetrics-text']) {
        expect(await formatFor(accept)).to.deep.equal([
          'application/openmetrics-text',
          'openmetrics',
        ])
      }
      for (const accept of [
        'application/openmetrics-text;version=9.0.0,text/plain;q=0.1',
        'application/openmetrics-text;q=0.2,text/plain',
        'application/openmetrics-text;q=0',
      ]) {
        expect(await formatFor(accept), accept).to.deep.equal(['text/plain', 'text'])
      }
    })
  })

  it('shows and sets the kill switch', async () => {
    expect((await ask(port, '/api/kill-switch')).json['state']).to.equal('off')
    const asking = { method: 'POST', body: { state: 'off', held: 'send' } }
    expect((await ask(port, '/api/kill-switch', asking)).status).to.equal(200)
    expect(control.asked[0]!.request).to.deep.equal({ state: 'off', held: 'send' })
  })

  it('returns the journal in pages, of one position where requested', async () => {
    control.happen(5)
    control.happen(1, { positionId: 'p1' })
    const seqs = async (query: string): Promise<number[]> => {
      const lines = (await ask(port, `/api/journal?${query}`)).json as unknown as { seq: number }[]
      return lines.map(({ seq }) => seq)
    }
    expect(await seqs('after=1&limit=2')).to.deep.equal([2, 3])
    expect(await seqs('positionId=p1')).to.deep.equal([6])
  })
})
