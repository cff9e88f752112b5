import { expect } from 'chai'
import fc from 'fast-check'
import {
  addRealised,
  emptyDay,
  judge,
  onDay,
  onlyAccountOf,
  reset,
  standingOf,
  type LossLimit,
  type PortfolioDay,
} from '../../src/risk/portfolio.ts'

const DAY = { from: 0, until: 100 }
const NEXT = { from: 100, until: 200 }
const ALL: LossLimit = { name: 'all', maxLoss: 100, warnAtPct: 80 }

const at = (state: PortfolioDay, unrealised: number, limit = ALL) =>
  judge(state, standingOf(state, limit, unrealised), 5)

describe('a daily loss limit', () => {
  it('trips when realised and unrealised losses reach it together, to the cent', () => {
    const state = addRealised(emptyDay(DAY), { amount: -60.1 })
    expect(at(state, -39.89)[1]?.kind).to.equal('warned')
    const [next, event] = at(state, -39.9)
    expect(event?.kind).to.equal('tripped')
    expect(next.tripped['all']).to.deep.equal({ at: 5, loss: 100 })
  })

  it('warns once a day from its warning share on', () => {
    const [warned, event] = at(emptyDay(DAY), -80)
    expect(event?.kind).to.equal('warned')
    expect(at(warned, -90)[1]).to.equal(undefined)
    expect(at(onDay(warned, NEXT), -90)[1]?.kind).to.equal('warned')
  })

  it('stays tripped until the day ends, whatever is won back, unless it is reset', () => {
    const [tripped] = at(emptyDay(DAY), -150)
    const later = onDay(addRealised(tripped, { amount: 1_000 }), NEXT)
    expect(at(later, 0)).to.deep.equal([later, undefined])
    expect(later.tripped).to.have.property('all')
  })

  it('counts from the loss at the reset on, and forgets that with the day', () => {
    const [tripped] = at(emptyDay(DAY), -150)
    const again = reset(tripped, standingOf(tripped, ALL, -150))
    expect(at(again, -150)[1]).to.equal(undefined)
    expect(at(again, -249)[1]?.kind).to.equal('warned')
    expect(at(again, -250)[1]?.kind).to.equal('tripped')
    expect(at(onDay(again, NEXT), -100)[1]?.kind).to.equal('tripped')
  })

  it('gives a reset in profit no more room than its limit', () => {
    const state = reset(emptyDay(DAY), standingOf(emptyDay(DAY), ALL, 500))
    expect(at(state, -100)[1]?.kind).to.equal('tripped')
  })

  it('counts only profits and losses of its account, underlying and currency', () => {
    const limit = { ...ALL, account: 'A', underlying: 'NIFTY' }
    let state = emptyDay(DAY)
    state = addRealised(state, { amount: -70, account: 'A', underlying: 'NIFTY' })
    state = addRealised(state, { amount: -70, account: 'A', underlying: 'GOLD' })
    state = addRealised(state, { amount: -70, account: 'B', underlying: 'NIFTY' })
    state = addRealised(state, { amount: -70 })
    expect(standingOf(state, limit, 0).loss).to.equal(70)
    expect(standingOf(state, ALL, 0).loss).to.equal(280)
    expect(standingOf(state, { ...ALL, currency: 'EUR' }, 0).loss).to.equal(0)
  })

  it('counts positions without an account, where no account other than its own is named', () => {
    const limit = { ...ALL, account: 'A' }
    const lossOf = (...accounts: (string | undefined)[]): number => {
      const state = accounts.reduce(
        (day, account) =>
          addRealised(day, { amount: -10, ...(account !== undefined && { account }) }),
        emptyDay(DAY),
      )
      return standingOf(state, limit, 0, onlyAccountOf([limit, ALL], state.realised)).loss
    }
    expect(lossOf(undefined)).to.equal(10)
    expect(lossOf(undefined, 'A')).to.equal(20)
    expect(lossOf(undefined, 'A', 'B')).to.equal(10)
    expect(onlyAccountOf([limit, { ...ALL, account: 'B' }])).to.equal(undefined)
    expect(onlyAccountOf([ALL], [{ account: 'A' }])).to.equal(undefined)
  })

  it('keeps one sum for each scope, in any order', () => {
    const profit = fc.record({
      amount: fc.integer({ min: -10_000, max: 10_000 }).map(cents => cents / 100),
      account: fc.constantFrom('A', 'B', undefined),
    })
    fc.assert(
      fc.property(fc.array(profit), profits => {
        const state = profits.reduce(addRealised, emptyDay(DAY))
        expect(state.realised.length).to.be.at.most(3)
        const cents = profits.reduce((sum, { amount }) => sum + Math.round(amount * 100), 0)
        expect(Math.round(standingOf(state, ALL, 0).realised * 100)).to.equal(cents)
      }),
    )
  })
})
