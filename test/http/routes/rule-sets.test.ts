import { expect } from 'chai'
import { serveHttp, type HttpServer } from '../../../src/http/server.ts'
import { ask, type Answer } from '../../support/http.ts'
import { ServedAccount } from '../../support/served-account.ts'

describe('/api/rule-sets', () => {
  let served: ServedAccount
  let server: HttpServer

  before(async () => {
    served = new ServedAccount()
    await served.open()
    server = await serveHttp({ control: served.control(), host: '127.0.0.1', port: 0 })
  })

  after(async () => {
    await server.close()
    await served.account.stop()
  })

  const add = (id: string, rules: unknown): Promise<Answer> => {
    const position = { instrument: 'ACME', side: 'long', quantity: 2, entryPrice: 100 }
    return ask(server.port, '/api/positions', { method: 'POST', body: { ...position, id, rules } })
  }

  const patch = (id: string, body: object): Promise<Answer> =>
    ask(server.port, `/api/positions/${id}`, { method: 'PATCH', body })

  it('answers 404 for a name that is none, and names those that are', async () => {
    const { status, json } = await ask(server.port, '/api/rule-sets/tigth')
    expect([status, json['code']]).to.deep.equal([404, 'RULE_SET_UNKNOWN'])
    expect(json['detail']).to.include('tight')
    const wrong = await patch('p0', { rules: 'tight' })
    expect(wrong.json['code']).to.equal('POSITION_UNKNOWN')
  })

  it('lists the sets of the positions file, and gives one of them', async () => {
    const tight = { name: 'tight', rules: { stopLoss: { pct: 1 } } }
    const { json } = await ask(server.port, '/api/rule-sets')
    expect(json).to.deep.equal({ ruleSets: [tight] })
    expect((await ask(server.port, '/api/rule-sets/tight')).json).to.deep.equal(tight)
  })

  it('guards a position by a name, and refuses the name of no set', async () => {
    const { status, json } = await add('p1', 'tight')
    expect([status, json['rules']]).to.deep.equal([201, { stopLoss: { pct: 1 } }])
    const wrong = await add('p2', 'tigth')
    expect([wrong.status, wrong.text.includes('tight')]).to.deep.equal([422, true])
  })

  it('replaces all rules of a position by a set: a rule that the set leaves out goes by force alone', async () => {
    await add('p3', { stopLoss: { pct: 5 }, maxHold: { ms: 3_600_000 } })
    const refused = await patch('p3', { rules: 'tight' })
    expect([refused.status, refused.json['code']]).to.deep.equal([409, 'LOOSENS'])
    expect(refused.json['detail']).to.include('maxHold')
    const { status, json } = await patch('p3', { rules: 'tight', force: true })
    expect([status, json['rules'], json['stop']]).to.deep.equal([200, { stopLoss: { pct: 1 } }, 99])
    expect(json['changes']).to.deep.equal([
      { rule: 'stopLoss', change: 'changed' },
      { rule: 'maxHold', change: 'removed', loosens: 'it goes' },
    ])
    const wrong = await patch('p3', { rules: 'tigth' })
    expect([wrong.status, wrong.json['code']]).to.deep.equal([422, 'BAD_INPUT'])
  })
})
