import { expect } from 'chai'
import type { OrderSpec } from '../../src/domain/instrument.ts'
import type { Circumstances } from '../../src/exits/circumstances.ts'
import { noticesOf } from '../../src/exits/noticing.ts'
import { belowMinimum } from '../../src/exits/smallest-order.ts'
import { ExitCase, heldAt, settingsOf } from '../support/exits.ts'

const spec = (but: Partial<OrderSpec> = {}): OrderSpec => ({
  lot: undefined,
  minQuantity: undefined,
  tickSize: undefined,
  minOrderValue: 5,
  ...but,
})

const order = (but: object = {}) => ({
  quantity: 5,
  price: 0.5,
  isReduceOnly: false,
  position: { multiplier: 1 },
  ...but,
})

describe('the smallest value of an order', () => {
  it('binds the product of quantity, price and multiplier', () => {
    expect(belowMinimum(order(), spec())).to.deep.equal({ value: 2.5, minimum: 5 })
    expect(belowMinimum(order({ price: 1 }), spec())).to.equal(undefined)
    const tenfold = order({ position: { multiplier: 10 } })
    expect(belowMinimum(tenfold, spec())).to.equal(undefined)
  })

  it('binds an inverse contract by its worth in the quote currency, whatever the price', () => {
    const inverse = { position: { multiplier: 0.5, contract: 'inverse' as const } }
    const below = { value: 2.5, minimum: 5 }
    expect(belowMinimum(order({ ...inverse, price: 90_000 }), spec())).to.deep.equal(below)
  })

  it('counts a price below zero like the same one above it', () => {
    expect(belowMinimum(order({ price: -37 }), spec())).to.equal(undefined)
    expect(belowMinimum(order({ price: -0.1 }), spec())?.value).to.equal(0.5)
  })

  it('holds no order back whose price is not known', () => {
    expect(belowMinimum(order({ price: undefined }), spec())).to.equal(undefined)
  })

  it('binds a reduce-only order unless the venue exempts it, and every other order all the same', () => {
    const reduceOnly = order({ isReduceOnly: true })
    expect(belowMinimum(reduceOnly, spec())).not.to.equal(undefined)
    expect(belowMinimum(reduceOnly, spec({ reduceOnlyExempt: true }))).to.equal(undefined)
    expect(belowMinimum(order(), spec({ reduceOnlyExempt: true }))).not.to.equal(undefined)
  })
})

describe('an exit that is worth less than the smallest order', () => {
  const settings = settingsOf({ lookup: 'complete' })
  const intended = (): ExitCase => new ExitCase(settings).happen({ kind: 'recorded', at: 0 })
  const at = (price: number, but: Partial<Circumstances> = {}) => ({ price, spec: spec(), ...but })
  const heldBack = (): ExitCase => {
    const exit = intended()
    const [step] = exit.steps(0, at(0.5))
    const below = { value: 2.5, minimum: 5 }
    expect(step).to.deep.equal({ kind: 'below-minimum', below })
    return exit.happen({ kind: 'below-minimum', below, at: 0 })
  }

  it('asks the venue for nothing and sends nothing, while its value stays too small', () => {
    const exit = heldBack()
    expect(exit.steps(1_000, at(0.5, { held: undefined, isVerified: false }))).to.deep.equal([])
    expect(exit.steps(2_000, at(0.99))).to.deep.equal([])
  })

  it('is planned and sent once a price makes it large enough', () => {
    const exit = heldBack()
    const plan = { quantity: 5, heldBefore: 5 }
    expect(exit.steps(1_000, at(1))).to.deep.equal([{ kind: 'plan', plan }])
    exit.happen({ kind: 'planned', plan, at: 1_000 }, { kind: 'recorded', at: 1_000 })
    expect(exit.kindsOfSteps(1_000, at(1))).to.deep.equal(['send'])
  })

  it('is reported once until it was planned again', () => {
    const before = intended().record
    const exit = heldBack()
    expect(noticesOf(before, exit.record, settings)).to.deep.equal([
      { kind: 'exit-below-minimum', decision: before.decision, value: 2.5, minimum: 5 },
    ])
    const once = exit.record
    exit.happen({ kind: 'below-minimum', below: { value: 2, minimum: 5 }, at: 9 })
    expect(exit.record).to.equal(once)
    exit.happen({ kind: 'shrunk', by: 1, at: 10 }, { kind: 'recorded', at: 10 })
    expect(noticesOf(once, exit.record, settings)).to.deep.equal([])
  })

  it('waits as well where the part of the holding that it may close is worth too little', () => {
    const exit = intended()
    const below = { value: 3, minimum: 5 }
    expect(exit.steps(0, at(1, { allowance: 3 }))).to.deep.equal([{ kind: 'below-minimum', below }])
  })

  it('is dust where no order can be of that quantity, whatever the price', () => {
    const given = { spec: spec({ minQuantity: 6 }), held: heldAt(5, 0) }
    expect(intended().steps(0, at(0.5, given))).to.deep.equal([{ kind: 'flat', by: 'dust' }])
  })

  it('is sent again as it was where its order may live', () => {
    const exit = new ExitCase(settingsOf({ dedupe: 'always', reduceOnly: true })).sent().lost(5)
    expect(exit.kindsOfSteps(6, at(0.5))).to.deep.equal(['send'])
  })
})
