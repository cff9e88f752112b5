import { expect } from 'chai'
import { WatchkeeperError } from '../../src/errors.ts'
import type { NewJournalLine, Row, Store, Table } from '../../src/ports/store.ts'

/** Where stores of one family store the same data, each as if in a process of its own. */
export interface StorePlace {
  /** Another store at this place, which does not own it yet. */
  attach(): Promise<Store>
  /** The state after a crash of the owner, once `leaseMs` are over. */
  killOwner(leaseMs: number): Promise<void>
}

const LEASE_MS = 60_000
const FOREVER = { keep: Infinity, olderThan: 0 }

const codeOf = async (attempt: Promise<unknown>): Promise<string> =>
  attempt.then(
    () => 'no error',
    (error: unknown) => (error instanceof WatchkeeperError ? error.code : String(error)),
  )

/** The contract of every store. `makePlace` returns a place of its own for each test. */
export function storeContract(makePlace: () => StorePlace): void {
  let place: StorePlace
  let store: Store

  beforeEach(async () => {
    place = makePlace()
    store = await place.attach()
    await store.claim('owner', LEASE_MS)
  })

  afterEach(() => store.close())

  describe('its ownership', () => ownershipContract(() => ({ place, store })))
  describe('its rows', () => rowsContract(() => store))
  describe('its generations', () => generationsContract(() => store))
  describe('its journal', () => journalContract(() => store))
}

function ownershipContract(given: () => { place: StorePlace; store: Store }): void {
  const row = { table: 'exits', key: 'a', value: 1 } as const
  let other: Store

  beforeEach(async () => {
    other = await given().place.attach()
  })

  afterEach(() => other.close())

  it('refuses a second owner, and its writes', async () => {
    expect(await codeOf(other.claim('other', LEASE_MS))).to.equal('STORE_OWNED')
    expect(await codeOf(other.write({ rows: [row] }))).to.equal('FENCED')
    expect(await codeOf(other.prune(FOREVER))).to.equal('FENCED')
    await given().store.write({ rows: [row] })
    expect((await other.rows('exits')).size).to.equal(1)
  })

  it('lets the owner claim again', async () => {
    await given().store.claim('owner', LEASE_MS)
    await given().store.write({ rows: [row] })
  })

  it('fences an owner that was considered dead, and stores none of its writes', async () => {
    const { place, store } = given()
    await place.killOwner(LEASE_MS)
    await other.claim('other', LEASE_MS)
    const line = { at: 1, kind: 'note' }
    expect(await codeOf(store.write({ rows: [row], lines: [line] }))).to.equal('FENCED')
    expect((await other.rows('exits')).size).to.equal(0)
    expect(await other.journal({ after: 0, limit: 9 })).to.deep.equal([])
    expect(await codeOf(store.claim('owner', LEASE_MS))).to.equal('STORE_OWNED')
    await other.write({ rows: [row] })
  })

  it('is free once its owner has closed it, and not once another process has', async () => {
    const { place, store } = given()
    await (await place.attach()).close()
    expect(await codeOf(other.claim('other', LEASE_MS))).to.equal('STORE_OWNED')
    await store.close()
    await other.claim('other', LEASE_MS)
  })
}

function rowsContract(given: () => Store): void {
  it('stores nothing of a batch that cannot be stored as a whole', async () => {
    const store = given()
    const rows = [
      { table: 'exits', key: 'a', value: 1 },
      { table: 'exits', key: 'b', value: unkept },
    ] as const
    const write = store.write({ rows, lines: [{ at: 1, kind: 'note' }] })
    expect(await codeOf(write)).not.to.equal('no error')
    expect((await store.rows('exits')).size).to.equal(0)
    const [line] = await store.write({ lines: [{ at: 1, kind: 'note' }] })
    expect(line!.seq).to.equal(1)
  })

  it('returns what was written, table by table', async () => {
    const store = given()
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

  it('replaces and deletes rows', async () => {
    const store = given()
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

  it('stores a copy of a row', async () => {
    const store = given()
    const value = { best: 1 }
    await store.write({ rows: [{ table: 'ratchets', key: 'a', value }] })
    value.best = 2
    expect((await store.rows('ratchets')).get('a')).to.deep.equal({ best: 1 })
  })
}

const OF_POSITIONS = ['positions', 'ratchets', 'exits'] as const

function generationsContract(given: () => Store): void {
  const row = (table: Table, generation: number, note = ''): Row => {
    const value = table === 'closed' ? [1, generation, note] : { generation, note }
    return { table, key: 'p', value, generation }
  }
  const without = (table: Table, generation: number): Row => ({ table, key: 'p', generation })
  const opened = (generation: number): Row[] => [
    row('positions', generation),
    ...(['closed', 'ratchets', 'exits'] as const).map(table => without(table, generation - 1)),
  ]
  const closed = (generation: number): Row[] => [
    row('closed', generation),
    ...OF_POSITIONS.map(table => without(table, generation)),
  ]
  /** The generation that each table shows. */
  const shown = async (): Promise<Partial<Record<Table, unknown>>> => {
    const found: [Table, unknown][] = []
    for (const table of [...OF_POSITIONS, 'closed'] as const) {
      const value = (await given().rows<Record<string, unknown> | unknown[]>(table)).get('p')
      if (value !== undefined) {
        found.push([table, Array.isArray(value) ? value[1] : value['generation']])
      }
    }
    return Object.fromEntries(found)
  }

  it('ignore the end of a generation that is written after the start of the next one', async () => {
    const store = given()
    await store.write({ rows: opened(1) })
    await store.write({ rows: [...opened(2), row('ratchets', 2), row('exits', 2)] })
    await store.write({ rows: closed(1) })
    const { closed: _passedOver, ...open } = await shown()
    expect(open).to.deep.equal({ positions: 2, ratchets: 2, exits: 2 })
  })

  it('are not replaced by rows of an earlier one, also after their end', async () => {
    const store = given()
    await store.write({ rows: [...opened(3), row('ratchets', 3)] })
    await store.write({ rows: OF_POSITIONS.map(table => row(table, 2)) })
    expect(await shown()).to.deep.equal({ positions: 3, ratchets: 3 })
    await store.write({ rows: closed(3) })
    await store.write({ rows: [...OF_POSITIONS.map(table => row(table, 2)), row('closed', 2)] })
    await store.write({ rows: [without('closed', 2)] })
    expect(await shown()).to.deep.equal({ closed: 3 })
  })

  it('are not reopened by a row that is written after their end', async () => {
    const store = given()
    await store.write({ rows: opened(1) })
    await store.write({ rows: closed(1) })
    await store.write({ rows: [...OF_POSITIONS.map(table => row(table, 1)), without('closed', 0)] })
    expect(await shown()).to.deep.equal({ closed: 1 })
  })

  it('follow each other within one batch, and delete what the earlier one left', async () => {
    const store = given()
    await store.write({ rows: [...opened(1), row('ratchets', 1), row('exits', 1)] })
    await store.write({ rows: [row('exits', 1, 'late'), ...closed(1), ...opened(2)] })
    expect(await shown()).to.deep.equal({ positions: 2 })
    await store.write({ rows: [row('positions', 2, 'changed'), row('ratchets', 2)] })
    expect(await shown()).to.deep.equal({ positions: 2, ratchets: 2 })
  })

  it('take precedence over rows of an earlier release, which have no generation', async () => {
    const store = given()
    await store.write({
      rows: [
        ...opened(1),
        { table: 'ratchets', key: 'p', value: { best: 7 } },
        { table: 'exits', key: 'p', value: { state: 'intended' } },
      ],
    })
    expect((await store.rows('ratchets')).get('p')).to.deep.equal({ best: 7 })
    await store.write({ rows: [row('ratchets', 1), row('exits', 1)] })
    expect(await shown()).to.deep.equal({ positions: 1, ratchets: 1, exits: 1 })
  })
}

/** A value that no store can keep. */
const unkept = {
  get count(): never {
    throw new Error('this cannot be kept')
  },
}

function journalContract(given: () => Store): void {
  const of = (positionId: string): NewJournalLine => ({ at: 1, kind: 'note', positionId })
  const at = (ms: number): NewJournalLine => ({ at: ms, kind: 'note', positionId: 'p' })

  const seqs = async (query: {
    after?: number
    limit?: number
    last?: number
    before?: number
    positionId?: string
  }): Promise<number[]> => {
    const lines = await given().journal({ after: 0, limit: 100, ...query })
    return lines.map(({ seq }) => seq)
  }

  it('numbers lines from 1 without gaps, also from several writers at once', async () => {
    const store = given()
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

  it('is read in pages, also for one position', async () => {
    await given().write({ lines: ['p', 'q', 'p', 'q', 'p', 'pp'].map(of) })
    expect(await seqs({ limit: 2 })).to.deep.equal([1, 2])
    expect(await seqs({ after: 2, limit: 2 })).to.deep.equal([3, 4])
    expect(await seqs({ after: 6 })).to.deep.equal([])
    expect(await seqs({ after: 1, positionId: 'p' })).to.deep.equal([3, 5])
    expect(await seqs({ limit: 1, positionId: 'q' })).to.deep.equal([2])
    expect(await seqs({ positionId: 'nobody' })).to.deep.equal([])
  })

  it('is read from its end, oldest line first', async () => {
    await given().write({ lines: ['p', 'q', 'p', 'q', 'p', 'q'].map(of) })
    expect(await seqs({ last: 2 })).to.deep.equal([5, 6])
    expect(await seqs({ last: 0 })).to.deep.equal([])
    expect(await seqs({ last: 9, after: 3 })).to.deep.equal([4, 5, 6])
    expect(await seqs({ last: 2, positionId: 'p' })).to.deep.equal([3, 5])
    expect(await seqs({ last: 9, after: 3, positionId: 'p' })).to.deep.equal([5])
  })

  it('is read backwards from a line, which is left out', async () => {
    await given().write({ lines: ['p', 'q', 'p', 'q', 'p', 'q'].map(of) })
    expect(await seqs({ last: 2, before: 5 })).to.deep.equal([3, 4])
    expect(await seqs({ last: 9, before: 4, after: 1 })).to.deep.equal([2, 3])
    expect(await seqs({ before: 3 })).to.deep.equal([1, 2])
    expect(await seqs({ last: 9, before: 1 })).to.deep.equal([])
    expect(await seqs({ last: 1, before: 5, positionId: 'p' })).to.deep.equal([3])
    expect(await seqs({ last: 9, before: 6, positionId: 'q' })).to.deep.equal([2, 4])
    expect(await seqs({ before: 5, positionId: 'p' })).to.deep.equal([1, 3])
  })

  it('loses its oldest lines when their number exceeds its bound, also in the index', async () => {
    const store = given()
    await store.write({ lines: ['p', 'q', 'p', 'q'].map(of) })
    expect(await store.prune({ keep: 2, olderThan: 0 })).to.equal(2)
    expect(await store.prune({ keep: 2, olderThan: 0 })).to.equal(0)
    expect(await seqs({})).to.deep.equal([3, 4])
    expect(await seqs({ positionId: 'p' })).to.deep.equal([3])
  })

  it('loses its oldest lines when they are too old', async () => {
    const store = given()
    await store.write({ lines: [at(10), at(20), at(30), at(40)] })
    expect(await store.prune({ keep: 100, olderThan: 30 })).to.equal(2)
    expect(await seqs({})).to.deep.equal([3, 4])
    expect(await store.prune({ keep: 1, olderThan: 30 })).to.equal(1)
    expect(await seqs({})).to.deep.equal([4])
  })

  it('continues its numbers when every line is gone, also after it was closed', async () => {
    const store = given()
    await store.write({ lines: [at(1), at(2), at(3)] })
    expect(await store.prune({ keep: 0, olderThan: 0 })).to.equal(3)
    const [next] = await store.write({ lines: [at(4)] })
    expect(next!.seq).to.equal(4)
    expect(await seqs({ positionId: 'p' })).to.deep.equal([4])
  })

  it('deletes more lines than one commit may, and is read and written meanwhile', async () => {
    const store = given()
    await store.write({ lines: Array.from({ length: 1_700 }, () => at(1)) })
    const pruned = store.prune({ keep: 100, olderThan: 0 })
    const [line] = await store.write({ lines: [at(2)] })
    expect(line!.seq).to.equal(1_701)
    // A line that was written in between may delete one more.
    expect(await pruned).to.be.within(1_600, 1_601)
    await store.prune({ keep: 100, olderThan: 0 })
    expect(await seqs({ limit: 1_000 })).to.have.length(100)
    expect(await seqs({ limit: 1_000, positionId: 'p' })).to.have.length(100)
  })
}
