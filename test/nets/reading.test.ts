import { expect } from 'chai'
import type { ClientOrderId } from '../../src/domain/order.ts'
import { netInLots } from '../../src/nets/reading.ts'
import type { NetEvent } from '../../src/nets/transitions.ts'

const about = { id: 'wkn1' as ClientOrderId, at: 0 }
const order = { kind: 'working', executed: { quantity: 0.7999999999999999, price: 5 } } as const
const WHOLE = { quantity: 0.8, price: 5 }

describe('netInLots', () => {
  it('takes a sum of doubles for the lots that it means, in every event that has one', () => {
    const events: NetEvent[] = [
      { ...about, kind: 'seen', by: 'look-up', order, askedAt: 0 },
      { ...about, kind: 'amended', trigger: { price: 1, by: 'last' }, order },
    ]
    for (const event of events) {
      expect(netInLots(event, 0.1)).to.deep.equal({
        ...event,
        order: { kind: 'working', executed: WHOLE },
      })
    }
    const answered = {
      ...about,
      kind: 'answered',
      answer: { kind: 'acknowledged', order },
    } as const
    const whole = { kind: 'working', executed: WHOLE }
    const answer = { kind: 'acknowledged', order: whole }
    expect(netInLots(answered, 0.1)).to.deep.equal({ ...answered, answer })
  })

  it('leaves every other event as it is', () => {
    const acknowledged = { ...about, kind: 'answered', answer: { kind: 'acknowledged' } } as const
    const absent = {
      ...about,
      kind: 'seen',
      by: 'list',
      order: { kind: 'absent' },
      askedAt: 0,
    } as const
    for (const event of [acknowledged, absent, { ...about, kind: 'lost' } as const]) {
      expect(netInLots(event, 0.1)).to.deep.equal(event)
    }
  })
})
