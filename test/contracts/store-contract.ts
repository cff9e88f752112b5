import { expect } from 'chai'
import type { Store } from '../../src/ports/store.ts'

/** What every store promises. `open` gives a store of its own to each test. */
export function storeContract(open: () => Promise<Store>): void {
  let store: Store

  beforeEach(async () => {
    store = await open()
  })

  afterEach(() => store.close())

  it('gives back what was written, table by table', async () => {
    await store.write({
      rows: [
        { table: 'positions', key: 'a', value: { quantity: 1.5 } },
        { table: 'positions', key: 'b', value: ['x'] },
        { table: 'ratchets', key: 'a', value: { best: 7 } },
      ],
    })
    expect([...(await store.rows('positions'))]).to.deep.equal([
      ['a', { quantity: 1.5 }],
      ['b', ['x']],
    ])
    expect([...(await store.rows('ratchets'))]).to.deep.equal([['a', { best: 7 }]])
    expect((await store.rows('exits')).size).to.equal(0)
  })

  it('replaces and takes away rows', async () => {
    await store.write({ rows: [{ table: 'exits', key: 'a', value: 1 }] })
    await store.write({ rows: [{ table: 'exits', key: 'a', value: 2 }] })
    expect([...(await store.rows('exits'))]).to.deep.equal([['a', 2]])
    await store.write({
      rows: [
        { table: 'exits', key: 'a' },
        { table: 'exits', key: 'never' },
      ],
    })
    expect((await store.rows('exits')).size).to.equal(0)
  })

  it('keeps a row apart from what it was made of', async () => {
    const value = { best: 1 }
    await store.write({ rows: [{ table: 'ratchets', key: 'a', value }] })
    value.best = 2
    expect((await store.rows('ratchets')).get('a')).to.deep.equal({ best: 1 })
  })

  it('numbers journal lines from 1 without gaps, also from several writers at once', async () => {
    const write = (text: string) => store.write({ lines: [{ at: 1, kind: 'note', text }] })
    const written = await Promise.all(['a', 'b', 'c'].map(write))
    expect(written.flat().map(({ seq }) => seq)).to.deep.equal([1, 2, 3])
    const lines = await store.journal({ after: 0, limit: 10 })
    expect(lines.map(line => [line.seq, line['text']])).to.deep.equal([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
    ])
  })

  it('gives the journal in pages, and of one position', async () => {
    const line = (positionId: string) => ({ at: 1, kind: 'note', positionId })
    await store.write({ lines: ['p', 'q', 'p', 'q', 'p'].map(line) })
    const seqs = async (after: number, limit: number, positionId?: string): Promise<number[]> =>
      (await store.journal({ after, limit, ...(positionId && { positionId }) })).map(
        ({ seq }) => seq,
      )
    expect(await seqs(0, 2)).to.deep.equal([1, 2])
    expect(await seqs(2, 2)).to.deep.equal([3, 4])
    expect(await seqs(5, 2)).to.deep.equal([])
    expect(await seqs(1, 10, 'p')).to.deep.equal([3, 5])
  })

  it('prunes the oldest lines and goes on counting', async () => {
    const note = { at: 1, kind: 'note' }
    await store.write({ lines: [note, note, note, note] })
    expect(await store.prune(1)).to.equal(3)
    expect(await store.prune(1)).to.equal(0)
    const [next] = await store.write({ lines: [note] })
    expect(next!.seq).to.equal(5)
    expect((await store.journal({ after: 0, limit: 10 })).map(({ seq }) => seq)).to.deep.equal([
      4, 5,
    ])
  })
}
