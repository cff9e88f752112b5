import { expect } from 'chai'
import type { NewJournalLine } from '../../src/ports/store.ts'
import { AccountRows } from '../../src/stores/account-rows.ts'
import { MemoryStore } from '../../src/stores/memory.ts'

const ALL = { after: 0, limit: 100 }
const line = (
  positionId: string,
  more: Readonly<Record<string, unknown>> = {},
): NewJournalLine => ({
  at: 1,
  kind: 'exit-filled',
  positionId,
  ...more,
})

/** A store that processes with and without names of accounts have written, one after the other. */
describe('the journal of accounts in one store', () => {
  let store: MemoryStore
  beforeEach(async () => {
    store = new MemoryStore()
    await store.claim('t', 60_000)
    await unnamed()
      .of('main')
      .write({ lines: [line('old'), line('part', { account: 'A1' })] })
    const rows = named()
    await rows.of('main').write({ lines: [line('new')] })
    const settings = [{ table: 'settings', key: 'store-id', value: 'x' } as const]
    await rows.of('desk').write({ rows: settings, lines: [line('other')] })
    await store.write({ lines: [{ at: 2, kind: 'feed-gap' }] })
  })

  const unnamed = (): AccountRows => new AccountRows(store, { areNamed: false, names: ['main'] })
  const named = (): AccountRows =>
    new AccountRows(store, { areNamed: true, names: ['main', 'desk'] })

  /** Each line as `account position`. */
  const read = async (journal: AccountRows['journal'], query = ALL): Promise<string[]> =>
    (await journal(query)).map(({ account, positionId }) => `${String(account)} ${positionId}`)

  it('gives main what a process without names has written, under its name', async () => {
    const rows = named()
    const process = 'undefined undefined'
    expect(await read(query => rows.of('main').journal(query))).to.deep.equal([
      'main old',
      'main/A1 part',
      'main new',
      process,
    ])
    expect(await read(query => rows.of('desk').journal(query))).to.deep.equal(['desk other'])
    expect(await read(query => rows.journal(query))).to.deep.equal([
      'main old',
      'main/A1 part',
      'main new',
      'desk other',
      process,
    ])
  })

  it('gives a process without names the lines of main alone, without its name', async () => {
    const rows = unnamed()
    await rows.of('main').rows('settings')
    for (const journal of [rows.journal.bind(rows), rows.of('main').journal]) {
      expect(await read(journal)).to.deep.equal([
        'undefined old',
        'A1 part',
        'undefined new',
        'undefined undefined',
      ])
    }
    const last = { ...ALL, limit: 2, last: 2 }
    expect(await read(query => rows.journal(query), last)).to.deep.equal([
      'undefined new',
      'undefined undefined',
    ])
  })

  it('knows accounts of the configuration, and those that only the store has', async () => {
    const rows = unnamed()
    expect(rows.knows('desk')).to.equal(false)
    await rows.of('main').rows('settings')
    expect(['main', 'desk', 'home'].map(name => rows.knows(name))).to.deep.equal([
      true,
      true,
      false,
    ])
  })
})
