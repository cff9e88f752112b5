import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { WatchkeeperError } from '../../src/errors.ts'
import { backupOf, backupSource, readBackup } from '../../src/stores/backup.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import type { LmdbStore } from '../../src/stores/lmdb/store.ts'
import { Folder } from '../support/cli.ts'

describe('a backup', () => {
  let folder: Folder
  let store: LmdbStore
  let file: string

  beforeEach(async () => {
    folder = new Folder()
    file = join(folder.path, 'backup')
    store = await openLmdbStore({ folder: join(folder.path, 'store') })
    const rows = Array.from({ length: 1_200 }, (_, index) => {
      return { table: 'positions', key: `p${index}`, value: { index } } as const
    })
    const lines = Array.from({ length: 1_200 }, (_, at) => ({ at, kind: 'note' }))
    await store.write({
      rows: [...rows, { table: 'settings', key: 'store-id', value: 's' }],
      lines,
    })
  })

  afterEach(async () => {
    await store.close()
    folder.remove()
  })

  async function write(between = async (): Promise<void> => undefined): Promise<void> {
    let text = ''
    for await (const part of backupOf(store, 7)) {
      text += part
      await between()
    }
    writeFileSync(file, text)
  }

  const codeOf = (read: () => unknown): string => {
    try {
      read()
      return 'no error'
    } catch (error) {
      return error instanceof WatchkeeperError ? error.code : String(error)
    }
  }

  it('contains the store as of one moment, though it is written meanwhile', async () => {
    let count = 0
    await write(async () => {
      const key = `late${count++}`
      await store.write({
        rows: [
          { table: 'positions', key, value: {} },
          { table: 'settings', key: 'store-id', value: key },
        ],
        lines: [{ at: 1, kind: 'late' }],
      })
    })
    const { tables, lines, lastSeq, at } = readBackup(file)
    expect([tables.get('positions')!.size, lines.length, lastSeq, at]).to.deep.equal([
      1_200, 1_200, 1_200, 7,
    ])
    expect(tables.get('settings')!.get('store-id')).to.equal('s')
    expect(lines.some(({ kind }) => kind === 'late')).to.equal(false)
  })

  it('leaves an unconfirmed store, whose journal is read in pages', async () => {
    await write()
    const source = backupSource(readBackup(file))
    const settings = await source.rows('settings')
    expect(settings.get('holdings-unconfirmed')).to.equal(true)
    expect(settings.get('store-id')).to.equal('s')
    const page = await source.journal({ after: 500, limit: 3 })
    expect(page.map(({ seq }) => seq)).to.deep.equal([501, 502, 503])
    expect(await source.journal({ after: 1_200, limit: 3 })).to.deep.equal([])
  })

  it('is refused where a part is missing or was changed, or where it is another file', async () => {
    await write()
    const text = readFileSync(file, 'utf8')
    const bad = {
      end: text.slice(0, -200),
      byte: text.replace('"index":77', '"index":78'),
      line: text.replace(/\n\[.*?\n/, '\n'),
      other: '{"positions":[]}\n',
      empty: '',
    }
    for (const [what, content] of Object.entries(bad)) {
      writeFileSync(file, content)
      expect(
        codeOf(() => readBackup(file)),
        what,
      ).to.equal('BACKUP_UNUSABLE')
    }
    const none = join(folder.path, 'none')
    expect(codeOf(() => readBackup(none))).to.equal('BACKUP_UNUSABLE')
    expect(() => readBackup(none)).to.throw('none cannot be used: there is no such file')
  })
})
