import { expect } from 'chai'
import { tradeOf } from '../../src/account/trade.ts'
import { positionId } from '../../src/domain/ids.ts'
import type { JournalLine, JournalQuery } from '../../src/ports/journal-lines.ts'
import type { TradesQuery } from '../../src/ports/trades.ts'
import { MemoryStore } from '../../src/stores/memory.ts'
import { tradesOf } from '../../src/views/trades.ts'
import { aPosition } from '../support/builders.ts'

const DAY_MS = 86_400_000

describe('trades from the journal', () => {
  let store: MemoryStore
  let read: number

  beforeEach(async () => {
    store = new MemoryStore()
    read = 0
    await store.claim('test', 1e12)
  })

  const page = (query: Partial<TradesQuery> = {}) =>
    tradesOf(
      async (each: JournalQuery) => {
        const lines = await store.journal(each)
        read += lines.length
        return lines
      },
      { limit: 100, ...query },
    )

  const seqs = async (query: Partial<TradesQuery> = {}): Promise<[number[], number | null]> => {
    const { trades, next } = await page(query)
    return [trades.map(({ seq }) => seq), next]
  }

  const end = (
    id: string,
    at: number,
    detail: Record<string, unknown> = { price: 110, quantity: 2 },
  ): Omit<JournalLine, 'seq'> => {
    const position = aPosition({ id: positionId(id), quantity: 2, account: `of ${id}` })
    const trade = tradeOf({ position, generation: 1 }, undefined)
    return { at, kind: 'exit-filled', positionId: id, trade, ...detail }
  }

  const notes = (count: number, at = 1): Omit<JournalLine, 'seq'>[] =>
    Array.from({ length: count }, () => ({ at, kind: 'note' }))

  it('have no profit where no price is known', async () => {
    await store.write({
      lines: [
        { ...end('a', 5, { by: 'dust' }), kind: 'exit-closed' },
        { ...end('b', 6, { lost: 2 }), kind: 'position-gone' },
      ],
    })
    const { trades } = await page()
    expect(
      trades.map(({ end: how, price, profit, profitPct }) => [how, price, profit, profitPct]),
    ).to.deep.equal([
      ['gone', null, null, null],
      ['dust', null, null, null],
    ])
  })

  it('have the profit of what was executed, not of what was held before', async () => {
    await store.write({ lines: [end('a', 5, { price: 110, quantity: 1.5 })] })
    expect((await page()).trades[0]).to.include({ quantity: 1.5, profit: 15, profitPct: 10 })
  })

  it('have fills of released orders and late ones among exits, and not among positions that are over', async () => {
    await store.write({
      lines: [
        { ...end('a', 5, { price: 110, quantity: 1 }), kind: 'released-order-over' },
        {
          ...end('b', 6, { price: null, quantity: 0, trade: undefined }),
          kind: 'released-order-over',
        },
        { ...end('c', 7, { price: 90, quantity: 2 }), kind: 'exit-late-fill' },
      ],
    })
    const { trades } = await page({ exitsOnly: true })
    expect(
      trades.map(({ positionId: id, end: how, quantity, profit }) => [id, how, quantity, profit]),
    ).to.deep.equal([
      ['c', 'late', 2, -20],
      ['a', 'released', 1, 10],
    ])
    expect(await seqs()).to.deep.equal([[], null])
  })

  it('are listed from the last one on, in pages that omit none', async () => {
    await store.write({ lines: [end('a', 1), ...notes(600), end('b', 2), end('c', 3)] })
    expect(await seqs({ limit: 2 })).to.deep.equal([[603, 602], 602])
    expect(await seqs({ limit: 2, before: 602 })).to.deep.equal([[1], null])
  })

  it('are searched for in a bounded number of lines at once, and continue from there', async () => {
    await store.write({ lines: [end('a', 1), ...notes(25_000)] })
    const [found, next] = await seqs()
    expect([found, next, read]).to.deep.equal([[], 5_002, 20_000])
    expect(await seqs({ before: next! })).to.deep.equal([[1], null])
  })

  it('are chosen by time, account and position', async () => {
    await store.write({ lines: [end('a', 10), end('b', 20), end('a', 30), end('b', 40)] })
    expect((await seqs({ since: 20, until: 40 }))[0]).to.deep.equal([3, 2])
    expect((await seqs({ account: 'of b' }))[0]).to.deep.equal([4, 2])
    expect((await seqs({ positionId: 'a' }))[0]).to.deep.equal([3, 1])
  })

  it('are not searched for among lines that are a day older than requested', async () => {
    await store.write({ lines: [...notes(3_000), ...notes(1, 5 * DAY_MS), end('a', 9 * DAY_MS)] })
    expect(await seqs({ since: 8 * DAY_MS })).to.deep.equal([[3_002], null])
    expect(read).to.equal(500)
  })

  it('are found after lines of a clock that was set back', async () => {
    const hour = 3_600_000
    await store.write({ lines: [end('a', 9 * hour), ...notes(1, 2 * hour), end('b', 3 * hour)] })
    expect((await seqs({ since: 8 * hour }))[0]).to.deep.equal([1])
  })

  it('are only exits where only those are requested', async () => {
    await store.write({ lines: [end('a', 1), { ...end('b', 2), kind: 'position-gone' }] })
    expect((await seqs())[0]).to.deep.equal([2, 1])
    expect((await seqs({ exitsOnly: true }))[0]).to.deep.equal([1])
  })
})
