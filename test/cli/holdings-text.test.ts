import { expect } from 'chai'
import { holdingLines } from '../../src/cli/holdings-text.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { HoldingsView, HoldingView } from '../../src/ports/control/holdings.ts'

const row = (changes: Partial<HoldingView>): HoldingView => ({
  instrument: instrumentId('ACME'),
  held: 2,
  ageMs: 1_000,
  owned: 2,
  difference: 0,
  underWay: 0,
  positions: [{ id: positionId('p1'), quantity: 2 }],
  ...changes,
})

const view = (changes: Partial<HoldingsView>): HoldingsView => ({
  at: 0,
  isUnconfirmed: false,
  isListed: true,
  holdings: [],
  orders: [],
  exits: [],
  ...changes,
})

const linesOf = (changes: Partial<HoldingsView>): string =>
  holdingLines(view(changes), (_style, text) => text).join('\n')

describe('The text of the holdings', () => {
  it('says that nothing is known where the venue has listed nothing', () => {
    const text = linesOf({
      isListed: false,
      failure: 'no route',
      orders: null,
      holdings: [row({ held: null, ageMs: null, difference: null })],
    })
    expect(text).to.include('the venue has not listed its holdings')
    expect(text).to.include('no newer list: no route')
    expect(text).to.match(/ACME +unknown +2 +unknown +p1 +the venue did not report it/)
    expect(text).to.include('working orders: not listed by the venue')
  })

  it('says what each difference means', () => {
    const meanings = [
      row({ held: 1, difference: -1 }),
      row({ held: 1, difference: -1, underWay: 1 }),
      row({ held: -2, difference: -4 }),
      row({ held: 3, difference: 1 }),
      row({ held: 3, difference: 3, owned: 0, positions: [] }),
      row({}),
    ].map(each =>
      linesOf({ holdings: [each] })
        .split('\n')[2]!
        .replace(/^.*?(p1|\d s) */, ''),
    )
    expect(meanings[0]).to.include('1 missing')
    expect(meanings[1]).to.include('orders of exits under way explain it')
    expect(meanings[2]).to.include('the opposite side is held')
    expect(meanings[3]).to.include('no position covers 1')
    expect(meanings[4]).to.include('no position covers it')
    expect(meanings[5]).to.not.match(/missing|covers|opposite/)
  })

  it('names the exits that wait, and what holds each of them', () => {
    const exit = {
      id: positionId('p1'),
      instrument: instrumentId('ACME'),
      action: 'sell',
      quantity: 2,
      reason: 'stop-loss',
      heldBy: ['kill-switch'],
    } as const
    const text = linesOf({ isUnconfirmed: true, exits: [exit] })
    expect(text).to.include('nothing is sent before a person confirms the holdings')
    expect(text).to.match(/p1 +sell +2 +ACME +stop-loss +held: the kill switch is halt/)
  })

  it('lists the working orders of others alone', () => {
    const instrument = instrumentId('ACME')
    const text = linesOf({
      orders: [
        { clientOrderId: 'wk1', instrument, remaining: -2, owner: 'ours' },
        { clientOrderId: null, instrument, remaining: 1, owner: 'others' },
      ],
    })
    expect(text).to.match(/without an id +ACME +\+1/)
    expect(text).to.not.include('wk1')
  })
})
