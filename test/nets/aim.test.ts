import { expect } from 'chai'
import type { NetOptions } from '../../src/domain/resting-stop.ts'
import { aimOf, type NetView } from '../../src/nets/aim.ts'
import { noNetAt } from '../../src/nets/support.ts'
import { aPosition } from '../support/builders.ts'
import { FUTURES, STOPS } from '../support/net-venue.ts'

const NET: NetOptions = { beyondPct: 2, minMovePct: 0.5, everyMs: 1_000, limitPct: 5 }
const view = (stop: number | undefined, side: 'long' | 'short' = 'long'): NetView => ({
  position: aPosition({ side, quantity: 4 }),
  generation: 1,
  net: NET,
  stop: () => stop,
})
const around = (but: object = {}) => ({
  capabilities: FUTURES,
  venue: STOPS,
  spec: { lot: 1, minQuantity: 1, tickSize: 0.5 },
  units: 4,
  price: 100,
  ...but,
})

describe('what should rest at the venue', () => {
  it('is nothing without a stop, nor for units that no lot holds, nor behind a price that has met it', () => {
    expect(aimOf(view(undefined), around(), undefined)).to.include({ why: 'no-stop' })
    expect(aimOf(view(95), around({ units: 0.4 }), undefined)).to.include({ why: 'too-small' })
    expect(aimOf(view(95), around({ price: 93 }), undefined)).to.include({ why: 'met' })
  })

  it('is no larger than the largest order of the instrument, in whole lots', () => {
    const spec = { ...around().spec, maxQuantity: 3.5 }
    expect(aimOf(view(95), around({ spec }), undefined)).to.include({ quantity: 3 })
    expect(aimOf(view(95), around({ spec, units: 2 }), undefined)).to.include({ quantity: 2 })
  })

  it('is nothing farther from the price than the venue takes', () => {
    const venue = { ...STOPS, maxDistancePct: 5 }
    expect(aimOf(view(95), around({ venue }), undefined)).to.include({ why: 'too-far' })
    expect(aimOf(view(98), around({ venue }), undefined)).to.include({ kind: 'rest' })
  })

  it('lies behind the own stop, on the tick that is farther from it', () => {
    const long = aimOf(view(95.2), around(), undefined)
    expect(long).to.deep.include({ trigger: { price: 93, by: 'last' }, quantity: 4 })
    const short = aimOf(view(105.2, 'short'), around(), undefined)
    expect(short).to.deep.include({ trigger: { price: 107.5, by: 'last' } })
  })

  it('never lies farther from the price than before, unless that is before the own stop', () => {
    const before = { price: 94, by: 'last' } as const
    expect(aimOf(view(95), around(), before)).to.deep.include({ trigger: before })
    const loosened = aimOf(view(90), around(), before)
    expect(loosened).to.deep.include({ trigger: { price: 88, by: 'last' } })
  })

  it('lies on the tick of now where an earlier trigger lies between two, not farther than before', () => {
    const spec = { ...around().spec, tickSize: 2 }
    const before = { price: 94.5, by: 'last' } as const
    expect(aimOf(view(97), around({ spec }), before)).to.deep.include({
      trigger: { price: 96, by: 'last' },
    })
    const close = aimOf(view(95.5), around({ spec }), before)
    expect(close, 'behind the own stop').to.deep.include({ trigger: { price: 94, by: 'last' } })
    const short = { price: 105.5, by: 'last', limit: 110.5 } as const
    expect(aimOf(view(103, 'short'), around({ spec }), short)).to.deep.include({
      trigger: { price: 104, by: 'last', limit: 112 },
    })
  })

  it('has a limit beyond its trigger where the venue takes no other stops', () => {
    const venue = { ...STOPS, kinds: ['stop-limit'] as const }
    const aim = aimOf(view(95), around({ venue }), undefined)
    expect(aim).to.deep.include({ trigger: { price: 93, by: 'last', limit: 88 } })
  })
})

describe('a venue for nets', () => {
  const at = { ...FUTURES, listsOrders: false }

  it('takes stops, finds every order, and bounds or lists what works', () => {
    expect(noNetAt(at, NET)).to.equal(undefined)
    expect(noNetAt({ ...at, lookup: 'open-only' }, NET)).to.match(/lookup: complete/)
    expect(noNetAt({ ...at, reduceOnly: false }, NET)).to.match(/openOrders/)
    expect(noNetAt({ ...at, reduceOnly: false, listsOrders: true }, NET)).to.equal(undefined)
    const { restingStop: _none, ...without } = at
    expect(noNetAt(without, NET)).to.match(/restingStop/)
  })

  it('offers the trigger that is asked for, near enough', () => {
    expect(noNetAt(at, { ...NET, trigger: 'mark' })).to.match(
      /a trigger that the venue offers: last/,
    )
    const near = { ...at, restingStop: { ...STOPS, maxDistancePct: 2 } }
    expect(noNetAt(near, NET)).to.match(/below the venue's largest distance, 2 %/)
  })
})
