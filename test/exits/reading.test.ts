import { expect } from 'chai'
import type { ClientOrderId } from '../../src/domain/order.ts'
import { inLots } from '../../src/exits/reading.ts'
import { anOrderState } from '../support/exits.ts'

const id = 'wk1' as ClientOrderId

describe('inLots', () => {
  it('reads the quantity that an order has executed, however the venue writes it', () => {
    const given = anOrderState('filled', 0.7999999999999999)
    const meant = anOrderState('filled', 0.8)
    const seen = { kind: 'seen', id, by: 'look-up', askedAt: 1, at: 1 } as const
    expect(inLots({ ...seen, order: given }, 0.1)).to.deep.equal({ ...seen, order: meant })
    const answered = { kind: 'answered', id, at: 1 } as const
    const answer = (order: typeof given) => ({ kind: 'acknowledged', order }) as const
    expect(inLots({ ...answered, answer: answer(given) }, undefined)).to.deep.equal({
      ...answered,
      answer: answer(meant),
    })
  })

  it('leaves every other event as it is', () => {
    const events = [
      { kind: 'seen', id, by: 'look-up', askedAt: 1, at: 1, order: { kind: 'absent' } },
      { kind: 'answered', id, at: 1, answer: { kind: 'acknowledged' } },
      { kind: 'ended', quantity: 0.79, at: 1 },
    ] as const
    for (const event of events) expect(inLots(event, 0.1)).to.equal(event)
  })
})
