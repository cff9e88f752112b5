import { expect } from 'chai'
import { tradeOf } from '../../../src/account/trade.ts'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { aDecision, aPosition } from '../../support/builders.ts'
import { FakeControl } from '../../support/fake-control.ts'
import { ask } from '../../support/http.ts'

describe('exits over http', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    server = await serveHttp({ control, host: '127.0.0.1', port: 0 })
    const order = { clientOrderId: 'wk1' } as never
    const record = { decision: aDecision(), order, attempt: 1 }
    const trade = tradeOf({ position: aPosition(), generation: 1 }, record)
    const line = { positionId: 'p1', price: 94, quantity: 1, trade }
    control.lines.push({ ...line, seq: 1, at: 2_000, kind: 'exit-filled' })
    const gone = {
      positionId: 'p2',
      trade: tradeOf({ position: aPosition(), generation: 2 }, undefined),
    }
    control.lines.push({ ...gone, seq: 2, at: 3_000, kind: 'position-gone' })
  })

  afterEach(() => server.close())

  for (const path of [
    '/api/exits?limit=0',
    '/api/exits?limit=1001',
    '/api/exits?before=0',
    '/api/exits?since=yesterday',
    '/api/exits?since=2&until=2',
    '/api/exits?account=',
    '/api/exits?positionId=a&positionId=b',
    '/api/exits?day=2026-11-28',
    '/api/exits?state=closed',
    '/api/positions?state=over',
    '/api/positions?before=2',
    '/api/positions?state=open&since=2',
    '/api/exits?reason=stop-los',
    '/api/exits?format=xml',
    '/api/positions?state=closed&limit=x',
  ]) {
    it(`refuses ${path}`, async () => {
      const { status, json } = await ask(server.port, path)
      expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
    })
  }

  it('are shown with reason, level, price, profit and order', async () => {
    const { json } = await ask(server.port, '/api/exits')
    expect(json['next']).to.equal(null)
    expect(json['exits']).to.have.length(1)
    expect((json['exits'] as unknown[])[0]).to.deep.include({
      seq: 1,
      positionId: 'p1',
      reason: 'stop-loss',
      matched: ['stop-loss'],
      level: 95,
      decidedPrice: 95,
      price: 94,
      quantity: 1,
      profit: -6,
      profitPct: -6,
      openedAt: 0,
      closedAt: 2_000,
      decidedAt: 1_000,
      clientOrderId: 'wk1',
      attempts: 1,
    })
    expect((await ask(server.port, '/api/exits?since=2001')).json['exits']).to.deep.equal([])
  })

  it('are listed beside positions that were closed outside', async () => {
    const { json } = await ask(server.port, '/api/positions?state=closed&limit=1')
    expect(json['next']).to.equal(2)
    expect((json['positions'] as unknown[])[0]).to.deep.include({
      positionId: 'p2',
      generation: 2,
      end: 'gone',
      reason: null,
      price: null,
      profit: null,
    })
    const open = await ask(server.port, '/api/positions?state=open')
    expect(open.json['positions']).to.be.an('array').with.length(1)
  })

  it('are chosen by instrument and reason', async () => {
    const count = async (query: string): Promise<number> =>
      ((await ask(server.port, `/api/exits?${query}`)).json['exits'] as unknown[]).length
    expect(await count('instrument=ACME&reason=stop-loss')).to.equal(1)
    expect(await count('instrument=GOLD')).to.equal(0)
    expect(await count('reason=take-profit')).to.equal(0)
  })

  it('are CSV for a client that asks for it by Accept or by a parameter', async () => {
    const csv = async (query: string, headers = {}) =>
      ask(server.port, `/api/${query}`, { headers })
    const byHeader = await csv('exits', { accept: 'text/csv' })
    const byName = await csv('exits?format=csv', { accept: 'application/json' })
    expect(byHeader.headers['content-type']).to.equal('text/csv; charset=utf-8')
    expect(byName.text).to.equal(byHeader.text)
    const [head, line, end] = byHeader.text.split('\r\n')
    const cells = Object.fromEntries(
      head!.split(',').map((name, index) => [name, line!.split(',')[index]]),
    )
    expect(cells).to.include({
      positionId: 'p1',
      closedAt: '1970-01-01T00:00:02.000Z',
      reason: 'stop-loss',
      profit: '-6',
    })
    expect(end).to.equal('')
    const closed = await csv('positions?state=closed&limit=1&format=csv')
    expect([closed.headers['x-next'], closed.text.split('\r\n')]).to.deep.include('2')
    const either = await csv('exits', { accept: '*/*' })
    expect(either.headers['content-type']).to.match(/^application\/json/)
  })
})
