import { expect } from 'chai'
import { ACME, anOrder, failure, ID, stage } from '../http-broker.ts'
import { until } from '../until.ts'

const { signal } = new AbortController()
const AUTHORIZED = { headers: { authorization: 'Bearer test-token' } }

describe('a broker server that is hostile', () => {
  const on = stage()
  const asked = async (path: string): Promise<string> =>
    (await fetch(`${on.remote.url}/v1/${path}`, AUTHORIZED)).text()

  afterEach(() =>
    on.remote.script({
      set: {
        reportsAge: false,
        drifts: false,
        keepsAlive: true,
        lagMs: { order: 0, holding: 0, list: 0 },
      },
    }),
  )

  it('answers from a cache, and says how old its knowledge is', async () => {
    const lagMs = { holding: 60_000, list: 30_000 }
    await on.remote.script({ set: { reportsAge: true, lagMs } })
    const report = await on.open().holding({ instrument: ACME }, signal)
    expect(report).to.include({ kind: 'flat' })
    expect(report).to.have.property('ageMs').that.is.within(59_000, 60_000)
  })

  it('says a field twice with two values', async () => {
    await on.harm({ kind: 'double', fields: { kind: 'flat' } })
    expect(await asked('holding?instrument=ACME')).to.match(/"kind":"held".*"kind":"flat"/)
  })

  it('reports quantities as sums of doubles, and never an exact zero', async () => {
    await on.remote.handTrade({ instrument: 'ACME', quantity: -4.2 })
    await on.remote.script({ set: { drifts: true } })
    const broker = on.open()
    const report = async (): Promise<object> => JSON.parse(await asked('holding?instrument=ACME'))
    expect(await report()).to.deep.include({ kind: 'held', quantity: 0.7999999999999998 })
    await broker.placeExit({ ...anOrder(), quantity: 0.8 }, signal)
    expect(await report()).to.deep.include({ kind: 'held', quantity: 2 ** -54 })
    const state = JSON.parse(await asked(`orders/${ID}`)) as object
    expect(state).to.have.nested.property('executed.quantity', 0.7999999999999998)
  })

  it('fills an order after it has said that the order ended', async () => {
    await on.harm({ kind: 'fill', plan: { share: 0.5, ends: true, fillsAfterEndMs: 1_500 } })
    const broker = on.open()
    await broker.placeExit(anOrder(), signal)
    expect(await broker.orderByClientId(ID, signal)).to.include({ kind: 'ended' })
    await until(async () => (await broker.orderByClientId(ID, signal)).kind === 'filled')
  })

  it('closes each connection after its answer', async () => {
    await on.remote.script({ set: { keepsAlive: false } })
    const response = await fetch(`${on.remote.url}/v1/holdings`, AUTHORIZED)
    expect(response.headers.get('connection')).to.equal('close')
    expect(await on.open().holdings(signal)).to.have.length(1)
    await on.harm({ kind: 'reset', when: 'before' })
    expect(await failure(on.open().holdings(signal))).to.have.property('code')
  })
})
