import { request as forward, type IncomingMessage, type ServerResponse } from 'node:http'
import { expect } from 'chai'
import { startWatchkeeper, type RunningWatchkeeper } from '../../src/app/embed.ts'
import { ServiceRefusal } from '../../src/client/errors.ts'
import { WatchkeeperClient } from '../../src/client/watchkeeper-client.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { Folder } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { OddServer } from '../support/odd-server.ts'

const BTC = {
  id: 'btc-1',
  instrument: 'BTCUSD',
  side: 'long' as const,
  quantity: 1,
  entryPrice: 92_400,
  rules: { stopLoss: { pct: 50 } },
}

const codeOf = (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'nothing',
    (error: unknown) => (error as WatchkeeperError).code,
  )

describe('WatchkeeperClient', () => {
  let server: OddServer | undefined
  /** Idempotency keys, in the order of the requests. */
  let keys: unknown[]

  beforeEach(() => (keys = []))
  afterEach(() => server?.close())

  async function against(
    answer: (request: IncomingMessage, response: ServerResponse, count: number) => unknown,
  ): Promise<WatchkeeperClient> {
    server = new OddServer((request, response) => {
      keys.push(request.headers['idempotency-key'])
      answer(request, response, keys.length)
    })
    return new WatchkeeperClient({ url: await server.open(), repeatMs: 1 })
  }

  it('repeats a POST without an answer under its key, and gives up after `repeats`', async () => {
    const client = await against((_request, response) => response.destroy())
    expect(await codeOf(client.exit('a'))).to.equal('NO_ANSWER')
    expect(keys).to.have.length(3)
    expect(new Set(keys).size).to.equal(1)
    expect(keys[0]).to.match(/^[\w-]{36}$/)
  })

  it('repeats a POST while the service carries out the one before', async () => {
    const client = await against((_request, response) => {
      const body = JSON.stringify({ code: 'KEY_RUNNING', detail: 'under way' })
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end(body)
    })
    expect(await codeOf(client.exit('a', { key: 'mine' }))).to.equal('KEY_RUNNING')
    expect(keys).to.deep.equal(['mine', 'mine', 'mine'])
  })

  it('does not repeat a refusal, a change of rules, or a request to a closed port', async () => {
    const client = await against((_request, response) => {
      const body = JSON.stringify({ code: 'LOOSENS', detail: 'it loosens' })
      response.writeHead(409, { 'content-type': 'application/problem+json' }).end(body)
    })
    expect(await codeOf(client.guard(BTC))).to.equal('LOOSENS')
    expect(await codeOf(client.changeRules('a', {}))).to.equal('LOOSENS')
    expect(keys).to.deep.equal([keys[0], undefined])
    const nothing = new WatchkeeperClient({ url: `http://127.0.0.1:${await closedPort()}` })
    expect(await codeOf(nothing.exit('a'))).to.equal('NO_SERVICE')
  })

  describe('of a real service', function () {
    this.timeout(60_000)

    let folder: Folder
    let service: RunningWatchkeeper
    let client: WatchkeeperClient

    before(async () => {
      folder = new Folder()
      service = await startWatchkeeper({
        config: {
          dataFolder: `${folder.path}/data`,
          http: { port: 0 },
          feed: { kind: 'simulated', seed: 7 },
        },
        env: {},
      })
      client = new WatchkeeperClient({ url: service.url })
    })
    after(async () => {
      await service.stop()
      folder.remove()
    })

    it('guards once, explains, tightens, and is refused what loosens', async () => {
      expect((await client.guard(BTC)).stop).to.equal(46_200)
      expect((await client.guard(BTC)).warnings).to.deep.equal([])
      expect(await codeOf(client.guard({ ...BTC, quantity: 2 }))).to.equal('POSITION_EXISTS')
      expect(await codeOf(client.guard({ ...BTC, id: '' }))).to.equal('BAD_INPUT')
      expect((await client.preview('btc-1', { stopLoss: { pct: 40 } })).stop).to.equal(55_440)
      const { changes } = await client.changeRules('btc-1', { stopLoss: { pct: 40 } })
      expect(changes).to.deep.equal([{ rule: 'stopLoss', change: 'changed' }])
      const looser = await client.changeRules('btc-1', { stopLoss: { pct: 60 } }).catch(e => e)
      expect(looser).to.be.instanceOf(ServiceRefusal)
      expect(looser.code).to.equal('LOOSENS')
      expect((await client.position('btc-1')).stop).to.equal(55_440)
      const { rules } = await client.why('btc-1')
      expect(rules.map(({ rule, level }) => [rule, level])).to.deep.equal([['stopLoss', 55_440]])
      expect((await client.positions({ side: 'short' })).length).to.equal(0)
      expect((await client.positions({ side: 'long' })).map(({ id }) => id)).to.include('btc-1')
      expect((await client.killSwitch()).state).to.equal('off')
      expect((await client.portfolio()).limits).to.deep.equal([])
    })

    it('exits once although the first answer is lost', async () => {
      const { id } = await client.guard({ ...BTC, id: 'btc-2' })
      const through = await against((request, response, count) => {
        const { hostname, port } = new URL(service.url)
        const { method, url, headers } = request
        const sent = forward({ hostname, port, method, path: url, headers }, answer => {
          if (count === 1) return response.destroy()
          response.writeHead(answer.statusCode!, answer.headers)
          return answer.pipe(response)
        })
        sent.end('{}')
      })
      const view = await new WatchkeeperClient({ url: through.url, repeatMs: 1 }).exit(id)
      expect([view.id, view.reason]).to.deep.equal(['btc-2', 'manual'])
      expect(keys).to.have.length(2)
    })

    it('streams exits, and resumes behind the last one', async () => {
      await client.guard({ ...BTC, id: 'btc-3' })
      const [last] = await client.journal({ last: 1 })
      const closed = new AbortController()
      const exits = client.exitStream({ after: last!.seq, signal: closed.signal })
      await client.exit('btc-3')
      let { value: exit } = await exits.next()
      // The exit of the test before may be filled only now.
      if (exit!.positionId === 'btc-2') ({ value: exit } = await exits.next())
      expect([exit!.positionId, exit!.reason, exit!.end]).to.deep.equal([
        'btc-3',
        'manual',
        'filled',
      ])
      closed.abort()
      expect((await exits.next()).done).to.equal(true)

      await client.guard({ ...BTC, id: 'btc-4' })
      await client.exit('btc-4')
      const again = client.exitStream({ after: exit!.seq })
      expect((await again.next()).value!.positionId).to.equal('btc-4')
      await again.return()
      const { exits: page, next } = await client.exits({ limit: 1 })
      expect([page[0]!.positionId, typeof next]).to.deep.equal(['btc-4', 'number'])
    })

    it('streams the lines of one position from now on', async () => {
      await client.guard({ ...BTC, id: 'btc-5' })
      await client.guard({ ...BTC, id: 'btc-6' })
      const closed = new AbortController()
      const stream = client.journalStream({
        after: 'now',
        positionId: 'btc-6',
        signal: closed.signal,
      })
      const first = stream.next()
      // The start of the stream is read while lines come: one of them is behind it.
      let change = 0
      const timer = setInterval(() => {
        const rules = { stopLoss: { pct: 40 - ++change / 100 } }
        void client.changeRules('btc-5', rules).then(() => client.changeRules('btc-6', rules))
      }, 50)
      try {
        const { value } = await first
        expect([value!.kind, value!.positionId]).to.deep.equal(['rules-changed', 'btc-6'])
      } finally {
        clearInterval(timer)
        closed.abort()
      }
      expect((await stream.next()).done).to.equal(true)
    })
  })

  it('ends a stream with BAD_TOKEN where the token is revoked', async () => {
    const client = await against((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end('event: end\ndata: {"kind":"end","why":"BAD_TOKEN"}\n\n')
    })
    expect(await codeOf(client.journalStream().next())).to.equal('BAD_TOKEN')
  })
})
