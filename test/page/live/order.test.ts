import { expect } from 'chai'
import { linesOf } from '../../../src/page/live/order.ts'
import { LiveStore } from '../../../src/page/live/store.ts'
import { aPage, aRow, levels } from '../../support/view-pages.ts'

describe('The order of the list', () => {
  const storeOf = (...rows: Parameters<typeof aPage>[0]): LiveStore => {
    const store = new LiveStore()
    store.load([aPage(rows)])
    return store
  }
  const ids = (store: LiveStore, filter = ''): string[] =>
    linesOf(store, { filter, grouping: 'none' }).map(line =>
      line.kind === 'row' ? line.row.id : line.name,
    )

  it('has trouble first, then unknown distances, then the nearest to its stop', () => {
    const store = storeOf(
      aRow(0, { levels: levels(0, { stop: 90 }) }),
      aRow(1, { levels: levels(1, { stop: 99 }) }),
      aRow(2, { levels: levels(2, { stop: null }) }),
      aRow(3, { levels: levels(3, { stop: 50, state: 'exiting' }) }),
      aRow(4, { levels: levels(4, { stop: 50, state: 'unguarded' }) }),
    )
    expect(ids(store)).to.deep.equal(['p4', 'p3', 'p2', 'p1', 'p0'])
  })

  it('keeps rows of the same distance where they are', () => {
    const store = storeOf(aRow(0), aRow(1), aRow(2))
    expect(ids(store)).to.deep.equal(['p0', 'p1', 'p2'])
  })

  it('shows what has all words of the filter, in any field', () => {
    const store = storeOf(aRow(0, { account: 'Main' }), aRow(1, { side: 'short' }))
    expect(ids(store, 'acme MAIN')).to.deep.equal(['p0'])
    expect(ids(store, ' short  p1 ')).to.deep.equal(['p1'])
    expect(ids(store, 'main short')).to.deep.equal([])
  })

  it('is the same list until a row changes its place, comes or goes', () => {
    const store = storeOf(
      aRow(0, { levels: levels(0, { stop: 90 }) }),
      aRow(1, { levels: levels(1, { stop: 99 }) }),
    )
    const choice = { filter: '', grouping: 'none' } as const
    const idsOf = (lines: ReturnType<typeof linesOf>): string[] =>
      lines.map(line => (line.kind === 'row' ? line.row.id : ''))
    const first = linesOf(store, choice)
    expect(linesOf(store, choice, first)).to.equal(first)
    store.rows.get(0)!.levels = levels(0, { stop: 99.5 })
    const second = linesOf(store, choice, first)
    expect([idsOf(first), idsOf(second)]).to.deep.equal([
      ['p1', 'p0'],
      ['p0', 'p1'],
    ])
    store.rows.delete(0)
    expect(idsOf(linesOf(store, choice, second))).to.deep.equal(['p1'])
    store.rows.set(2, aRow(2, { levels: levels(2, { stop: 80 }) }))
    expect(idsOf(linesOf(store, choice, second))).to.deep.equal(['p1', 'p2'])
  })

  it('puts groups in the order of their first row', () => {
    const store = storeOf(
      aRow(0, { account: 'a', levels: levels(0, { stop: 90 }) }),
      aRow(1, { account: 'b', levels: levels(1, { stop: 99 }) }),
      aRow(2, { levels: levels(2, { stop: 98 }) }),
      aRow(3, { account: 'b', levels: levels(3, { stop: 80 }) }),
    )
    const lines = linesOf(store, { filter: '', grouping: 'account' })
    expect(
      lines.map(line => (line.kind === 'row' ? line.row.id : `${line.name} ${line.count}`)),
    ).to.deep.equal(['b 2', 'p1', 'p3', 'no account 1', 'p2', 'a 1', 'p0'])
  })
})
