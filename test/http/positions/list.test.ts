import { expect } from 'chai'
import { positionId } from '../../../src/domain/ids.ts'
import { listPage, pageText } from '../../../src/http/positions/list.ts'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { aView, FakeControl } from '../../support/fake-control.ts'
import { ask, type Answer } from '../../support/http.ts'

const BY = { who: 'test', from: 'test' }
const FLAGS = { exitNow: false, opensLater: false, reopen: false }

describe('The list of positions', () => {
  let control: FakeControl
  let server: HttpServer

  beforeEach(async () => {
    control = new FakeControl()
    for (const id of ['p9', 'p10', 'p2', 'Q', 'ü']) await add(id)
    server = await serveHttp({ control, port: 0 })
  })

  afterEach(() => server.close())

  const add = async (id: string, but: object = {}): Promise<void> => {
    const position = { ...aView(id), id: positionId(id), ...but }
    await control.add({ position, rules: {}, ...FLAGS }, BY)
  }

  const list = (query: string, headers = {}): Promise<Answer> =>
    ask(server.port, `/api/positions${query}`, { headers })

  const idsOf = ({ json }: Answer): string[] =>
    (json['positions'] as { id: string }[]).map(({ id }) => id)

  it('gives every position once, in pages, whatever comes and goes in between', async () => {
    const first = await list('?limit=2')
    expect(idsOf(first)).to.deep.equal(['Q', 'p1'])
    expect(first.json['next']).to.equal('p1')
    await control.release('p1', BY)
    await add('A')
    const second = await list(`?limit=2&after=${String(first.json['next'])}`)
    expect(idsOf(second)).to.deep.equal(['p10', 'p2'])
    const third = await list(`?limit=2&after=${String(second.json['next'])}`)
    expect(idsOf(third)).to.deep.equal(['p9', 'ü'])
    expect(third.json['next']).to.equal(null)
  })

  it('is chosen by instrument, account, side, underlying and state', async () => {
    await add('x', { instrument: 'GOLD', account: 'main', underlying: 'XAU', side: 'short' })
    control.change('x', { state: 'unguarded' })
    for (const query of [
      'instrument=GOLD',
      'account=main',
      'side=short',
      'underlying=XAU',
      'guard=unguarded',
    ]) {
      expect(idsOf(await list(`?${query}`)), query).to.deep.equal(['x'])
    }
    expect(idsOf(await list('?instrument=GOLD&side=long'))).to.deep.equal([])
  })

  it('fills a page of chosen ones, and says where it goes on', async () => {
    for (const id of ['a1', 'a2', 'a3']) await add(id, { instrument: 'GOLD' })
    const page = await list('?instrument=GOLD&limit=2')
    expect([idsOf(page), page.json['next']]).to.deep.equal([['a1', 'a2'], 'a2'])
  })

  for (const query of [
    'limit=0',
    'limit=1001',
    'side=up',
    'state=over',
    'guard=guardd',
    'before=4',
    'format=csv',
    'state=closed&after=x',
    'instrument=',
  ]) {
    it(`refuses ${query}`, async () => {
      const { status, json } = await list(`?${query}`)
      expect([status, json['code']]).to.deep.equal([422, 'BAD_INPUT'])
    })
  }

  it('guesses at what a mistyped parameter or value was meant to be', async () => {
    expect((await list('?instrment=GOLD')).text).to.include('did you mean instrument?')
    expect((await list('?guard=guardd')).text).to.include('did you mean guarded?')
  })

  it('is not sent again to a client that has it, and ages make no difference', async () => {
    for (const path of ['', '/p1']) {
      const first = await list(path)
      const tag = String(first.headers['etag'])
      expect(tag).to.match(/^W\/"/)
      expect(first.headers['cache-control']).to.equal('private, no-cache')
      control.change('p1', { priceAgeMs: 4_321 })
      const same = await list(path, { 'if-none-match': `"x", ${tag}` })
      expect([same.status, same.text]).to.deep.equal([304, ''])
      control.change('p1', { stop: (control.position('p1')?.stop ?? 0) + 1 })
      const other = await list(path, { 'if-none-match': tag })
      expect(other.status).to.equal(200)
      expect(other.headers['etag']).to.not.equal(tag)
    }
  })

  it('reads at most 64 positions of thousands in one turn, in the order of their ids', async () => {
    const ids = Array.from({ length: 2_500 }, (_, index) => `p${(index * 7_919) % 2_500}`)
    let inTurn = 0
    let most = 0
    const list = listPage(
      {
        openIds: () => ids,
        position: id => {
          most = Math.max(most, ++inTurn)
          return aView(id)
        },
      },
      { after: 'p1', limit: 200 },
    )
    let isDone = false
    let turns = 0
    const page = list.finally(() => (isDone = true))
    while (!isDone) {
      inTurn = 0
      turns++
      await new Promise(setImmediate)
    }
    expect(most).to.be.at.most(64)
    expect(turns).to.be.at.least(3)
    const sorted = ids.filter(id => id > 'p1').sort()
    const { positions, next } = await page
    expect(positions.map(({ id }) => id)).to.deep.equal(sorted.slice(0, 200))
    expect(next).to.equal(sorted[199])
  })

  it('writes a page as JSON, the same text as in one piece, over several turns', async () => {
    const ids = Array.from({ length: 300 }, (_, index) => `p${index}`)
    const page = await listPage({ openIds: () => ids, position: id => aView(id) }, { limit: 200 })
    let isDone = false
    let turns = 0
    const text = pageText(page).finally(() => (isDone = true))
    while (!isDone) {
      turns++
      await new Promise(setImmediate)
    }
    expect(await text).to.equal(JSON.stringify(page))
    expect(turns).to.be.at.least(3)
  })
})
