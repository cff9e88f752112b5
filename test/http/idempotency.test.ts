import { expect } from 'chai'
import { WatchkeeperError } from '../../src/errors.ts'
import { serveHttp, type HttpServer } from '../../src/http/server.ts'
import { FakeControl } from '../support/fake-control.ts'
import { ask, type Answer } from '../support/http.ts'
import { until } from '../support/until.ts'

const LOSS = { amount: -250, account: 'main' }

describe('A request with an Idempotency-Key', () => {
  let control: FakeControl
  let server: HttpServer

  const serve = async (idempotency?: { keepMs: number; keys: number }): Promise<void> => {
    server = await serveHttp({
      control,
      port: 0,
      ...(idempotency !== undefined && { idempotency }),
    })
  }

  beforeEach(async () => {
    control = new FakeControl()
    await serve()
  })

  afterEach(() => server.close())

  const post = (key: string, body: unknown = LOSS, path = '/api/portfolio/realised') =>
    ask(server.port, path, { method: 'POST', body, headers: { 'idempotency-key': key } })

  const outcome = async (answer: Promise<Answer>): Promise<unknown[]> => {
    const { status, json } = await answer
    return [status, json['code']]
  }

  const acts = (): number => control.asked.filter(({ what }) => what === 'reportRealised').length

  it('is done once, however often it is repeated', async () => {
    const first = await post('k1')
    const again = await post('k1')
    expect([first.status, again.status, acts()]).to.deep.equal([200, 200, 1])
    expect(again.text).to.equal(first.text)
    expect(again.headers['idempotency-replayed']).to.equal('true')
    await post('k2')
    expect(acts()).to.equal(2)
  })

  it('is done once over a restart', async () => {
    const first = await post('k1')
    await server.close()
    await serve()
    const again = await post('k1')
    expect([again.text, acts()]).to.deep.equal([first.text, 1])
  })

  it('is repeated with its status and its place', async () => {
    const body = {
      id: 'p2',
      instrument: 'ACME',
      side: 'long',
      quantity: 2,
      entryPrice: 50,
      rules: { stopLoss: { pct: 5 } },
    }
    await post('k1', body, '/api/positions')
    const again = await post('k1', body, '/api/positions')
    expect([again.status, again.headers['location']]).to.deep.equal([201, '/api/positions/p2'])
    expect(control.asked).to.have.length(1)
  })

  it('is refused with another body or another path', async () => {
    await post('k1')
    expect(await outcome(post('k1', { ...LOSS, amount: -251 }))).to.deep.equal([422, 'KEY_REUSED'])
    const move = post('k1', { state: 'halt' }, '/api/kill-switch')
    expect(await outcome(move)).to.deep.equal([422, 'KEY_REUSED'])
    expect(control.asked).to.have.length(1)
  })

  it('is refused while the first one is under way', async () => {
    let go = (): void => undefined
    const began = control.asked.length
    const act = control.setKillSwitch.bind(control)
    let isRunning = false
    control.setKillSwitch = async (request, by) => {
      isRunning = true
      await new Promise<void>(resolve => (go = resolve))
      return act(request, by)
    }
    const first = post('k1', { state: 'halt' }, '/api/kill-switch')
    await until(() => isRunning)
    const second = post('k1', { state: 'halt' }, '/api/kill-switch')
    expect(await outcome(second)).to.deep.equal([409, 'KEY_RUNNING'])
    go()
    expect((await first).status).to.equal(200)
    expect(control.asked).to.have.length(began + 1)
  })

  it('may be tried again once it was refused', async () => {
    control.failure = new WatchkeeperError('LIMIT_UNKNOWN', 'because')
    expect((await post('k1')).status).to.equal(404)
    control.failure = undefined
    expect((await post('k1')).status).to.equal(200)
    expect(acts()).to.equal(1)
  })

  for (const hasRestarted of [false, true]) {
    it(`is not done again after a failure that says nothing of the act${hasRestarted ? ', over a restart too' : ''}`, async () => {
      control.failure = new WatchkeeperError('STORE_FAILED', 'because')
      expect((await post('k1')).status).to.equal(503)
      control.failure = undefined
      if (hasRestarted) {
        await server.close()
        await serve()
      }
      expect(await outcome(post('k1'))).to.deep.equal([409, 'KEY_UNKNOWN'])
      expect(acts()).to.equal(0)
    })
  }

  it('is not begun where its begin cannot be kept', async () => {
    const { record } = control
    control.record = () => Promise.reject(new WatchkeeperError('STORE_FULL', 'because'))
    expect(await outcome(post('k1'))).to.deep.equal([503, 'STORE_FULL'])
    expect(acts()).to.equal(0)
    control.record = record
    expect((await post('k1')).status).to.equal(200)
  })

  it('is forgotten after the configured time, and beyond the configured number', async () => {
    await server.close()
    let at = 1_000_000
    const clock = control.clock()
    control.clock = () => ({ ...clock, now: at })
    await serve({ keepMs: 60_000, keys: 10 })
    await post('k1')
    at += 60_001
    await post('k1')
    expect(acts()).to.equal(2)
    for (let each = 0; each < 10; each++) await post(`other ${each}`.replace(' ', '-'))
    await post('k1')
    expect(acts()).to.equal(13)
  })

  for (const key of ['', ' ', 'two words', 'x'.repeat(201), 'ü']) {
    it(`is refused with the key ${JSON.stringify(key.slice(0, 12))}`, async () => {
      const { status } = await post(key === 'ü' ? '\u00fc' : key)
      expect(status).to.equal(422)
      expect(acts()).to.equal(0)
    })
  }
})
