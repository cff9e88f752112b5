import { expect } from 'chai'
import { Subscriptions } from '../../../../src/brokers/venue/stream/subscriptions.ts'
import { instrumentId, type InstrumentId } from '../../../../src/domain/ids.ts'
import { FakeTimers } from '../../../support/fake-timers.ts'

const [A, B, C] = ['AAA', 'BBB', 'CCC'].map(instrumentId) as [
  InstrumentId,
  InstrumentId,
  InstrumentId,
]

describe('Subscriptions', () => {
  let timers: FakeTimers
  let sent: string[]
  let unanswered: number
  let subscriptions: Subscriptions

  const made = (most = 100): Subscriptions =>
    new Subscriptions({
      timers,
      most,
      send: (act, names, id) => sent.push(`${id} ${act} ${names.join(',')}`),
      onUnanswered: () => unanswered++,
    })

  beforeEach(() => {
    timers = new FakeTimers()
    sent = []
    unanswered = 0
    subscriptions = made()
  })

  it('sends nothing before the connection is up, and everything then', () => {
    subscriptions.follow([A, B])
    expect(sent).to.deep.equal([])
    subscriptions.up()
    expect(sent).to.deep.equal(['1 subscribe AAA,BBB'])
  })

  it('sends only what has changed, one request after the other', () => {
    subscriptions.follow([A, B])
    subscriptions.up()
    subscriptions.follow([B, C])
    expect(sent).to.have.length(1)
    timers.pass(1_000)
    expect(sent.slice(1)).to.deep.equal(['2 unsubscribe AAA', '3 subscribe CCC'])
  })

  it('sends a large number of instruments in several requests, at most 4 a second', () => {
    subscriptions.follow(Array.from({ length: 100 }, (_, index) => instrumentId(`I${index}`)))
    subscriptions.up()
    timers.pass(1_000)
    expect(sent).to.have.length(5)
  })

  it('subscribes to no more instruments than a connection carries', () => {
    subscriptions = made(2)
    subscriptions.follow([A, B, C])
    subscriptions.up()
    expect(sent).to.deep.equal(['1 subscribe AAA,BBB'])
    expect(subscriptions.asked.has(C)).to.equal(false)
  })

  it('subscribes anew on each connection', () => {
    subscriptions.follow([A])
    subscriptions.up()
    subscriptions.accepted('1')
    subscriptions.down()
    subscriptions.up()
    expect(sent).to.deep.equal(['1 subscribe AAA', '2 subscribe AAA'])
  })

  it('splits a refused request until the refused instrument is alone', () => {
    subscriptions.follow([A, B, C])
    subscriptions.up()
    for (let turn = 0; turn < 10; turn++) {
      const [id, , names] = sent.at(-1)!.split(' ') as [string, string, string]
      if (names.includes('BBB')) subscriptions.refusedBy(id, 'no such symbol')
      else subscriptions.accepted(id)
      timers.pass(250)
    }
    expect([...subscriptions.refused]).to.deep.equal([[B, 'no such symbol']])
    timers.pass(60_000)
    expect(unanswered).to.equal(0)
  })

  it('takes a refusal without an id for that of the oldest request', () => {
    subscriptions.follow([A])
    subscriptions.up()
    subscriptions.refusedBy(undefined, 'wrong')
    expect([...subscriptions.refused.keys()]).to.deep.equal([A])
  })

  it('forgets a refusal with the connection, and with the instrument', () => {
    subscriptions.follow([A])
    subscriptions.up()
    subscriptions.refusedBy('1', 'wrong')
    subscriptions.follow([])
    expect(subscriptions.refused.size).to.equal(0)
  })

  it('reports a request that is not answered within 10 s', () => {
    subscriptions.follow([A])
    subscriptions.up()
    timers.pass(9_999)
    expect(unanswered).to.equal(0)
    timers.pass(1)
    expect(unanswered).to.equal(1)
  })

  it('has no timer left once the connection is down', () => {
    subscriptions.follow([A])
    subscriptions.up()
    subscriptions.down()
    expect(timers.waits).to.deep.equal([])
  })
})
