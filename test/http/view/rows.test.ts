import { expect } from 'chai'
import { instrumentId, positionId } from '../../../src/domain/ids.ts'
import { InstrumentTable } from '../../../src/domain/instrument.ts'
import { ViewRows } from '../../../src/http/view/rows.ts'
import type { PositionView } from '../../../src/ports/control/positions.ts'
import { aView } from '../../support/fake-control.ts'

describe('The rows of the view', () => {
  let rows: ViewRows

  beforeEach(() => {
    rows = new ViewRows(new InstrumentTable())
  })

  const view = (id: string, changes: Partial<PositionView> = {}): PositionView => ({
    ...aView(id),
    ...changes,
  })

  it('send nothing about a position that is read again without a change', () => {
    rows.take(view('a'), 1, 1_000)
    rows.take(view('a', { priceAgeMs: 30 }), 2, 1_010)
    expect(rows.since(1)).to.deep.equal({})
  })

  it('give a client that missed versions the newest levels once', () => {
    rows.take(view('a'), 1, 0)
    rows.take(view('a', { stop: 96 }), 2, 0)
    rows.take(view('a', { stop: 97 }), 3, 0)
    expect(rows.since(1).levels).to.deep.equal([
      [0, 'guarded', 100, 97, null, 1, null, null, null, null, null],
    ])
    expect(rows.since(3).levels).to.equal(undefined)
  })

  it('show a position that takes the id of an earlier one as a new row', () => {
    rows.take(view('a'), 1, 0)
    rows.take(view('a', { entryPrice: 50 }), 2, 0)
    const { gone, rows: added } = rows.since(1)
    expect(gone).to.deep.equal([0])
    expect(added?.map(({ row, id, entryPrice }) => [row, id, entryPrice])).to.deep.equal([
      [1, 'a', 50],
    ])
  })

  it('reset a client that missed more removals than are stored', () => {
    rows.take(view('kept'), 1, 0)
    for (let each = 0; each <= 2_000; each++) {
      rows.take(view(`gone ${each}`), 1, 0)
      rows.remove(`gone ${each}`, 2 + each)
    }
    expect(rows.reaches(1)).to.equal(false)
    expect(rows.reaches(1_500)).to.equal(true)
    expect(rows.since(1_500).gone).to.have.length(502)
  })

  it('keep one price for all positions of an instrument on the same side', () => {
    rows.take(view('a', { priceSource: 'quote' }), 1, 1_000)
    rows.take(view('b', { priceSource: 'quote', side: 'short', lastPrice: 102 }), 1, 1_000)
    rows.take(view('c', { priceSource: 'quote', lastPrice: 100, priceAgeMs: 5 }), 2, 1_100)
    const { series, prices } = rows.page(-1, 10)
    expect(series.map(({ source }) => source)).to.deep.equal(['bid', 'ask'])
    expect(prices).to.deep.equal([
      [0, 100, 1_095],
      [1, 102, 980],
    ])
    expect(rows.since(1).prices).to.deep.equal([[0, 100, 1_095]])
  })

  it('do not return to an older price of another position', () => {
    rows.take(view('a', { lastPrice: 105, priceAgeMs: 0 }), 1, 1_000)
    rows.take(view('b', { lastPrice: 101, priceAgeMs: 500 }), 2, 1_000)
    expect(rows.since(1).prices).to.equal(undefined)
  })

  it('read the price through a position that is still open', () => {
    rows.take(view('a'), 1, 0)
    rows.take(view('b'), 1, 0)
    rows.remove('a', 2)
    rows.take(view('b'), 3, 0)
    expect([...rows.pricedBy()]).to.deep.equal(['b'])
  })

  it('are sent in pages', () => {
    for (const id of ['a', 'b', 'c']) rows.take(view(id, { id: positionId(id) }), 1, 0)
    const first = rows.page(-1, 2)
    expect([first.rows.map(({ id }) => id), first.next]).to.deep.equal([['a', 'b'], 1])
    const last = rows.page(1, 2)
    expect([last.rows.map(({ id }) => id), last.next]).to.deep.equal([['c'], null])
    expect(first.rows[0]).to.include({ account: null, underlying: null, multiplier: 1 })
    expect(first.series[0]).to.include({ instrument: instrumentId('ACME') })
  })
})
