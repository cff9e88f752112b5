import { expect } from 'chai'
import fc from 'fast-check'
import type { RejectionCode } from '../../src/domain/order.ts'
import type { OrderType } from '../../src/domain/venue.ts'
import { noticesOf } from '../../src/exits/noticing.ts'
import { nextType, typeOf } from '../../src/exits/order-type.ts'
import { completed } from '../../src/exits/record.ts'
import type { ExitStyle } from '../../src/exits/settings.ts'
import { anOrderState, ExitCase, settingsOf } from '../support/exits.ts'

const LIMIT: ExitStyle = { kind: 'marketable-limit', bandPct: 0.5, escalateMs: 500 }
const MARKET: ExitStyle = { kind: 'market' }

/** An exit of a long, at a venue of these order types, that is followed attempt by attempt. */
class Chase extends ExitCase {
  now = 0
  price = 100

  constructor(styles: readonly OrderType[], style: ExitStyle) {
    super(settingsOf({ lookup: 'complete', styles }, { style }))
  }

  /** Sends the next order; gives its limit, or `market`. */
  order(): number | 'market' {
    const { state } = this.record
    this.now = state.kind === 'rejected' ? Math.max(this.now, state.retryAt) : this.now
    const at = this.now
    this.happen({ kind: 'retry', at }, { kind: 'recorded', at })
    const [step] = this.steps(at, { price: this.price })
    if (step?.kind === 'plan') this.happen({ kind: 'planned', plan: step.plan, at })
    this.happen({ kind: 'recorded', at }, { kind: 'sent', at })
    expect(this.kind).to.equal('sending')
    return this.record.order.limit ?? 'market'
  }

  refused(code: RejectionCode = 'refused'): this {
    const answer = { kind: 'rejected', code } as const
    return this.happen({ kind: 'answered', id: this.id, answer, at: this.now })
  }

  endedBy(by: 'venue' | 'cancel', executed = 0): this {
    const order = anOrderState('ended', executed, executed > 0 ? 100 : null)
    return this.seen(order, (this.now += 20), by === 'cancel' ? 'cancel' : 'look-up')
  }
}

describe('the type of an exit’s orders', () => {
  it('is never one that the venue does not take, whatever is configured and happens', () => {
    const types = fc.uniqueArray(fc.constantFrom<OrderType>('market', 'marketable-limit'), {
      minLength: 1,
    })
    const codes = ['refused', 'would-trigger', 'no-permission', 'insufficient-quantity'] as const
    const events = fc.array(fc.constantFrom(...codes, 'ended', 'cancelled'), { maxLength: 12 })
    fc.assert(
      fc.property(types, fc.constantFrom(LIMIT, MARKET), events, (styles, style, story) => {
        const exit = new Chase(styles, style)
        for (const event of story) {
          const order = exit.order()
          expect(styles).to.include(typeOf(exit.record.order))
          if (order !== 'market') expect(order).to.be.within(50, 99.99)
          if (event === 'ended') exit.endedBy('venue')
          else if (event === 'cancelled') exit.endedBy('cancel')
          else exit.refused(event)
        }
      }),
    )
  })

  it('is that of the style, and market where a venue names none', () => {
    expect(new Chase(['market', 'marketable-limit'], MARKET).order()).to.equal('market')
    expect(new Chase(['market', 'marketable-limit'], LIMIT).order()).to.equal(99.5)
    expect(nextType(null, settingsOf({ styles: [] }))).to.equal('market')
  })

  it('is the other one after a refusal, at once the first time and then after longer waits', () => {
    const exit = new Chase(['market', 'marketable-limit'], LIMIT)
    expect(exit.order()).to.equal(99.5)
    expect([exit.refused().order(), exit.now]).to.deep.equal(['market', 0])
    expect([exit.refused().order(), exit.now]).to.deep.equal([99.75, 2_000])
    expect([exit.refused().order(), exit.now]).to.deep.equal(['market', 6_000])
  })

  it('is a limit again where a limit has ended and market is refused', () => {
    const exit = new Chase(['market', 'marketable-limit'], LIMIT)
    exit.order()
    expect(exit.endedBy('venue').order()).to.equal('market')
    expect(exit.refused().order(), 'wider than the one that was not executed').to.equal(99)
  })

  it('is a limit after a market order that is refused, a percent beyond the price', () => {
    const exit = new Chase(['market', 'marketable-limit'], MARKET)
    expect(exit.order()).to.equal('market')
    expect(exit.refused('no-permission').order()).to.equal(99)
  })

  it('stays as it is where the refusal says nothing of it', () => {
    const exit = new Chase(['market', 'marketable-limit'], LIMIT)
    exit.order()
    for (const code of ['insufficient-quantity', 'unknown-instrument', 'market-closed'] as const) {
      expect(exit.refused(code).order(), code).to.equal(99.5)
    }
  })

  describe('at a venue without market orders', () => {
    it('is a limit of the present price, wider each time that none is executed, up to a bound', () => {
      const exit = new Chase(['marketable-limit'], LIMIT)
      const limits = [100, 90, 80, 70, 60, 50, 40].map(price => {
        exit.price = price
        const limit = exit.order()
        exit.endedBy('cancel')
        return limit
      })
      expect(limits).to.deep.equal([99.5, 89.1, 78.4, 67.2, 55.2, 46, 36.8])
    })

    it('is narrower each time that one is refused, and as at first after the narrowest', () => {
      const exit = new Chase(['marketable-limit'], { ...LIMIT, bandPct: 1.6 })
      const limits = Array.from({ length: 6 }, () => {
        const limit = exit.order()
        exit.refused()
        return limit
      })
      expect(limits).to.deep.equal([98.4, 99.2, 99.6, 99.8, 99.9, 98.4])
    })

    it('lies within the prices that the venue states, at once, and is chased again from there', () => {
      const exit = new Chase(['marketable-limit'], LIMIT)
      expect(exit.order()).to.equal(99.5)
      const band = { low: 99.8, high: 110 }
      exit.happen({
        kind: 'answered',
        id: exit.id,
        answer: { kind: 'rejected', code: 'price-band', band },
        at: 0,
      })
      expect(exit.record.state).to.include({ kind: 'rejected', retryAt: 0 })
      exit.happen({ kind: 'retry', at: 0 })
      expect(exit.order()).to.equal(99.8)
      // The market fell, and the band with it: that of before must not hold the limit above it.
      exit.endedBy('cancel')
      exit.price = 90
      expect(exit.order()).to.equal(89.1)
    })

    it('is refused for the same band again only after a wait', () => {
      const exit = new Chase(['marketable-limit'], LIMIT)
      const answer = { kind: 'rejected', code: 'price-band', band: { low: 99.8 } } as const
      for (const retryAt of [0, 2_000]) {
        exit.order()
        exit.happen({ kind: 'answered', id: exit.id, answer, at: 0 })
        expect(exit.record.state).to.include({ retryAt })
        exit.happen({ kind: 'retry', at: 0 })
      }
    })

    it('waits for a price before its first limit, and then takes the one that decided', () => {
      const exit = new Chase(['marketable-limit'], MARKET)
      exit.happen({ kind: 'recorded', at: 0 })
      const unpriced = { price: undefined, takenUpAt: 0 }
      expect(exit.steps(1, unpriced)).to.deep.equal([{ kind: 'priceless' }])
      const before = exit.record
      exit.happen({ kind: 'priceless', at: 1 })
      const { decision } = before
      expect(noticesOf(before, exit.record, exit.settings)).to.deep.equal([
        { kind: 'exit-priceless', decision },
      ])
      expect(exit.record.steps.at(-1)!.what).to.match(/waits for a price/)
      expect(exit.steps(4_999, unpriced), 'it is reported once').to.deep.equal([])
      const { tick } = exit.record.decision
      const [step] = exit.steps(5_000, unpriced)
      expect(step).to.have.nested.property('plan.limit', tick!.price * 0.99)
    })

    it('cancels a limit that works for longer than the style of its venue allows', () => {
      const exit = new Chase(['marketable-limit'], MARKET)
      exit.order()
      exit.seen(anOrderState('working', 0, null), 0)
      expect(exit.kindsOfSteps(5_000)).not.to.include('cancel')
      expect(exit.kindsOfSteps(5_001)).to.include('cancel')
    })
  })

  it('has a limit that waited for its turn follow the price', () => {
    const exit = new Chase(['marketable-limit'], LIMIT)
    const recorded = { kind: 'recorded', at: 0 } as const
    exit.happen(recorded)
    const planOf = (price: number) => exit.steps(0, { price })[0]!
    const first = planOf(100)
    if (first.kind !== 'plan') throw new Error(first.kind)
    exit.happen({ kind: 'planned', plan: first.plan, at: 0 }, recorded)
    expect(planOf(99.5)).to.deep.equal({ kind: 'send' })
    expect(planOf(80)).to.have.nested.property('plan.limit', 79.6)
  })

  it('plans no limit for an attempt whose venue takes none any more', () => {
    const exit = new Chase(['marketable-limit'], LIMIT)
    exit.happen({ kind: 'recorded', at: 0 })
    const plan = { quantity: 5, limit: 99.5, heldBefore: null }
    exit.happen({ kind: 'planned', plan, at: 0 }, { kind: 'recorded', at: 0 })
    const settings = settingsOf({ lookup: 'complete', styles: ['market'] }, { style: LIMIT })
    const [step] = exit.steps(0, { settings })
    expect(step).to.deep.equal({ kind: 'plan', plan: { quantity: 5, heldBefore: 5 } })
    if (step?.kind === 'plan') exit.happen({ kind: 'planned', plan: step.plan, at: 0 })
    expect(exit.record.order).not.to.have.property('limit')
  })

  it('knows of an earlier version that a limit has led nowhere', () => {
    const { avoids: _new, ...record } = new Chase(['market'], LIMIT).record
    const kept = completed({ ...record, isMarketOnly: true })
    expect(kept.avoids).to.equal('marketable-limit')
  })
})
