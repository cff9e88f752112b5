import { expect } from 'chai'
import { changesPosition, LastExits } from '../../../src/http/view/exits.ts'
import type { JournalLine } from '../../../src/ports/journal-lines.ts'

const intended = (seq: number, id: string): JournalLine => ({
  seq,
  at: 1_000,
  kind: 'exit-intended',
  positionId: id,
  reason: 'stop-loss',
  level: 95,
  price: 94.9,
  quantity: 2,
  clientOrderId: 'wk-1',
})

describe('The last exits of the view', () => {
  it('follow an exit from its decision to its fill', () => {
    const exits = new LastExits()
    exits.take(intended(7, 'a'), 1, { side: 'long', instrument: 'ACME' })
    expect(exits.all[0]).to.deep.include({ seq: 7, state: 'under-way', endedAt: null, fill: null })
    const filled = { seq: 9, at: 1_250, kind: 'exit-filled', positionId: 'a' }
    exits.take({ ...filled, price: 94.8, quantity: 2, profit: -10.4 }, 2, undefined)
    expect(exits.all).to.deep.equal([
      {
        id: 'a',
        seq: 7,
        state: 'filled',
        reason: 'stop-loss',
        instrument: 'ACME',
        side: 'long',
        level: 95,
        trigger: 94.9,
        fill: 94.8,
        quantity: 2,
        profit: -10.4,
        clientOrderId: 'wk-1',
        at: 1_000,
        endedAt: 1_250,
      },
    ])
    expect(exits.changed).to.equal(2)
  })

  it('have side and instrument of the trade that ended, where the position was closed before', () => {
    const exits = new LastExits()
    exits.take(intended(7, 'a'), 1, undefined)
    expect(exits.all[0]).to.deep.include({ side: null, instrument: null })
    const trade = { instrument: 'ACME', side: 'short', entryPrice: 96 }
    const filled = { seq: 9, at: 1_250, kind: 'exit-filled', positionId: 'a', price: 95.2, trade }
    exits.take(filled, 2, undefined)
    expect(exits.all[0]).to.deep.include({ side: 'short', instrument: 'ACME', fill: 95.2 })
  })

  it('end only the exit in progress, and do not change for other lines', () => {
    const exits = new LastExits()
    exits.take(intended(1, 'a'), 1, undefined)
    exits.take({ seq: 2, at: 1, kind: 'exit-closed', positionId: 'a' }, 2, undefined)
    exits.take(intended(3, 'a'), 3, undefined)
    exits.take({ seq: 4, at: 1, kind: 'exit-filled', positionId: 'b' }, 4, undefined)
    exits.take({ seq: 5, at: 1, kind: 'kill-switch' }, 5, undefined)
    expect(exits.changed).to.equal(3)
    exits.take({ seq: 6, at: 1, kind: 'exit-discarded', positionId: 'a' }, 6, undefined)
    expect(exits.all.map(({ seq, state }) => [seq, state])).to.deep.equal([
      [3, 'discarded'],
      [1, 'closed'],
    ])
  })

  it('show an observed exit as ended', () => {
    const exits = new LastExits()
    exits.take({ ...intended(1, 'a'), kind: 'exit-observed' }, 1, undefined)
    expect(exits.all[0]).to.include({ state: 'observed', endedAt: 1_000 })
  })

  it('are at most 30', () => {
    const exits = new LastExits()
    for (let seq = 1; seq <= 40; seq++) exits.take(intended(seq, `p${seq}`), seq, undefined)
    expect(exits.all).to.have.length(30)
    expect(exits.all[0]!.id).to.equal('p40')
  })

  it('name the lines after which a position is read again', () => {
    for (const kind of ['position-added', 'exit-filled', 'rules-changed', 'monitor-gave-up']) {
      expect(changesPosition(kind), kind).to.equal(true)
    }
    expect(changesPosition('kill-switch')).to.equal(false)
  })
})
