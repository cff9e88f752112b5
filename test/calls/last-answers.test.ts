import { expect } from 'chai'
import { LastAnswers } from '../../src/calls/last-answers.ts'
import { instrumentId } from '../../src/domain/ids.ts'
import type { Holding } from '../../src/ports/broker.ts'

const ROW: Holding = { instrument: instrumentId('ACME'), quantity: 2, ageMs: 0 }
const { signal } = new AbortController()

describe('The last answers of a broker', () => {
  let now = 100
  let answers: LastAnswers

  beforeEach(() => {
    now = 100
    answers = new LastAnswers(() => now)
  })

  it('keep the last list when a later question fails', async () => {
    let fails = false
    const lists = answers.listsOf({
      holdings: () => (fails ? Promise.reject(new Error('down')) : Promise.resolve([ROW])),
    })
    await lists.holdings(signal)
    fails = true
    now = 900
    const failure = await lists.holdings(signal).catch((error: unknown) => error)
    expect(failure).to.have.property('message', 'down')
    expect(answers.holdings).to.deep.equal({ answer: [ROW], askedAt: 100 })
  })

  it('date an answer by its question', async () => {
    const lists = answers.listsOf({
      holdings: () => {
        now += 50
        return Promise.resolve([])
      },
      openOrders: () => {
        now += 50
        return Promise.resolve([])
      },
    })
    await lists.holdings(signal)
    await lists.openOrders!(signal)
    expect(answers.holdings?.askedAt).to.equal(100)
    expect(answers.orders?.askedAt).to.equal(150)
  })

  it('list no working orders where the broker lists none', () => {
    const lists = answers.listsOf({ holdings: () => Promise.resolve([]) })
    expect(lists).to.not.have.property('openOrders')
    expect(answers.orders).to.equal(undefined)
  })
})
