import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { nextTurn } from '../../../src/ports/turns.ts'
import { openLmdbReader, openLmdbStore } from '../../../src/stores/lmdb.ts'
import { copyOf } from '../../../src/stores/lmdb/copy-of.ts'

const READS = 40

describe('copyOf', () => {
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-copied-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is the store as of one commit, however often its owner writes it meanwhile', async () => {
    const store = await openLmdbStore({ folder })
    let [count, isOver] = [0, false]
    const writing = (async () => {
      while (!isOver) {
        const value = { count: ++count }
        const rows = ['a', 'z'].map(key => ({ table: 'settings' as const, key, value }))
        await store.write({ rows, lines: [{ at: count, kind: 'note', count }] })
      }
    })()
    try {
      let last = 0
      for (let read = 0; read < READS || last < READS; read++) {
        const reader = await openLmdbReader({ folder })
        const { tables, lastSeq } = await reader.snapshot()
        const settings = tables.get('settings') ?? new Map<string, { count: number }>()
        expect(settings.get('z')).to.deep.equal(settings.get('a'))
        expect(lastSeq).to.equal((settings.get('a') as { count: number } | undefined)?.count ?? 0)
        expect(lastSeq).to.be.at.least(last)
        last = lastSeq
        await reader.abandon()
        // The writer needs turns of the event loop.
        await nextTurn()
      }
    } finally {
      isOver = true
      await writing
      await store.close()
    }
  })

  it('leaves nothing behind', async () => {
    const place = join(folder, 'temporary')
    mkdirSync(place)
    const usual = process.env['TMPDIR']
    process.env['TMPDIR'] = place
    try {
      const store = join(folder, 'store')
      await (await openLmdbStore({ folder: store })).close()
      const reader = await openLmdbReader({ folder: store })
      expect(readdirSync(place)).to.deep.equal([])
      expect(await reader.lastSeq()).to.equal(0)
      await reader.abandon()
      const missing = await copyOf(join(folder, 'none')).catch((error: Error) => error.message)
      expect(missing).to.equal('there is no store')
      expect(readdirSync(place)).to.deep.equal([])
    } finally {
      if (usual === undefined) delete process.env['TMPDIR']
      else process.env['TMPDIR'] = usual
    }
  })
})
