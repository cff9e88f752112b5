import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { ABORT, type RootDatabase } from 'lmdb'
import type { WatchkeeperError } from '../../../src/errors.ts'
import { openLmdbStore } from '../../../src/stores/lmdb.ts'
import type { LmdbStore } from '../../../src/stores/lmdb/store.ts'
import { running, runningEnv } from '../../support/compiled.ts'

const READER = fileURLToPath(new URL('../../support/store-reader.ts', import.meta.url))
const WRITES = 200

describe('a store whose commits get lost', () => {
  let folder: string
  let store: LmdbStore

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-lost-'))
    store = await openLmdbStore({ folder })
  })

  afterEach(async () => {
    await store.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (name: string): ReturnType<LmdbStore['write']> =>
    store.write({
      rows: [{ table: 'settings', key: name, value: name }],
      lines: [{ at: 1, kind: 'note', name }],
    })

  /** lmdb reports the next commits as done, and keeps nothing of them. */
  function lose(count: number): void {
    const { root } = store as unknown as { root: RootDatabase }
    const original = root.childTransaction.bind(root)
    let left = count
    root.childTransaction = (async (act: () => unknown) => {
      if (left-- <= 0) return original(act)
      let result: unknown
      await original(() => {
        result = act()
        return ABORT
      })
      return result
    }) as typeof root.childTransaction
  }

  it('notices it, and writes again', async () => {
    await write('a')
    lose(1)
    const [line] = await write('b')
    expect(line!.seq).to.equal(2)
    expect([...(await store.rows('settings')).keys()]).to.deep.equal(['a', 'b'])
    const lines = await store.journal({ after: 0, limit: 10 })
    expect(lines.map(each => each['name'])).to.deep.equal(['a', 'b'])
  })

  it('reports the write as failed where none of its tries is kept', async () => {
    lose(3)
    const failed = await write('a').catch((error: unknown) => error)
    expect((failed as WatchkeeperError).code).to.equal('STORE_FAILED')
    expect(await write('b')).to.have.length(1)
  })

  it('counts no write as lost where a thousand are under way at once', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `w${index}`)
    await Promise.all(names.map(write))
    const lines = await store.journal({ after: 0, limit: 2 * names.length })
    expect(lines.map(line => line['name'])).to.have.members(names)
  })

  it('keeps every write while other processes open and close it', async () => {
    const [script] = running(READER)
    const readers: ChildProcess[] = [1, 2].map(() =>
      fork(script!, [folder], { execArgv: [], env: runningEnv() }),
    )
    try {
      await Promise.all(readers.map(reader => once(reader, 'message')))
      for (let count = 0; count < WRITES; count++) await write(`w${count}`)
    } finally {
      for (const reader of readers) reader.kill('SIGKILL')
    }
    expect((await store.rows('settings')).size).to.equal(WRITES)
    const lines = await store.journal({ after: 0, limit: 2 * WRITES })
    expect(new Set(lines.map(line => line['name'])).size).to.equal(WRITES)
  })
})
