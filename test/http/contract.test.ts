import { createHash } from 'node:crypto'
import { expect } from 'chai'
import express, { type Router } from 'express'
import sinon from 'sinon'
import { NO_LIMITS } from '../../src/account/portfolio.ts'
import { httpSchema } from '../../src/config/http-schema.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { pageFiles } from '../../src/http/page-files.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import type { ApiDocument } from '../../src/ports/api-document.ts'
import type { Control } from '../../src/ports/control.ts'
import { ApiContract, type Documented, type Probe } from '../support/api-contract.ts'
import { builtPage } from '../support/built-page.ts'
import { ask } from '../support/http.ts'
import { ServedAccount } from '../support/served-account.ts'
import { until } from '../support/until.ts'

const READ = 'the token that only reads'
const OPERATE = 'the token of a person'
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const JSON_TYPE = { 'content-type': 'application/json' }
/** A host name of the configuration: others than this machine reach the service, and each read needs a token. */
const HOST = 'watch.example'

const rules = { stopLoss: { pct: 5 } }
const position = (id: string) => ({
  id,
  instrument: 'ACME',
  side: 'long',
  quantity: 2,
  entryPrice: 100,
  rules,
})

/** Documented answers that the test does not provoke, each with the reason. */
const NOT_PROVOKED: Readonly<Record<string, string>> = {
  'POST /api/debug/heap 200': 'test/http/routes/debug.test.ts: needs a small process of its own',
  'POST /api/debug/heap 409': 'test/http/routes/debug.test.ts: depends on the size of the heap',
  'POST /api/debug/heap 500': 'only where the disk or the process fails',
  'POST /api/debug/profile 500': 'only where the profiler fails',
  'GET /api/view 500': 'the view may be answered from memory',
  'GET /api/view 503': 'the view may be answered from memory',
  ...Object.fromEntries(
    ['gateway', 'holdings', 'kill-switch', 'portfolio'].map(name => [
      `GET /api/${name} 400`,
      'test/app/accounts.test.ts: needs a service of several accounts',
    ]),
  ),
  'POST /api/positions 404': 'test/app/accounts.test.ts: needs a service of several accounts',
  'GET / 404': 'only before the page is built',
  'GET /docs 404': 'only before the page is built',
  ...Object.fromEntries(
    ['freqtrade', 'tradingview'].flatMap(kind =>
      [200, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503].map(status => [
        `POST /hooks/${kind}/{secret} ${status}`,
        'test/http/routes/hooks.test.ts: it wants the secret of a hook',
      ]),
    ),
  ),
  ...Object.fromEntries(
    ['/', '/docs', '/page/{file}', '/openapi.json', '/livez', '/api/view/stream'].map(path => [
      `GET ${path} 500`,
      'nothing in it fails before its answer has begun',
    ]),
  ),
}

/** Paths of one account. */
const BELOW = '/api/accounts/{account}/'

/** How much the test covers: a smaller number needs a reason. */
const COUNTS = { operations: 65, provoked: 395 }

describe('The contract of the API', function () {
  this.timeout(120_000)

  let served: ServedAccount
  let server: HttpServer
  let contract: ApiContract
  let router: Router
  let accountRouter: Router
  let document: ApiDocument
  /** What every use of the control throws. */
  let failure: Error | undefined

  /** The control, which may fail. */
  const failing = (control: Control): Control =>
    new Proxy(control, {
      get: (target, name) => {
        if (failure !== undefined) throw failure
        const value: unknown = Reflect.get(target, name, target)
        return typeof value === 'function' ? (value.bind(target) as unknown) : value
      },
    })

  before(async () => {
    builtPage()
    served = new ServedAccount()
    const limits = [{ name: 'all', maxLoss: 1_000, warnAtPct: 80 }]
    await served.open({ portfolio: { ...NO_LIMITS, limits } })
    const spy = sinon.spy(express, 'Router')
    const { events, view } = httpSchema.parse(undefined)
    server = await serveHttp({
      control: failing(served.control()),
      host: '127.0.0.1',
      port: 0,
      hosts: [HOST],
      tokens: [
        { name: 'screen', role: 'read', token: READ },
        { name: 'alice', role: 'operate', token: OPERATE },
      ],
      failedTokens: { max: 1, withinMs: 3_600_000 },
      events: { ...events, clients: 1 },
      view: { ...view, clients: 1 },
    })
    ;[router, accountRouter] = spy.returnValues as [Router, Router]
    spy.restore()
    document = (await ask(server.port, '/openapi.json')).json as unknown as ApiDocument
    contract = new ApiContract(document, server.port)
    cutOff()
  })

  after(async () => {
    await server.close()
    await served.account.stop()
  })

  /** Leaves one request of each operation that takes a key, as a crash has cut it off. */
  function cutOff(): void {
    const kept = contract.operations.filter(takesKey)
    for (const [index, each] of kept.entries()) {
      const body = '{}'
      const digest = createHash('sha256')
        .update(`${sample(each)}\n${body}`)
        .digest('base64url')
      const detail = { key: cutKey(each), by: 'alice', digest }
      served.earlier.push({ seq: index + 1, at: served.now, kind: 'request-begun', ...detail })
    }
  }

  const as = (token: string, probe: Probe = {}): Probe => ({
    ...probe,
    headers: { ...bearer(token), ...probe.headers },
  })
  const operate = (name: string, status: number, probe: Probe = {}) =>
    contract.expect(name, status, as(OPERATE, probe))

  const routesOf = ({ stack }: Router): string[] => {
    interface Layer {
      readonly route?: { readonly path: string; readonly methods: Readonly<Record<string, true>> }
    }
    return (stack as unknown as Layer[]).flatMap(({ route }) =>
      route === undefined
        ? []
        : Object.keys(route.methods).map(
            method => `${method.toUpperCase()} ${route.path.replaceAll(/:(\w+)/g, '{$1}')}`,
          ),
    )
  }

  it('has every route of the server, and no other', () => {
    const below = routesOf(accountRouter).map(each => each.replace('/api/', BELOW))
    expect(below).to.have.length.above(15)
    const routes = [...routesOf(router), ...below]
    expect(contract.operations.map(({ name }) => name).toSorted()).to.deep.equal(routes.toSorted())
    const ids = contract.operations.map(({ operation }) => operation.operationId)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('holds for what is read and changed of one account', async () => {
    const below = contract.operations.filter(isBelow)
    for (const { name, method, path } of below) {
      const own = path.replace('{account}', 'main')
      if (name.startsWith('GET') && !own.includes('{') && !own.endsWith('/events'))
        await operate(name, 200, { path: own })
      const unknown = path.replaceAll(/\{\w+\}/g, 'unknown')
      const answer = await operate(name, 404, {
        path: unknown,
        ...(method !== 'GET' && { body: {} }),
      })
      expect(answer.json['code'], name).to.equal('ACCOUNT_UNKNOWN')
    }
    await operate(`POST ${BELOW}positions`, 201, {
      path: '/api/accounts/main/positions',
      body: position('p0'),
    })
  })

  it('documents an operation of one account as the one without its name', () => {
    const account = /ACCOUNT_\w+/
    const statuses = ({ operation }: Documented): string[] =>
      Object.entries(operation.responses).flatMap(
        ([status, { 'x-watchkeeper-codes': codes = [] }]) =>
          codes.length > 0 && codes.every(code => account.test(code) || code === 'BAD_REQUEST')
            ? []
            : [status],
      )
    for (const each of contract.operations.filter(isBelow)) {
      const bare = contract.operations.find(
        ({ name }) => name === each.name.replace(BELOW, '/api/'),
      )
      expect(
        statuses(each).filter(status => status !== '404'),
        each.name,
      ).to.deep.equal(statuses(bare!).filter(status => status !== '404'))
      expect(each.operation['x-watchkeeper-role']).to.equal(bare!.operation['x-watchkeeper-role'])
      expect(each.operation.parameters[0]).to.include({ name: 'account', in: 'path' })
    }
  })

  it('holds for positions from their begin to their end', async () => {
    await operate('POST /api/positions', 201, { body: position('p1') })
    await operate('POST /api/positions', 200, { body: position('p1') })
    await operate('POST /api/positions', 409, { body: { ...position('p1'), quantity: 3 } })
    for (const id of ['p2', 'p3', 'p4']) {
      await operate('POST /api/positions', 201, { body: position(id) })
    }
    await operate('GET /api/positions/{id}', 200, { path: '/api/positions/p1' })
    await served.tick(100)
    await operate('GET /api/positions/{id}', 200, { path: '/api/positions/p1' })
    await operate('GET /api/positions/{id}/why', 200, { path: '/api/positions/p1/why' })
    const one = 'PATCH /api/positions/{id}'
    const stop = (change: object) => ({
      path: '/api/positions/p1',
      body: { rules: { stopLoss: change } },
    })
    await operate(one, 200, stop({ pct: 4 }))
    await operate(one, 409, stop({ pct: 6 }))
    await operate(one, 200, { path: '/api/positions/p1', body: { quantity: 1, entryPrice: 101 } })
    await operate(one, 422, { path: '/api/positions/p1', body: { quantity: 1, rules: {} } })
    const preview = (change: object) => ({
      ...stop(change),
      path: '/api/positions/p1/rules/preview',
    })
    await operate('POST /api/positions/{id}/rules/preview', 200, preview({ pct: 3 }))
    await operate('POST /api/positions/{id}/rules/preview', 409, preview({ price: 100 }))
    await operate('POST /api/positions/{id}/exit', 202, {
      path: '/api/positions/p2/exit',
      body: {},
    })
    await served.account.settled()
    await operate('DELETE /api/positions/{id}', 204, { path: '/api/positions/p3', body: {} })
    for (const query of ['', '?state=closed', '?state=closed&format=csv']) {
      await operate('GET /api/positions', 200, { path: `/api/positions${query}` })
    }
    for (const query of ['', '?format=csv']) {
      const { text } = await operate('GET /api/exits', 200, { path: `/api/exits${query}` })
      expect(text).to.include('p2')
    }
  })

  it('holds for the kill switch and the portfolio', async () => {
    const move = (body: object, status = 200) => operate('POST /api/kill-switch', status, { body })
    await move({ state: 'halt' })
    await served.tick(90)
    await operate('GET /api/kill-switch', 200)
    await move({ state: 'off' }, 409)
    await served.tick(100)
    await move({ state: 'off', held: 'discard' })
    await operate('POST /api/portfolio/realised', 200, {
      body: { amount: -10, currency: 'USD' },
    })
    await operate('GET /api/portfolio', 200)
    await operate('POST /api/portfolio/limits/{name}/reset', 200, {
      path: '/api/portfolio/limits/all/reset',
      body: {},
    })
  })

  it('holds for all that an operator reads', async () => {
    for (const path of [
      '/livez',
      '/readyz',
      '/health',
      '/api/accounts',
      '/api/rule-sets',
      '/api/journal',
      '/api/portfolio',
      '/api/metrics',
      '/api/report',
      '/api/log-levels',
      '/api/supervision',
      '/api/gateway',
      '/api/holdings',
      '/api/clock',
      '/api/view',
      '/openapi.json',
      '/',
      '/docs',
    ]) {
      await operate(`GET ${path}`, 200)
    }
    for (const accept of ['text/plain', 'application/openmetrics-text']) {
      await operate('GET /metrics', 200, { headers: { accept } })
    }
    await operate('GET /api/rule-sets/{name}', 200, { path: '/api/rule-sets/tight' })
    for (const file of pageFiles()!.files.keys()) {
      if (/\.(?:js|css|html)$/.test(file)) {
        await operate('GET /page/{file}', 200, { path: `/page/${file}` })
      }
    }
    served.health = { ...served.health, status: 'fail', output: ['store:errors: 1'] }
    served.readiness = { ready: false, why: 'stopping' }
    await operate('GET /health', 503)
    await operate('GET /readyz', 503)
    served.health = { ...served.health, status: 'pass', output: [] }
    served.readiness = { ready: true }
  })

  it('holds for all that an operator changes', async () => {
    for (const [name, path] of [
      ['POST /api/gateway/breakers/{group}/{act}', '/api/gateway/breakers/orders/reset'],
      ['POST /api/gateway/holdings/confirm'],
      ['POST /api/supervision/{id}/restart', '/api/supervision/monitor-p1/restart'],
      ['POST /api/metrics/reset'],
      ['POST /api/clock/accept'],
      ['POST /api/store/backup'],
    ] as const) {
      await operate(name, 200, { body: {}, ...(path !== undefined && { path }) })
    }
    await operate('POST /api/log-levels', 200, { body: { component: 'exits', level: 'debug' } })
  })

  it('holds for acts that run one at a time', async () => {
    const path = '/api/debug/profile?seconds=1'
    const first = operate('POST /api/debug/profile', 200, { path, body: {} })
    await operate('POST /api/debug/profile', 409, { path, body: {} })
    await first
    let release = (): void => undefined
    const released = new Promise<void>(resolve => (release = resolve))
    const begun = new Promise<void>(resolve => {
      served.beforeBackup = () => {
        resolve()
        return released
      }
    })
    const backup = operate('POST /api/store/backup', 200, { body: {} })
    await begun
    await operate('POST /api/store/backup', 409, { body: {} })
    release()
    await backup
    for (const kind of ['profile-begun', 'backup-begun']) {
      const journalled = async (): Promise<boolean> => {
        const { text } = await operate('GET /api/journal', 200, {
          path: `/api/journal?kind=${kind}`,
        })
        return text.includes('"by":"alice at 127.0.0.1"')
      }
      await until(journalled)
    }
  })

  it('holds for streams, and for one too many', async () => {
    const { epoch } = (await operate('GET /api/view', 200)).json
    for (const [name, path] of [
      ['GET /api/events', '/api/events?after=now'],
      ['GET /api/view/stream', `/api/view/stream?epoch=${String(epoch)}`],
    ] as const) {
      await operate(name, 200, { path, isStream: true })
      await operate(name, 503, { path })
    }
    contract.endStreams()
  })

  /** Documented statuses of the errors that the same request provokes everywhere. */
  const each = async (
    status: number,
    probe: (operation: Documented) => Probe | undefined,
  ): Promise<void> => {
    for (const operation of contract.operations) {
      if (isBelow(operation)) continue
      const sent = probe(operation)
      if (sent === undefined || !(status in operation.operation.responses)) continue
      if (`${operation.name} ${status}` in NOT_PROVOKED) continue
      await contract.expect(operation.name, status, { path: sample(operation), ...sent })
    }
  }

  it('answers 304 to a client that has the answer', async () => {
    await each(304, ({ path }) => {
      const known: Record<string, string> = {
        '/api/positions/{id}': '/api/positions/p1',
        '/api/positions/{id}/why': '/api/positions/p1/why',
        '/api/rule-sets/{name}': '/api/rule-sets/tight',
      }
      return as(OPERATE, { path: known[path] ?? path, headers: { 'if-none-match': '*' } })
    })
  })

  it('answers 400 to a bad path, and to a body that is not JSON', async () => {
    await each(400, ({ method, path }) =>
      as(
        OPERATE,
        path.includes('{')
          ? { path: path.replace(/\{\w+\}/, '%zz').replaceAll(/\{\w+\}/g, 'x'), headers: JSON_TYPE }
          : method === 'GET'
            ? undefined
            : { body: '{', headers: JSON_TYPE },
      ),
    )
  })

  it('answers 401 without a token, and needs none where the document says so', async () => {
    await each(401, () => ({ headers: JSON_TYPE }))
    for (const { name, path, operation } of contract.operations) {
      const { status } = await ask(server.port, path)
      const isOpen = operation['x-watchkeeper-role'] === 'open'
      if (name.startsWith('GET')) expect(status === 401, name).to.equal(!isOpen)
      expect(operation.security.length === 0, name).to.equal(isOpen)
    }
  })

  it('answers 403 to a foreign host, and to a role that does not reach', async () => {
    await each(403, () => as(OPERATE, { headers: { ...JSON_TYPE, host: 'evil.example' } }))
    await each(403, ({ operation }) =>
      ['agent', 'operate'].includes(operation['x-watchkeeper-role'])
        ? as(READ, { body: {} })
        : undefined,
    )
  })

  it('answers 404 to an unknown name', async () => {
    await each(404, ({ path, method }) =>
      as(OPERATE, {
        ...(path === '/health' && { path: '/health?check=nothing' }),
        ...(method !== 'GET' && { body: path.endsWith('preview') ? { rules: {} } : {} }),
      }),
    )
  })

  it('answers 409 to a key whose first request was cut off, and 422 to one of another request', async () => {
    await each(409, operation =>
      takesKey(operation)
        ? as(OPERATE, { body: {}, headers: { 'idempotency-key': cutKey(operation) } })
        : undefined,
    )
    await each(422, operation =>
      takesKey(operation)
        ? as(OPERATE, { body: { x: 1 }, headers: { 'idempotency-key': cutKey(operation) } })
        : undefined,
    )
  })

  it('answers 413, 415 and 422 to a body too large, another type and an unknown parameter', async () => {
    const text = JSON.stringify({ text: 'x'.repeat(70_000) })
    await each(413, () => as(OPERATE, { body: text, headers: JSON_TYPE }))
    await each(415, () => as(OPERATE, { body: '{}', headers: { 'content-type': 'text/plain' } }))
    await each(422, operation =>
      as(OPERATE, {
        path: `${sample(operation)}${sample(operation).includes('?') ? '&' : '?'}none=1`,
        headers: JSON_TYPE,
      }),
    )
  })

  it('answers 429 to an address that has sent too many wrong tokens', async () => {
    const headers = {
      ...JSON_TYPE,
      ...bearer('a wrong token that is long'),
      'x-forwarded-for': '203.0.113.9',
    }
    await ask(server.port, '/api/positions', { headers })
    await each(429, () => ({ headers }))
  })

  it('answers 500 and 503 where the service or its store fails', async () => {
    const body = { component: 'exits', level: 'debug' }
    const probe = ({ path }: Documented): Probe =>
      as(OPERATE, path === '/api/log-levels' ? { body } : { headers: JSON_TYPE })
    failure = new Error('broken')
    await each(500, probe)
    failure = new WatchkeeperError('STORE_FAILED', 'the store could not be written')
    // Their own 503 is another one.
    const own = new Set(['GET /health', 'GET /readyz', 'GET /api/view/stream'])
    await each(503, operation => (own.has(operation.name) ? undefined : probe(operation)))
    failure = undefined
  })

  it('was held against every documented answer but those that are listed with a reason', () => {
    // Of the paths of one account the handlers are those of the paths without.
    const missing = contract.documented.filter(
      answer => !contract.seen.has(answer) && !answer.includes(BELOW),
    )
    expect(missing.toSorted()).to.deep.equal(Object.keys(NOT_PROVOKED).toSorted())
    expect(contract.operations).to.have.length.at.least(COUNTS.operations)
    expect(contract.seen.size).to.be.at.least(COUNTS.provoked)
  })
})

const isBelow = ({ path }: Documented): boolean => path.startsWith(BELOW)

const takesKey = ({ operation }: Documented): boolean =>
  operation.parameters.some(each => '$ref' in each && each.$ref.endsWith('/Idempotency-Key'))

const cutKey = ({ operation }: Documented): string => `cut-off-${operation.operationId}`

/** The path of an operation, with a name that the service does not know for each parameter. */
function sample({ path, operation }: Documented): string {
  // Without it the stream has begun before the journal is read.
  if (path === '/api/events') return `${path}?after=now`
  const query = operation.parameters.flatMap(each =>
    'in' in each && each.in === 'query' && each.required ? [`${each.name}=x`] : [],
  )
  const known = path.replaceAll(/\{\w+\}/g, 'unknown')
  return query.length === 0 ? known : `${known}?${query.join('&')}`
}
