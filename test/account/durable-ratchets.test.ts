import { expect } from 'chai'
import { DurableRatchets } from '../../src/account/durable-ratchets.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { StoredExtremes } from '../../src/domain/stored-extremes.ts'
import { aPosition } from '../support/builders.ts'

const LONG = aPosition({ id: positionId('long') })
const SHORT = aPosition({ id: positionId('short'), side: 'short' })
const SERIES: StoredExtremes = {
  instrument: instrumentId('ACME'),
  view: 'trade',
  segment: 2,
  high: 110,
  low: 95,
  highs: [
    [0, 140],
    [1, 120],
  ],
  lows: [[1, 80]],
}
const row = (best: number, mark: number) => ({ best, series: 7, mark, generation: 1 })
const ofGeneration1 = () => 1

describe('DurableRatchets', () => {
  it('gives the better price of a row and of its series since the mark', () => {
    const durable = new DurableRatchets([], [['7', SERIES]])
    const bests = [0, 1, 2, 3].map(mark => {
      const ratchets = new Map([
        [LONG.id, row(100, mark)],
        [SHORT.id, row(90, mark)],
      ])
      durable.written({ ratchets }, ofGeneration1)
      return [durable.best(LONG), durable.best(SHORT)]
    })
    // The last mark is newer than the row of the series.
    expect(bests).to.deep.equal([
      [140, 80],
      [120, 80],
      [110, 90],
      [100, 90],
    ])
  })

  it('gives the best price of a row without a series, as earlier versions have written it', () => {
    const durable = new DurableRatchets([[LONG.id, { best: 105 }]], [['7', SERIES]])
    expect([durable.best(LONG), durable.best(SHORT)]).to.deep.equal([105, undefined])
  })

  it('passes over the row of an earlier generation', () => {
    const durable = new DurableRatchets()
    durable.written({ ratchets: new Map([[LONG.id, row(100, 0)]]) }, () => 2)
    expect(durable.best(LONG)).to.equal(undefined)
  })

  it('names a series once when its last position has ended or refers to another one', () => {
    const durable = new DurableRatchets()
    const ratchets = new Map([
      [LONG.id, row(100, 0)],
      [SHORT.id, row(100, 0)],
    ])
    durable.written({ ratchets, extremes: new Map([['7', SERIES]]) }, ofGeneration1)
    const moved = new Map([[LONG.id, { ...row(100, 0), series: 8 }]])
    durable.written({ ratchets: moved, extremes: new Map([['8', SERIES]]) }, ofGeneration1)
    expect(durable.takeUnused()).to.deep.equal([])
    const closed = { position: SHORT, rules: {}, generation: 1, state: 'closed' as const }
    durable.written({ register: [closed] }, ofGeneration1)
    expect(durable.takeUnused()).to.deep.equal(['7'])
    expect(durable.takeUnused()).to.deep.equal([])
  })

  it('names the series that no position of an earlier process refers to', () => {
    const durable = new DurableRatchets(
      [[LONG.id, row(100, 0)]],
      [
        ['7', SERIES],
        ['6', SERIES],
      ],
    )
    expect(durable.takeUnused()).to.deep.equal(['6'])
  })
})
