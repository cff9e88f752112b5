import { expect } from 'chai'
import { LiveStore } from '../../../src/page/live/store.ts'
import type { ViewFrame } from '../../../src/ports/view.ts'
import { aPage, aRow, levels } from '../../support/view-pages.ts'

const aFrame = (version: number, changes: Partial<ViewFrame> = {}): ViewFrame => ({
  epoch: 'e',
  version,
  from: version - 1,
  at: 2_000,
  ...changes,
})

describe('The store of the page', () => {
  let store: LiveStore

  beforeEach(() => {
    store = new LiveStore()
    store.load([aPage([aRow(0)], { next: 0 }), aPage([aRow(1)], { version: 6 })])
  })

  it('refuses a frame of another epoch, and one that skips a version', () => {
    expect(store.apply(aFrame(5, { epoch: 'other' }))).to.equal(false)
    expect(store.apply(aFrame(9))).to.equal(false)
    expect(store.version).to.equal(4)
  })

  it('continues from the first of its pages, and ignores what it already has', () => {
    expect(store.version).to.equal(4)
    expect(store.apply(aFrame(5, { levels: [levels(0, { stop: 97 })] }))).to.equal(true)
    expect(store.apply(aFrame(5, { levels: [levels(0, { stop: 90 })] }))).to.equal(true)
    expect(store.rows.get(0)!.levels[3]).to.equal(97)
  })

  it('puts the account before the id of a line only where the rows have it there', () => {
    expect(store.idOf('a', 'desk/A1')).to.equal('a')
    store.load([aPage([{ ...aRow(0), id: 'coins/b', account: 'coins' }])])
    expect(store.idOf('a', 'desk/A1')).to.equal('desk/a')
    expect(store.idOf('a', undefined)).to.equal('a')
  })

  it('applies additions, changes and removals', () => {
    const series = { instrument: 'GOLD', source: 'bid', currency: 'USD', tickSize: 0.1 } as const
    store.apply(
      aFrame(5, {
        series: [[1, series]],
        rows: [aRow(2, { series: 1 })],
        prices: [[1, 2_600, 1_990]],
        gone: [0],
      }),
    )
    expect([...store.rows.keys()]).to.deep.equal([1, 2])
    expect(store.series[1]).to.deep.equal({ ...series, price: 2_600, at: 1_990 })
    expect(store.rowOf('p2')?.row).to.equal(2)
    expect(store.rowOf('p0')).to.equal(undefined)
  })

  it('forgets everything of another epoch', () => {
    store.load([aPage([aRow(0)], { epoch: 'f', prices: [] })])
    expect(store.history.of(0)).to.equal(undefined)
    expect(store.series[0]!.price).to.equal(null)
    expect(store.rows.size).to.equal(1)
  })

  it('keeps the prices of a whole day in bounded memory, and no position that is gone', () => {
    const HOUR_FRAMES = 14_400
    const start = 1_700_000_000_000
    let version = store.version
    const feed = (frames: number): void => {
      for (let each = 0; each < frames; each++) {
        version++
        const at = start + version * 250
        // Each frame has a price, each fortieth a position that comes, and the one before that goes.
        const row = 10 + Math.floor(version / 40)
        const isNew = version % 40 === 0
        store.apply(
          aFrame(version, {
            at,
            prices: [[0, 100 + (version % 7), at]],
            ...(isNew && { rows: [aRow(row)], gone: [row - 1] }),
          }),
        )
      }
    }
    feed(24 * HOUR_FRAMES)
    expect(store.rows.size).to.equal(3)
    const { at } = store.history.of(0)!
    expect(at.length).to.be.within(300, 600)
    expect(at.at(-1)! - at[0]!).to.be.greaterThan(23 * 3_600_000)
  })
})
