import { expect } from 'chai'
import { instrumentId, positionId, type PositionId } from '../../src/domain/ids.ts'
import type { Capabilities } from '../../src/domain/venue.ts'
import type { AccountBook } from '../../src/exits/account-book.ts'
import type { ExitState } from '../../src/exits/exit-state.ts'
import { ReportReaders } from '../../src/exits/report-readers.ts'
import { aDecision, aPosition } from '../support/builders.ts'
import { settingsOf } from '../support/exits.ts'
import { plainBook } from '../support/venue-model/guarded-account.ts'

const KEY = { instrument: instrumentId('ACME') }

const isFree = (): boolean => true

describe('ReportReaders', () => {
  const intended: ExitState = { kind: 'intended', notBefore: 0 }
  const place = (readers: ReportReaders, id: string, state: ExitState, isDoubted = false): void =>
    readers.place({ positionId: positionId(id), state, isDoubted })

  it('gives no exit whose order waits to leave, has left without an answer, or is over', () => {
    const readers = new ReportReaders()
    place(readers, 'queued', { kind: 'queued', since: 0 })
    place(readers, 'sending', { kind: 'sending' })
    place(readers, 'flat', { kind: 'flat', at: 0, by: 'fill' })
    place(readers, 'filled', { kind: 'filled', at: 0, earlier: { quantity: 0, price: null } })
    place(readers, 'gone', { kind: 'acknowledged', since: 0 })
    readers.remove(positionId('gone'))
    expect([...readers.ids(isFree)]).to.deep.equal(['filled'])
  })

  it('gives exits that wait for the lock only while it is free, and doubted ones always', () => {
    const readers = new ReportReaders()
    place(readers, 'first', intended)
    place(readers, 'second', intended)
    place(readers, 'doubted', intended, true)
    expect([...readers.ids(() => false)]).to.deep.equal(['doubted'])
    expect([...readers.ids(isFree)]).to.deep.equal(['doubted', 'first', 'second'])
    let turns = 1
    expect([...readers.ids(() => turns-- > 0)]).to.deep.equal(['doubted', 'first'])
  })

  it('gives each exit once, also where its evaluation puts it back into the queue', () => {
    const readers = new ReportReaders()
    place(readers, 'a', intended)
    place(readers, 'b', intended)
    const given: PositionId[] = []
    for (const id of readers.ids(isFree)) {
      given.push(id)
      readers.remove(id)
      place(readers, id, intended)
    }
    expect(given).to.deep.equal(['a', 'b'])
  })
})

describe('The work after a gap in a market', () => {
  /** Evaluations of exits until so many positions of one holding are closed, one after the other. */
  function evaluationsFor(count: number, venue: Partial<Capabilities>): number {
    let [now, held, evaluations] = [1_000, count, 0]
    const closed: PositionId[] = []
    const book: AccountBook = plainBook(settingsOf(venue), notice => {
      if (notice.kind === 'exit-filled') closed.push(notice.decision.positionId)
    })
    const sent: PositionId[] = []
    const evaluate = (id: PositionId): void => {
      evaluations++
      for (const call of book.exits.takeDue(id, { now, maySend: true, mayCancel: true })) {
        const record = book.exits.record(id)!
        if (call === 'save') book.exits.recorded(record, now)
        else if (call === 'send') sent.push(id)
        else book.exits.ended({ id, generation: 1, call }, undefined)
        if (call === 'save') evaluate(id)
      }
    }
    const report = (): void => {
      now += 20
      const holding =
        held === 0
          ? ({ kind: 'flat', ageMs: 0 } as const)
          : ({ kind: 'held', quantity: held, ageMs: 0 } as const)
      for (const id of book.reports.take(KEY, holding, { askedAt: now, isNamed: true, now }))
        evaluate(id)
    }
    const positions = Array.from({ length: count }, (_, index) =>
      aPosition({ id: positionId(`p${index}`), quantity: 1 }),
    )
    for (const position of positions) book.own(position, { generation: 1, now })
    report()
    for (const position of positions) {
      book.exits.intend({ decision: aDecision(position), position, generation: 1, at: now })
      evaluate(position.id)
    }
    report()
    let open = count
    for (let round = 0; round < 5 * count && open > 0; round++) {
      const id = sent.shift()
      if (id !== undefined) {
        const { order } = book.exits.record(id)!
        book.exits.departures.left(order, now)
        held--
        const executed = { quantity: 1, price: 100 }
        const answer = { kind: 'acknowledged', order: { kind: 'filled', executed } } as const
        const event = { kind: 'answered', id: order.clientOrderId, answer, at: now } as const
        book.ended({ id, generation: 1, call: 'send' }, event)
        evaluate(id)
      }
      book.cycle(now)
      report()
      for (const each of closed.splice(0)) {
        book.close(each, now)
        open--
      }
    }
    expect(open, 'positions that are still open').to.equal(0)
    return evaluations
  }

  const venues: [what: string, venue: Partial<Capabilities>][] = [
    ['can be looked up', { lookup: 'complete' }],
    ['are proved by the holding, one at a time', { lookup: 'none', reduceOnly: true }],
  ]
  for (const [what, venue] of venues) {
    it(`grows with the number of its exits, no faster, where orders ${what}`, () => {
      expect(evaluationsFor(400, venue) / evaluationsFor(100, venue)).to.be.below(5)
    })
  }
})
