import { expect } from 'chai'
import { checkedBroker } from '../../../src/brokers/checked.ts'
import { NotSent, OutcomeUnknown } from '../../../src/errors.ts'
import { anOrder, failure, stage } from '../../support/http-broker.ts'

const { signal } = new AbortController()

describe('What a server says of the access to an account', () => {
  const on = stage()
  const open = () => checkedBroker(on.open({ instruments: true, account: true }), () => undefined)

  it('is asked for only where the configuration says that it answers', () => {
    expect(on.open()).to.not.have.any.keys('instruments', 'permissions', 'positionMode')
  })

  it('is not known where the answer has another shape', async () => {
    await on.harm({ kind: 'raw', text: '{"instruments":{}}' }, { on: 'instruments' })
    expect(await failure(open().instruments!(signal))).to.be.instanceOf(OutcomeUnknown)
    await on.harm({ kind: 'raw', text: '{"trade":"yes"}' }, { on: 'account' })
    expect(await failure(open().permissions!(signal))).to.be.instanceOf(OutcomeUnknown)
  })

  it('leaves out a permission that the server does not state, and refuses to guess the mode', async () => {
    await on.remote.script({ set: { account: { trade: false, expiresAt: 5 } } })
    expect(await open().permissions!(signal)).to.deep.equal({
      trade: false,
      withdraw: undefined,
      isAddressBound: undefined,
      expiresAt: 5,
    })
    const error = await failure(open().positionMode!(signal))
    expect(error.message).to.include('position mode')
    await on.remote.script({ set: { account: { positionMode: 'hedge' } } })
    expect(await open().positionMode!(signal)).to.equal('hedge')
  })

  it('counts an instrument that is listed twice as not known', async () => {
    const listed = [
      { instrument: 'ACME', lot: 1 },
      { instrument: 'ACME', lot: 2 },
      { instrument: 'BETA' },
    ]
    await on.remote.script({ set: { listed } })
    const rows = await open().instruments!(signal)
    expect(rows.map(({ instrument }) => instrument)).to.deep.equal(['BETA'])
  })
})

describe('The time that a server says', () => {
  const on = stage()
  const open = (but = {}) => on.open({ time: true, ...but })

  it('is asked for only where the configuration says that it answers', () => {
    expect(on.open()).to.not.have.any.keys('time')
  })

  it('is not known where the answer has another shape', async () => {
    await on.harm({ kind: 'raw', text: '{"time":"now"}' }, { on: 'time' })
    expect(await failure(open().time!(signal))).to.be.instanceOf(OutcomeUnknown)
  })

  it('is compared with this machine’s clock by the median of three answers', async () => {
    await on.remote.script({ set: { clockMs: -7_000 } })
    await on.harm({ kind: 'patch', fields: { time: 5 } }, { on: 'time', skip: 1 })
    const { aheadMs, errorMs } = await open().time!(signal)
    expect(aheadMs).to.be.within(-7_000 - errorMs - 1, -7_000 + errorMs + 1)
    const asked = (await on.remote.requests()).filter(({ route }) => route === 'time')
    expect(asked).to.have.length(3)
  })

  it('states the deadlines of orders from then on, finer than the second of a header', async () => {
    await on.remote.script({ set: { clockMs: 3_600_000, capabilities: { deadline: 'kept' } } })
    const broker = open()
    const { errorMs } = await broker.time!(signal)
    const actBy = Date.now() + 5_000
    await broker.placeExit(anOrder({ actBy }), signal)
    const [sent] = (await on.remote.requests()).filter(({ route }) => route === 'place')
    expect(sent!.expiresAt! - actBy - 3_600_000).to.be.within(-2 * errorMs - 2, 1)
  })
})

describe('The deadline of an order over HTTP', () => {
  const on = stage()

  it('is over before anything is sent', async () => {
    const error = await failure(on.open().placeExit(anOrder({ actBy: Date.now() - 1 }), signal))
    expect(error).to.be.instanceOf(NotSent)
    expect(await on.sendings()).to.equal(0)
  })

  it('goes along, and a server that keeps it refuses the order that arrives later', async () => {
    await on.remote.script({ set: { capabilities: { deadline: 'kept' } } })
    await on.harm({ kind: 'delay', when: 'before', ms: 300 }, { on: 'place' })
    const answer = await on.open().placeExit(anOrder({ actBy: Date.now() + 100 }), signal)
    expect(answer).to.deep.include({ kind: 'rejected', code: 'refused' })
    const later = anOrder({ actBy: Date.now() + 60_000 })
    expect((await on.open().placeExit(later, signal)).kind).to.equal('acknowledged')
  })
})
