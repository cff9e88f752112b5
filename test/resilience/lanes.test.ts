import { expect } from 'chai'
import fc from 'fast-check'
import {
  enqueue,
  hasRoom,
  landed,
  LANES,
  lanes,
  measure,
  take,
} from '../../src/resilience/lanes.ts'

const aCall = (key: string, urgency = 0, since = 0) => ({ key, urgency, since, call: key })

describe('the lanes', () => {
  it('drop the least urgent beyond the bound, and count it', () => {
    const full = enqueue(enqueue(lanes<string>(1), 'exits', aCall('a', 1)), 'exits', aCall('b', 2))
    expect(full.queues.exits.map(({ key }) => key)).to.deep.equal(['b'])
    expect(full.dropped.exits).to.equal(1)
  })

  it('let an exit through while all places of polls are taken', () => {
    let of = lanes<string>(100)
    for (let index = 0; index < 12; index++) {
      const call = aCall(`q${index}`)
      of = take(enqueue(of, 'quotes', call), 'quotes', call)
    }
    of = enqueue(of, 'quotes', aCall('late'))
    expect([hasRoom(of, 'quotes'), hasRoom(of, 'exits')]).to.deep.equal([false, true])
    expect(hasRoom(landed(of, 'quotes'), 'quotes')).to.equal(true)
  })

  it('keep one slot per key: the newest call, the oldest wait', () => {
    const twice = enqueue(enqueue(lanes<string>(9), 'quotes', aCall('BTC', 0, 1)), 'quotes', {
      ...aCall('BTC', 0, 5),
      call: 'newer',
    })
    expect(measure(twice, 'quotes', 7)).to.deep.equal({ depth: 1, oldestWaitMs: 6, dropped: 0 })
    expect(twice.queues.quotes[0]?.call).to.equal('newer')
  })

  it('release a waiting exit before anything else, the most urgent first', () => {
    const offer = fc.record({ lane: fc.constantFrom(...LANES), urgency: fc.nat(9) })
    fc.assert(
      fc.property(fc.array(offer), offers => {
        let of = lanes<string>(1_000)
        offers.forEach(({ lane, urgency }, index) => {
          of = enqueue(of, lane, aCall(`k${index}`, urgency))
        })
        const exits = offers.filter(({ lane }) => lane === 'exits')
        if (exits.length === 0) return
        const most = Math.max(...exits.map(({ urgency }) => urgency))
        expect(of.queues.exits[0]?.urgency).to.equal(most)
      }),
    )
  })
})
