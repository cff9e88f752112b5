import { expect } from 'chai'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { OrderState } from '../../src/domain/order.ts'
import type { Position } from '../../src/domain/position.ts'
import type { AccountBook } from '../../src/exits/account-book.ts'
import { aDecision, aPosition } from '../support/builders.ts'
import { anOrderState, settingsOf } from '../support/exits.ts'
import { plainBook } from '../support/venue-model/guarded-account.ts'

describe('Exits', () => {
  const a = aPosition({ id: positionId('a'), quantity: 5 })
  const b = aPosition({ id: positionId('b'), quantity: 5 })
  let book: AccountBook

  /** Begins what is due, with a store that takes everything at once; an order leaves at once. Gives the calls. */
  const begin = ({ id }: Position, now: number): readonly string[] => {
    const calls = book.exits.takeDue(id, { now, maySend: true, mayCancel: true })
    if (calls.includes('send')) book.exits.departures.left(book.exits.record(id)!.order, now)
    if (!calls.includes('save')) return calls
    book.exits.recorded(book.exits.record(id)!, now)
    const others = calls.filter(call => call !== 'save')
    return [...others, ...begin(a.id === id ? a : b, now)]
  }
  const intend = (position: Position, now: number): void =>
    book.exits.intend({ decision: aDecision(position), position, generation: 1, at: now })
  const held = (quantity: number, at: number, ageMs = 0): void => {
    const key = { instrument: instrumentId('ACME') }
    const report =
      quantity === 0
        ? ({ kind: 'flat', ageMs } as const)
        : ({ kind: 'held', quantity, ageMs } as const)
    book.reports.take(key, report, { askedAt: at, isNamed: true, now: at })
  }

  const found = (position: Position, order: OrderState | undefined, at: number): void => {
    const { clientOrderId: id } = book.exits.record(position.id)!.order
    const call = { id: position.id, generation: 1, call: 'ask-order' } as const
    const seen = { kind: 'seen', id, by: 'look-up', askedAt: at, at } as const
    book.exits.ended(call, order && { ...seen, order })
  }

  it('looks an attempt up, once, that it has never sent, where the venue would carry it out again', () => {
    book = plainBook(settingsOf({ lookup: 'complete', reduceOnly: true }), () => undefined)
    book.own(a, { generation: 1, now: 0 })
    held(5, 20)
    intend(a, 50)
    expect(begin(a, 50)).to.deep.equal(['ask-order'])
    // A question that fails proves nothing, and holds no exit back for long.
    found(a, undefined, 55)
    expect(begin(a, 60)).to.deep.equal(['send'])
  })

  it('sells nothing again that a store before this one has sold under the same id', () => {
    const notices: string[] = []
    book = plainBook(settingsOf({ lookup: 'complete' }), ({ kind }) => notices.push(kind))
    book.own(a, { generation: 1, now: 0 })
    held(5, 20)
    intend(a, 50)
    begin(a, 50)
    found(a, anOrderState('filled', 5), 55)
    expect(notices).to.include('exit-foreign')
    expect(book.exits.record(a.id)!.state).to.include({ kind: 'foreign', by: 'look-up' })
    expect(begin(a, 60)).to.deep.equal([])
  })

  it('asks what is held before it sells, where that must prove what it sold: others trade too', () => {
    book = plainBook(settingsOf({ dedupe: 'always' }), () => undefined)
    book.own(a, { generation: 1, now: 0 })
    held(5, 20)
    intend(a, 50_000)
    expect(begin(a, 50_000)).to.deep.equal(['ask-holding'])
    held(7, 50_010)
    book.cycle(50_010)
    expect(begin(a, 50_010)).to.deep.equal(['send'])
    expect(book.exits.record(a.id)!.heldBefore).to.equal(7)
  })

  it('takes nothing for foreign that it has sold and that shows still', () => {
    const notices: string[] = []
    book = plainBook(settingsOf({ lookup: 'complete' }), ({ kind }) => notices.push(kind))
    book.own(a, { generation: 1, now: 0 })
    book.cycle(10)
    held(5, 20)
    intend(a, 50)
    begin(a, 50)
    found(a, { kind: 'absent' }, 50)
    held(5, 50)
    expect(begin(a, 50)).to.deep.equal(['send'])
    const { clientOrderId: id } = book.exits.record(a.id)!.order
    const order = anOrderState('filled', 5)
    book.exits.happened(a.id, { kind: 'seen', id, order, by: 'stream', askedAt: 51, at: 51 })
    held(5, 60)
    expect(notices).not.to.include('holding-unowned')
    held(5, 61)
    expect(notices).to.include('holding-unowned')
  })

  it('lets another exit of a holding go when the one whose evidence it was is discarded', () => {
    book = plainBook(settingsOf({ dedupe: 'always' }), () => undefined)
    for (const position of [a, b]) book.own(position, { generation: 1, now: 0 })
    held(10, 20)
    intend(a, 50)
    held(10, 50)
    expect(begin(a, 50)).to.deep.equal(['send'])
    const { clientOrderId: id } = book.exits.record(a.id)!.order
    const refused = {
      kind: 'not-sent',
      id,
      code: 'RATE_LIMITED',
      retryAfterMs: 5_000,
      at: 51,
    } as const
    book.exits.ended({ id: a.id, generation: 1, call: 'send' }, refused)
    book.exits.discard()
    held(10, 70)
    intend(b, 70)
    expect(begin(b, 70)).to.deep.equal(['send'])
  })

  for (const capabilities of [{ reduceOnly: true }, { dedupe: 'always' }] as const) {
    const venue = Object.keys(capabilities)[0]!
    it(`sells once what was sold unseen while a purchase made up for it: ${venue}`, () => {
      const notices: string[] = []
      book = plainBook(settingsOf(capabilities), ({ kind }) => notices.push(kind))
      book.own(a, { generation: 1, now: 0 })
      held(5, 20)
      intend(a, 50)
      held(5, 50)
      expect(begin(a, 50)).to.deep.equal(['send'])
      const { clientOrderId: id } = book.exits.record(a.id)!.order
      book.exits.ended(
        { id: a.id, generation: 1, call: 'send' },
        { kind: 'outcome-unknown', id, at: 51 },
      )
      // The order was executed, and as much was bought and named.
      expect(book.own(b, { generation: 1, now: 52 })).to.equal(a.id)
      for (let at = 60; at < 200; at += 10) {
        held(5, at)
        book.cycle(at)
        const calls = begin(a, at)
        if ('reduceOnly' in capabilities) expect(calls).not.to.include('send')
        const answer = { kind: 'duplicate' } as const
        if (!calls.includes('send')) continue
        expect(book.exits.record(a.id)!.order.clientOrderId).to.equal(id)
        book.exits.ended(
          { id: a.id, generation: 1, call: 'send' },
          { kind: 'answered', id, answer, at },
        )
      }
      expect(notices).to.include('exit-closed').and.not.to.include('position-gone')
      expect(book.exits.record(a.id)!.attempt).to.equal(1)
    })
  }

  it('counts a position that came in the moment of a crash as one that came to the holding', () => {
    book = plainBook(settingsOf({ reduceOnly: true }), () => undefined)
    book.own(a, { generation: 1, now: 0 })
    held(5, 20)
    intend(a, 50)
    held(5, 50)
    begin(a, 50)
    const stored = book.exits.record(a.id)!
    book = plainBook(settingsOf({ reduceOnly: true }), () => undefined)
    for (const position of [a, b]) book.own(position, { generation: 1, now: 100 })
    book.exits.restore(stored, { position: a, now: 100 })
    book.cycle(100)
    expect(book.exits.record(a.id)!.drift).to.include({ least: 5, most: 5 })
  })

  describe('with answers that are older than what they are asked about', () => {
    const notices: string[] = []

    beforeEach(() => {
      notices.length = 0
      book = plainBook(settingsOf({ reduceOnly: true }), ({ kind }) => notices.push(kind))
      book.own(a, { generation: 1, now: 1_000 })
    })

    it('gives up no position that was bought after them', () => {
      for (const at of [1_100, 1_200, 1_300]) held(0, at, at - 999)
      expect(notices).to.deep.equal([])
      for (const at of [1_400, 1_500]) held(0, at, 200)
      expect(notices).to.deep.equal(['position-gone'])
    })

    it('lets a position sell nothing of what was held before it was bought', () => {
      held(5, 1_100, 101)
      intend(a, 1_100)
      expect(begin(a, 1_100)).to.deep.equal(['ask-holding'])
      held(5, 1_150, 151)
      expect(book.doubtful()).to.have.length(1)
      held(5, 1_160, 0)
      book.cycle(1_160)
      expect(begin(a, 1_160)).to.deep.equal(['send'])
    })

    it('take no order for one that never came, and no holding for untouched, that it may have sold', () => {
      held(5, 1_100)
      intend(a, 1_100)
      expect(begin(a, 1_100)).to.deep.equal(['send'])
      const { clientOrderId: id } = book.exits.record(a.id)!.order
      const call = { id: a.id, generation: 1, call: 'send' } as const
      book.exits.ended(call, { kind: 'outcome-unknown', id, at: 1_101 })
      for (const at of [1_200, 1_300, 1_400]) {
        held(5, at, at - 1_100)
        book.cycle(at)
        expect(begin(a, at)).not.to.include('send')
      }
      held(5, 1_500, 300)
      book.cycle(1_500)
      expect(begin(a, 1_500)).to.deep.equal(['send'])
    })

    it('end no exit whose fill they cannot show', () => {
      held(5, 1_100)
      intend(a, 1_100)
      begin(a, 1_100)
      const { clientOrderId: id } = book.exits.record(a.id)!.order
      const order = anOrderState('filled', 5)
      book.exits.happened(a.id, {
        kind: 'seen',
        id,
        order,
        by: 'stream',
        askedAt: 1_101,
        at: 1_101,
      })
      held(0, 1_200, 90)
      begin(a, 1_200)
      expect(notices).not.to.include('exit-filled')
      held(0, 1_201, 90)
      begin(a, 1_201)
      expect(notices).to.include('exit-filled')
    })
  })
})
