import { expect } from 'chai'
import type { ClientOrderId } from '../../src/domain/order.ts'
import { bookedOf, hasWorkingPast, isTooLarge } from '../../src/exits/past-orders.ts'
import { remainingOf } from '../../src/exits/record.ts'
import { anOrderState, ExitCase, settingsOf } from '../support/exits.ts'

/** An exit of five whose first order ended with nothing executed; the second one is to be planned. */
const inSecond = (): ExitCase =>
  new ExitCase(settingsOf({ lookup: 'complete' }))
    .sent()
    .seen(anOrderState('ended', 0, null), 20)
    .happen({ kind: 'retry', at: 2_000 })

const firstOf = ({ record }: ExitCase): ClientOrderId =>
  record.pastOrders[0]!.clientOrderId as ClientOrderId

/** The venue says this of the first order, at `at`. */
const first = (exit: ExitCase, order: ReturnType<typeof anOrderState>, at: number): ExitCase =>
  exit.happen({ kind: 'seen', id: firstOf(exit), order, by: 'look-up', askedAt: at, at })

/** The second order is durable and has left. */
const sentAgain = (exit: ExitCase): ExitCase =>
  exit.happen(
    { kind: 'recorded', at: 2_001 },
    { kind: 'queued', at: 2_001 },
    { kind: 'sent', at: 2_001 },
  )

describe('an order of an earlier attempt', () => {
  it('lessens the attempt that has not left by what it executes late', () => {
    const exit = first(inSecond(), anOrderState('ended', 2), 2_010)
    expect([exit.kind, exit.record.order.quantity]).to.deep.equal(['intending', 3])
    expect(bookedOf(exit.record)).to.deep.equal({ quantity: 2, price: 100 })
    first(exit, anOrderState('ended', 2), 2_020)
    expect(remainingOf(exit.record), 'the same again').to.equal(3)
  })

  it('ends the exit with all of it', () => {
    const exit = first(inSecond(), anOrderState('filled', 5), 2_010)
    expect([exit.kind, remainingOf(exit.record)]).to.deep.equal(['filled', 0])
  })

  it('leads to a cancel of the present one, which is not sent again, where that sells too much', () => {
    for (const lookup of ['complete', 'none'] as const) {
      const exit = new ExitCase(settingsOf({ lookup, dedupe: 'always' }))
        .sent()
        .happen({ kind: 'ended', quantity: 0, at: 0 })
      exit.seen(anOrderState('ended', 0, null), 20).happen({ kind: 'retry', at: 2_000 })
      sentAgain(exit).lost(2_002)
      expect(exit.kind).to.equal('unknown')
      first(exit, anOrderState('ended', 2), 2_010)
      expect(isTooLarge(exit.record)).to.equal(true)
      const steps = exit.kindsOfSteps(2_020)
      expect(steps, lookup).to.include('cancel').and.not.include('send')
    }
  })

  it('explains units that were taken for closed by others, and no more are sold or lost', () => {
    const exit = inSecond().happen({ kind: 'shrunk', by: 2, at: 2_005 })
    expect(exit.record.lost).to.equal(2)
    first(exit, anOrderState('ended', 2), 2_010)
    expect([remainingOf(exit.record), exit.record.lost]).to.deep.equal([3, 0])
    expect(bookedOf(exit.record).quantity).to.equal(2)
    first(exit, anOrderState('ended', 3), 2_020)
    expect([remainingOf(exit.record), bookedOf(exit.record).quantity]).to.deep.equal([2, 3])
  })

  it('is booked beside a fill that is not confirmed yet, and changes nothing of that', () => {
    const exit = sentAgain(inSecond()).seen(anOrderState('filled', 5), 2_010)
    first(exit, anOrderState('ended', 2), 2_020)
    expect([exit.kind, bookedOf(exit.record).quantity]).to.deep.equal(['filled', 7])
    const { state, before } = exit.record
    const earlier = state.kind === 'filled' ? state.earlier!.quantity : NaN
    expect(before.quantity - earlier, 'of the last order').to.equal(5)
  })

  it('holds the next one back while it works again', () => {
    const exit = first(inSecond(), anOrderState('working', 0, null), 2_010)
    exit.happen({ kind: 'recorded', at: 2_011 })
    expect(exit.kindsOfSteps(2_020)).to.deep.equal(['ask-past', 'cancel-past'])
    first(exit, anOrderState('ended', 0, null), 2_030)
    expect(hasWorkingPast(exit.record)).to.equal(false)
    expect(exit.kindsOfSteps(2_040)).to.deep.equal(['plan'])
  })

  it('is looked up once before the next one leaves, where every order is found', () => {
    const exit = inSecond().happen({ kind: 'recorded', at: 2_001 })
    expect(exit.kindsOfSteps(2_002, { isPastSought: false })).to.deep.equal(['ask-past'])
  })

  it('counts for nothing where what is said of it cannot be true', () => {
    for (const quantity of [6, -1, Infinity, NaN]) {
      const exit = first(inSecond(), anOrderState('ended', quantity), 2_010)
      expect(remainingOf(exit.record), String(quantity)).to.equal(5)
    }
  })

  it('is none of the exit where it had the id of an order that was not sent from here', () => {
    const exit = new ExitCase(settingsOf({ lookup: 'complete' })).happen({
      kind: 'recorded',
      at: 0,
    })
    exit.seen(anOrderState('filled', 5), 10).happen({ kind: 'retry', at: 2_000 })
    expect([exit.record.attempt, exit.record.pastOrders]).to.deep.equal([2, []])
  })

  it('is one of the last ten', () => {
    const exit = new ExitCase(settingsOf({ lookup: 'complete' }))
    for (let at = 0; at < 15; at++) {
      exit.happen({ kind: 'recorded', at }, { kind: 'queued', at }, { kind: 'sent', at })
      exit.seen(anOrderState('ended', 0, null), at).happen({ kind: 'retry', at })
    }
    expect(exit.record.pastOrders).to.have.length(10)
  })
})
