import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { expect } from 'chai'
import type { Account } from '../../src/account/account.ts'
import { machineTimers } from '../../src/app/machine-timers.ts'
import { LastAnswers } from '../../src/calls/last-answers.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { Meters } from '../../src/observability/meters.ts'
import type { HealthSnapshot, Readiness } from '../../src/ports/control/health.ts'
import { AccountControl } from '../../src/views/control.ts'
import { aDesk } from '../support/desk.ts'
import { MemoryRepository } from '../support/memory-repository.ts'
import { openAccount } from '../support/open-account.ts'
import { TestVenue } from '../support/test-venue.ts'

const TOKEN = 'a token of some length'
const POSITION = {
  id: 'p1',
  instrument: 'ACME',
  side: 'long',
  quantity: 2,
  entryPrice: 100,
  rules: { stopLoss: { pct: 5 } },
}

/** The parts of an answer that tests check. */
interface Answer {
  readonly status: number
  readonly type: string
  // The shape of a body is what each test declares.
  readonly body: Record<string, unknown>
}

describe('the HTTP API', () => {
  let keeper: MemoryRepository
  let account: Account
  let server: HttpServer
  let health: HealthSnapshot
  let readiness: Readiness
  let now: number

  beforeEach(async () => {
    keeper = new MemoryRepository()
    now = 1_000
    health = { status: 'pass', at: Date.now(), output: [], checks: {} }
    readiness = { ready: true }
    const clock = { now: () => now, monotonic: () => now }
    const venue = new TestVenue()
    account = await openAccount({
      keeper,
      beforeGuard: venue.deposit,
      venue: quotes => ({
        ...venue.venue(quotes),
        placeExit: () => Promise.resolve({ kind: 'acknowledged' }),
        orderByClientId: () => Promise.resolve({ kind: 'unknown' }),
      }),
      clock,
      timers: machineTimers,
      callTimeoutMs: 1_000,
      onLine: () => undefined,
      onFatal: error => {
        throw error
      },
    })
    server = await serve(undefined)
  })

  afterEach(async () => {
    await server.close()
    await account.stop()
  })

  const levels: Record<string, string> = { exits: 'info' }

  const serve = (token: string | undefined): Promise<HttpServer> => {
    const control = new AccountControl({
      account,
      desk: aDesk(),
      answers: new LastAnswers(() => 0),
      store: {
        journal: ({ after, limit }) =>
          Promise.resolve(keeper.lines.filter(({ seq }) => seq > after).slice(0, limit)),
      },
      backup: async function* () {},
      clock: { now: () => now, monotonic: () => now },
      version: '1.2.3',
      isStrict: false,
      ruleSets: new Map(),
      healthMaxAgeMs: 10_000,
      healthAgeMs: () => 0,
      log: { levels: levels as never, setLevel: (name, level) => (levels[name] = level) },
      performance: new Meters({ now: () => now, monotonic: () => now }),
      metrics: () => Promise.resolve('watchkeeper_positions 1\n'),
      health: () => health,
      refreshHealth: () => undefined,
      readiness: () => readiness,
    })
    return serveHttp({ control, host: '127.0.0.1', port: 0, token })
  }

  /** One real request; headers are sent unchanged, also foreign ones. */
  async function ask(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer> {
    const isChange = method !== 'GET'
    const request = httpRequest({
      host: '127.0.0.1',
      port: server.port,
      method,
      path,
      agent: false,
      headers: { ...(isChange && { 'content-type': 'application/json' }), ...headers },
    })
    request.end(typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body))
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return {
      status: response.statusCode!,
      type: response.headers['content-type'] ?? '',
      body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
    }
  }

  const codeOf = async (answer: Promise<Answer>): Promise<unknown[]> => {
    const { status, type, body } = await answer
    expect(type).to.match(/^application\/problem\+json/)
    return [status, body['code']]
  }

  const add = (but: object = {}): Promise<Answer> =>
    ask('POST', '/api/positions', { ...POSITION, ...but })

  async function tick(price: number): Promise<void> {
    account.tick({ instrument: instrumentId('ACME'), ts: ++now, price })
    await account.settled()
  }

  it('lets no web page flatten the account', async () => {
    const evil = { origin: 'https://evil.example' }
    expect(await codeOf(ask('GET', '/api/positions', undefined, evil))).to.deep.equal([
      403,
      'FOREIGN_ORIGIN',
    ])
    const rebound = { host: 'evil.example:8080' }
    expect(await codeOf(ask('GET', '/api/positions', undefined, rebound))).to.deep.equal([
      403,
      'FOREIGN_HOST',
    ])
    const form = { 'content-type': 'text/plain' }
    expect(
      await codeOf(ask('POST', '/api/kill-switch', '{"state":"flatten"}', form)),
    ).to.deep.equal([415, 'NOT_JSON'])
    expect(account.state.killSwitch.state).to.equal('off')
  })

  it('accepts loopback in all its spellings', async () => {
    for (const host of ['localhost:1', '127.0.0.1', '127.9.9.9:80', '[::1]:8080']) {
      expect((await ask('GET', '/livez', undefined, { host })).status, host).to.equal(200)
    }
  })

  it('requires the token for changes once one is set', async () => {
    await server.close()
    server = await serve(TOKEN)
    expect(await codeOf(add())).to.deep.equal([401, 'BAD_TOKEN'])
    const wrong = { authorization: 'Bearer wrong' }
    expect(await codeOf(ask('POST', '/api/positions', POSITION, wrong))).to.deep.equal([
      401,
      'BAD_TOKEN',
    ])
    const right = { authorization: `Bearer ${TOKEN}` }
    expect((await ask('POST', '/api/positions', POSITION, right)).status).to.equal(201)
    expect((await ask('GET', '/api/positions')).status).to.equal(200)
  })

  it('refuses to listen off loopback without a token, and on an occupied port', async () => {
    const control = {} as never
    const fails = async (host: string, port: number): Promise<unknown> =>
      serveHttp({ control, host, port }).then(
        () => 'no error',
        (error: unknown) => (error as WatchkeeperError).code,
      )
    expect(await fails('0.0.0.0', 0)).to.equal('TOKEN_REQUIRED')
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    expect(await fails('127.0.0.1', port)).to.equal('ADDRESS_IN_USE')
    other.close()
  })

  it('reports everything that is wrong with a body, and applies nothing', async () => {
    const { status, body } = await add({ side: 'buy', quantity: -1, colour: 'red' })
    expect([status, body['code']]).to.deep.equal([422, 'BAD_INPUT'])
    const faults = body['faults'] as { path: string; found: string }[]
    expect(faults.map(({ path, found }) => [path, found])).to.deep.equal([
      ['colour', 'the unknown field "colour"'],
      ['side', '"buy"'],
      ['quantity', '-1'],
    ])
    expect(account.state.positions.size).to.equal(0)
  })

  it('answers malformed, huge and wrong-typed bodies with a stable code', async () => {
    const post = (body: string): Promise<Answer> => ask('POST', '/api/kill-switch', body)
    expect(await codeOf(post('{'))).to.deep.equal([400, 'BAD_JSON'])
    expect(await codeOf(post(`"${'x'.repeat(100_000)}"`))).to.deep.equal([413, 'BODY_TOO_LARGE'])
    expect(await codeOf(post('[]'))).to.deep.equal([422, 'BAD_INPUT'])
    expect(await codeOf(post('{"state":"panic"}'))).to.deep.equal([422, 'BAD_INPUT'])
    expect(await codeOf(ask('GET', '/api/journal?limit=1e9'))).to.deep.equal([422, 'BAD_INPUT'])
  })

  it('knows neither other paths nor other positions', async () => {
    expect(await codeOf(ask('GET', '/api/nothing'))).to.deep.equal([404, 'NOT_FOUND'])
    for (const [method, path] of [
      ['GET', '/api/positions/x'],
      ['GET', '/api/positions/x/why'],
      ['POST', '/api/positions/x/exit'],
      ['DELETE', '/api/positions/x'],
      ['PATCH', '/api/positions/x'],
    ] as const) {
      expect(await codeOf(ask(method, path)), path).to.deep.equal([404, 'POSITION_UNKNOWN'])
    }
    expect(await codeOf(ask('GET', '/api/positions/%E0%A4%A'))).to.deep.equal([400, 'BAD_REQUEST'])
  })

  it('accepts no change while the service is not ready, and names the reason', async () => {
    readiness = { ready: false, why: 'stopping' }
    expect(await codeOf(add())).to.deep.equal([503, 'NOT_READY'])
    expect((await ask('GET', '/readyz')).status).to.equal(503)
    expect((await ask('GET', '/livez')).status).to.equal(200)
  })

  it('reports health as it is', async () => {
    const answer = await ask('GET', '/health')
    expect([answer.status, answer.type]).to.deep.equal([
      200,
      'application/health+json; charset=utf-8',
    ])
    health = { ...health, status: 'warn' }
    expect((await ask('GET', '/health')).status).to.equal(200)
    health = { ...health, status: 'fail', output: ['store:errors: 1'] }
    const { status, body } = await ask('GET', '/health')
    expect([status, body['output']]).to.deep.equal([503, ['store:errors: 1']])
  })

  it('guards a posted position, and shows its levels and their reasons', async () => {
    const added = await add({ id: 'EUR/USD 1' })
    const { state: before, unguardedBy } = added.body
    expect([added.status, before, unguardedBy]).to.deep.equal([201, 'unguarded', 'unpriced'])
    await tick(101)
    const path = `/api/positions/${encodeURIComponent('EUR/USD 1')}`
    const { body } = await ask('GET', path)
    expect([body['state'], body['unguardedBy']]).to.deep.equal(['guarded', undefined])
    expect([body['best'], body['stop'], body['lastPrice']]).to.deep.equal([101, 95, 101])
    const why = (await ask('GET', `${path}/why`)).body['rules'] as Record<string, unknown>[]
    expect(why.map(({ rule, level, distance }) => [rule, level, distance])).to.deep.equal([
      ['stopLoss', 95, -6],
    ])
    expect((await add({ id: 'EUR/USD 1' })).status).to.equal(200)
    const other = add({ id: 'EUR/USD 1', quantity: 3, rules: { stopLoss: { pct: 6 } } })
    const conflict = (await other).body
    expect(conflict['code']).to.equal('POSITION_EXISTS')
    expect(conflict['faults']).to.deep.equal([
      { path: 'quantity', found: '3', expected: '2, as the guarded position has' },
      {
        path: 'rules.stopLoss',
        found: '{"pct":6}',
        expected: '{"pct":5}, as the guarded position has',
      },
    ])
    expect(account.state.positions.size).to.equal(1)
  })

  it('shows no best price that a crash could lose', async () => {
    await add()
    await tick(100)
    keeper.failures.push(new Error('disk full'))
    account.tick({ instrument: instrumentId('ACME'), ts: ++now, price: 120 })
    await account.engine.actors.idle()
    expect((await ask('GET', '/api/positions/p1')).body['best']).to.equal(100)
    account.cycle()
    await account.settled()
    expect((await ask('GET', '/api/positions/p1')).body['best']).to.equal(120)
  })

  it('lets rules tighten, and loosen or exit only with the option for it', async () => {
    await add()
    await tick(100)
    const patch = (body: object): Promise<Answer> => ask('PATCH', '/api/positions/p1', body)
    const stop = (pct: number) => ({ rules: { stopLoss: { pct } } })
    expect((await patch(stop(3))).body['stop']).to.equal(97)
    expect(await codeOf(patch(stop(4)))).to.deep.equal([409, 'LOOSENS'])
    expect((await patch({ ...stop(4), force: true })).body['stop']).to.equal(96)
    expect(await codeOf(patch({ rules: { stopLoss: { price: 100 } } }))).to.deep.equal([
      409,
      'EXITS_AT_ONCE',
    ])
    expect(await codeOf(patch({ rules: { stopLos: {} } }))).to.deep.equal([422, 'BAD_INPUT'])
    await tick(96.5)
    expect((await ask('GET', '/api/positions/p1')).body['state']).to.equal('guarded')
    await tick(96)
    expect((await ask('GET', '/api/positions/p1')).body['state']).to.equal('exiting')
  })

  describe('a change of rules', () => {
    const patch = (body: object): Promise<Answer> => ask('PATCH', '/api/positions/p1', body)
    const RULES = {
      stopLoss: { pct: 5 },
      maxHold: { ms: 3_600_000 },
      trailingStop: { distancePct: 2, activateAtPct: 3 },
      underlying: { instrument: 'INDEX', below: 90 },
      takeProfit: { pct: 10 },
      staleQuote: { afterMs: 60_000, action: 'exit' },
      sessionEnd: { at: '15:55', timezone: 'UTC', days: 'all' },
    }

    beforeEach(async () => {
      await add({ rules: RULES })
      await tick(100)
    })

    for (const rule of Object.keys(RULES)) {
      it(`removes ${rule} on null, and only with force`, async () => {
        const refused = await patch({ rules: { [rule]: null } })
        expect([refused.status, refused.body['code']]).to.deep.equal([409, 'LOOSENS'])
        expect(refused.body['detail']).to.contain(`found ${rule}: it goes;`)
        expect((await ask('GET', '/api/positions/p1')).body['rules']).to.deep.equal(RULES)
        const { status, body } = await patch({ rules: { [rule]: null }, force: true })
        expect(status).to.equal(200)
        expect(body['rules']).to.have.keys(Object.keys(RULES).filter(each => each !== rule))
        expect(body['changes']).to.deep.equal([{ rule, change: 'removed', loosens: 'it goes' }])
      })
    }

    it('leaves rules alone that it does not name, and reports which ones changed', async () => {
      const { body } = await patch({ rules: { maxHold: { ms: 60_000 } } })
      expect(body['rules']).to.deep.equal({ ...RULES, maxHold: { ms: 60_000 } })
      expect(body['changes']).to.deep.equal([{ rule: 'maxHold', change: 'changed' }])
      const [line] = Object.values((await ask('GET', '/api/journal?after=1')).body)
      expect(line).to.deep.include({ kind: 'rules-changed', changes: body['changes'] })
      expect((await patch({ rules: {} })).body['changes']).to.deep.equal([])
    })

    it('refuses what is ambiguous: null for no rule, and a price source', async () => {
      const none = await patch({ rules: { profitLock: null } })
      expect([none.status, none.body['code']]).to.deep.equal([422, 'BAD_INPUT'])
      expect(none.body['detail']).to.contain('null for a rule that p1 has (stopLoss, maxHold')
      const source = await patch({ rules: { priceSource: 'quote' } })
      expect(source.body['detail']).to.contain('a position keeps the price source')
    })

    it('forgets the base price when another instrument is watched', async () => {
      const watch = (instrument: string) => ({ underlying: { instrument, fallPct: 5 } })
      await patch({ rules: watch('INDEX'), force: true })
      account.tick({ instrument: instrumentId('INDEX'), ts: ++now, price: 200 })
      await account.settled()
      await patch({ rules: watch('DAX'), force: true })
      const why = (await ask('GET', '/api/positions/p1/why')).body['rules'] as { rule: string }[]
      expect(why.find(({ rule }) => rule === 'underlying')).to.deep.include({
        instrument: 'DAX',
        why: 'it waits for the first tick of its instrument',
      })
    })

    it('answers with warnings about the new rules', async () => {
      const { body } = await patch({ rules: { stopLoss: { pct: 0.05 } }, exitNow: true })
      expect(body['warnings']).to.have.length(1)
      expect(String(body['warnings'])).to.match(/^rules.stopLoss.pct: found 0.05, expected/)
    })

    it('refuses a past time, and a bound that the other instrument has crossed', async () => {
      now += 30_000
      await tick(100)
      const hold = await patch({ rules: { maxHold: { ms: 20_000 } } })
      expect([hold.status, hold.body['code']]).to.deep.equal([409, 'EXITS_AT_ONCE'])
      expect(hold.body['detail']).to.match(/the time of maxHold is past/)
      account.tick({ instrument: instrumentId('INDEX'), ts: ++now, price: 95 })
      await account.settled()
      const bound = { rules: { underlying: { instrument: 'INDEX', below: 96 } } }
      expect((await patch(bound)).body['detail']).to.match(/95 of INDEX is past the bound 96/)
      expect((await patch({ ...bound, exitNow: true })).status).to.equal(200)
    })
  })

  it('exits and releases by hand, and journals the requester', async () => {
    await add()
    await add({ id: 'p2' })
    const exit = await ask('POST', '/api/positions/p1/exit')
    expect([exit.status, exit.body['state'], exit.body['reason']]).to.deep.equal([
      202,
      'exiting',
      'manual',
    ])
    const ruled = { rules: { stopLoss: { pct: 4 } } }
    for (const [method, path, change] of [
      ['PATCH', '/api/positions/p1', ruled],
      ['PATCH', '/api/positions/p1', { quantity: 7 }],
      ['POST', '/api/positions/p1/rules/preview', ruled],
    ] as const) {
      const { status, body } = await ask(method, path, change)
      expect([status, body['code']]).to.deep.equal([409, 'EXIT_RUNNING'])
    }
    expect((await ask('DELETE', '/api/positions/p2')).status).to.equal(204)
    expect(account.state.positions.get('p2' as never)?.state).to.equal('released')
    const { body } = await ask('GET', '/api/journal?after=2&limit=10')
    const lines = Object.values(body) as { kind: string; by?: string }[]
    expect(lines.map(({ kind }) => kind)).to.deep.equal([
      'exit-asked',
      'exit-intended',
      'position-released',
    ])
    expect(lines[0]?.by).to.match(/^loopback at .*127\.0\.0\.1$/)
    expect(lines[2]?.by).to.match(/^loopback at .*127\.0\.0\.1$/)
  })

  it('moves the kill switch, and asks what to do with held exits', async () => {
    const move = (body: object): Promise<Answer> => ask('POST', '/api/kill-switch', body)
    await add()
    await tick(100)
    await move({ state: 'halt' })
    await tick(94)
    expect((await ask('GET', '/api/kill-switch')).body['held']).to.deep.equal(['p1'])
    expect(await codeOf(move({ state: 'off' }))).to.deep.equal([409, 'HELD_EXITS'])
    const moved = await move({ state: 'off', held: 'send' })
    expect([moved.status, moved.body['state']]).to.deep.equal([200, 'off'])
  })

  it('discards the exits that halt held when requested', async () => {
    await add()
    await tick(100)
    await ask('POST', '/api/kill-switch', { state: 'halt' })
    await tick(94)
    await tick(99)
    const moved = await ask('POST', '/api/kill-switch', { state: 'off', held: 'discard' })
    expect([moved.status, moved.body['held']]).to.deep.equal([200, []])
    expect((await ask('GET', '/api/positions/p1')).body['state']).to.equal('guarded')
  })

  it('records a profile of itself only for holders of the token, one at a time', async () => {
    const path = '/api/debug/profile?seconds=1'
    expect(await codeOf(ask('POST', path))).to.deep.equal([403, 'TOKEN_REQUIRED'])
    await server.close()
    server = await serve(TOKEN)
    const right = { authorization: `Bearer ${TOKEN}` }
    const first = ask('POST', path, undefined, right)
    const second = await codeOf(ask('POST', path, undefined, right))
    expect(second).to.deep.equal([409, 'PROFILE_RUNNING'])
    const { status, body } = await first
    expect(status).to.equal(200)
    expect(body).to.include.keys('nodes', 'samples', 'timeDeltas')
    const long = ask('POST', '/api/debug/profile?seconds=61', undefined, right)
    expect(await codeOf(long)).to.deep.equal([422, 'BAD_INPUT'])
  }).timeout(120_000)

  it('shows the actor tree, and restarts an actor by hand', async () => {
    await add()
    const tree = (await ask('GET', '/api/supervision')).body as unknown as Record<string, object>
    const actors = Object.values(tree) as { id: string; state: string; epoch: number }[]
    expect(actors.map(({ id }) => id)).to.include.members(['supervisor', 'gateway', 'monitor-p1'])
    expect(actors.every(({ state }) => state === 'running')).to.equal(true)
    const restarted = await ask('POST', '/api/supervision/monitor-p1/restart')
    expect([restarted.status, restarted.body['epoch']]).to.deep.equal([200, 2])
    expect(await codeOf(ask('POST', '/api/supervision/monitor-x/restart'))).to.deep.equal([
      404,
      'ACTOR_UNKNOWN',
    ])
    expect(keeper.lines.at(-1)).to.include({ kind: 'actor-restarted-by-hand' })
  })

  it('shows the calls to the broker, and moves breakers by hand', async () => {
    const view = (await ask('GET', '/api/gateway')).body
    const states = (body: object): unknown[] =>
      (body as { breakers: { group: string; state: string }[] }).breakers.map(each => [
        each.group,
        each.state,
      ])
    expect(states(view)[0]).to.deep.equal(['orders', 'closed'])
    const moved = await ask('POST', '/api/gateway/breakers/orders/force-open')
    expect(states(moved.body)[0]).to.deep.equal(['orders', 'forced-open'])
    for (const path of ['orders/open', 'order/reset']) {
      expect(await codeOf(ask('POST', `/api/gateway/breakers/${path}`)), path).to.deep.equal([
        422,
        'BAD_INPUT',
      ])
    }
    await account.settled()
    expect(keeper.lines.at(-1)).to.include({ kind: 'breaker-moved', group: 'orders' })
  })

  it('changes the log level of a component, and refuses unknown components', async () => {
    const path = '/api/log-levels'
    const set = (body: object): Promise<Answer> => ask('POST', path, body)
    expect((await set({ component: 'exits', level: 'debug' })).body).to.include({ exits: 'debug' })
    expect(await codeOf(set({ component: 'exits', level: 'loud' }))).to.deep.equal([
      422,
      'BAD_INPUT',
    ])
    expect(await codeOf(set({ component: 'unknown', level: 'info' }))).to.deep.equal([
      422,
      'BAD_INPUT',
    ])
  })

  it('counts a reported loss, and resets a limit by name', async () => {
    const report = (body: object): Promise<Answer> => ask('POST', '/api/portfolio/realised', body)
    expect(await codeOf(report({ amount: '5' }))).to.deep.equal([422, 'BAD_INPUT'])
    expect(await codeOf(report({ amount: -5, account: '' }))).to.deep.equal([422, 'BAD_INPUT'])
    expect(await codeOf(report({ amount: -5, why: 'x' }))).to.deep.equal([422, 'BAD_INPUT'])
    const { status, body } = await report({ amount: -5, account: 'A' })
    expect([status, body['realised']]).to.deep.equal([200, [{ amount: -5, account: 'A' }]])
    expect((await ask('GET', '/api/portfolio')).body['limits']).to.deep.equal([])
    expect(await codeOf(ask('POST', '/api/portfolio/limits/none/reset'))).to.deep.equal([
      404,
      'LIMIT_UNKNOWN',
    ])
  })
})
