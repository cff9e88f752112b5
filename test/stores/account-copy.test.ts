import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { openKeptData } from '../../src/app/offline.ts'
import { copyBetween, type AccountCopy } from '../../src/app/store-copy.ts'
import type { WatchkeeperError } from '../../src/errors.ts'
import { AccountRows } from '../../src/stores/account-rows.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { aPosition } from '../support/builders.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'

/** The same id in every account, at a price of its own. */
const registered = (entryPrice: number) => ({
  position: aPosition({ entryPrice }),
  rules: {},
  generation: 1,
  state: 'open',
})

/** A store as a process with the accounts main, desk and home leaves it. */
describe('one account of a store', () => {
  let folder: string
  let data: string

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-account-copy-'))
    data = join(folder, 'data')
    const store = await openLmdbStore({ folder: join(data, 'store') })
    // What an earlier version, without names of accounts, has left.
    const unnamed = new AccountRows(store, { areNamed: false, names: [] })
    await unnamed.of('main').write({ lines: [{ at: 1, kind: 'old', account: 'A1' }] })
    const rows = new AccountRows(store, { areNamed: true, names: [] })
    for (const [index, name] of ['main', 'desk', 'home'].entries()) {
      await rows.of(name).write({
        rows: [
          { table: 'positions', key: 'p1', value: registered(100 + index), generation: 1 },
          { table: 'settings', key: 'kill-switch', value: name },
        ],
        lines: [
          { at: 2, kind: 'whole', positionId: 'p1' },
          { at: 3, kind: 'part', account: 'A1' },
        ],
      })
    }
    await store.close()
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const place = (name: string): string => `lmdb:${join(folder, name)}`

  const copy = (account: Omit<AccountCopy, 'takesOut'>, to: string, takesOut = false) =>
    copyBetween({
      from: place('data'),
      to: place(to),
      overwrites: false,
      login: {},
      account: { ...account, takesOut },
      onProgress: () => undefined,
    })

  const read = async (of: string, account?: string) => {
    const kept = await openKeptData(place(of), undefined, account)
    try {
      return {
        positions: (await kept.positions()).map(({ account: name, position }) => {
          return [name, position.entryPrice]
        }),
        lines: (await kept.journal({ after: 0, limit: 100 })).map(line => {
          return [line.seq, line.kind, line['account']]
        }),
      }
    } finally {
      await kept.close()
    }
  }

  it('is not there under a name that the store does not know', async () => {
    const failed = (error: unknown): WatchkeeperError => error as WatchkeeperError
    const { code, message } = await copy({ name: 'dsk', as: 'dsk' }, 'other').then(
      () => expect.fail('it was copied'),
      failed,
    )
    expect([code, message]).to.deep.equal([
      'ACCOUNT_UNKNOWN',
      'the store has nothing of the account dsk, only of desk, home, main',
    ])
    const unread = await read('data', 'dsk').then(() => expect.fail('it was read'), failed)
    expect(unread.code).to.equal('ACCOUNT_UNKNOWN')
  })

  it('is read alone, or with every other account', async () => {
    expect((await read('data', 'home')).positions).to.deep.equal([[undefined, 102]])
    expect((await read('data', 'desk')).lines).to.deep.equal([
      [4, 'whole', 'desk'],
      [5, 'part', 'desk/A1'],
    ])
    expect((await read('data')).positions).to.deep.equal([
      ['main', 100],
      ['desk', 101],
      ['home', 102],
    ])
  })

  it('is copied with its rows and its numbered lines, under its name or another', async () => {
    expect(await copy({ name: 'desk', as: 'desk' }, 'same')).to.include({ rows: 2, lines: 2 })
    expect(await read('same')).to.deep.equal({
      positions: [['desk', 101]],
      lines: [
        [4, 'whole', 'desk'],
        [5, 'part', 'desk/A1'],
      ],
    })
    await copy({ name: 'desk', as: 'main' }, 'alone')
    expect(await read('alone')).to.deep.equal({
      positions: [[undefined, 101]],
      lines: [
        [4, 'whole', undefined],
        [5, 'part', 'A1'],
      ],
    })
    await copy({ name: 'main', as: 'first' }, 'named')
    expect((await read('named')).lines).to.deep.equal([
      [1, 'old', 'first/A1'],
      [2, 'whole', 'first'],
      [3, 'part', 'first/A1'],
    ])
    expect(await copy({ name: 'desk', as: 'desk' }, 'same')).to.include({ wasThere: true })
  })

  it('is gone from the source where it was taken out, and nothing else is', async () => {
    await copy({ name: 'desk', as: 'desk' }, 'other', true)
    expect((await read('data')).positions).to.deep.equal([
      ['main', 100],
      ['home', 102],
    ])
    expect((await read('other')).positions).to.deep.equal([['desk', 101]])
    // Done again after a process that ended in between.
    const again = await copy({ name: 'home', as: 'home' }, 'third')
    expect(again.wasThere).to.equal(false)
    expect((await copy({ name: 'home', as: 'home' }, 'third', true)).wasThere).to.equal(true)
    expect((await read('data')).positions).to.deep.equal([[undefined, 100]])
  })

  needing('redis-server').it(
    'is taken out of a store in Redis, too',
    async function (this: Mocha.Context) {
      this.timeout(20_000)
      const server = await RedisServer.start()
      try {
        const options = { overwrites: false, login: {}, onProgress: () => undefined }
        const all = await copyBetween({ ...options, from: place('data'), to: server.url })
        expect(all).to.include({ rows: 6, lines: 7 })
        const account = { name: 'desk', as: 'main', takesOut: true }
        const moved = { ...options, account, from: server.url, to: place('moved') }
        expect(await copyBetween(moved)).to.include({ rows: 2, lines: 2 })
        expect((await read('moved')).positions).to.deep.equal([[undefined, 101]])
        const kept = await openKeptData(server.url)
        const left = (await kept.positions()).map(({ account: name }) => name)
        await kept.close()
        expect(left).to.have.members(['main', 'home'])
        // Its rows are gone: done again, there is nothing to move.
        const again = await copyBetween({ ...moved, to: place('again') }).catch(
          (error: unknown) => (error as WatchkeeperError).code,
        )
        expect(again).to.equal('ACCOUNT_UNKNOWN')
      } finally {
        await server.close()
      }
    },
  )
})
