import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { WatchkeeperError } from '../../src/errors.ts'
import { attachLmdbStore, openLmdbReader, openLmdbStore } from '../../src/stores/lmdb.ts'
import { storeContract } from '../contracts/store-contract.ts'
import { codeOf } from '../support/code-of.ts'
import { running } from '../support/compiled.ts'

const CLAIMER = fileURLToPath(new URL('../support/store-claimer.ts', import.meta.url))
const WRITER = fileURLToPath(new URL('../support/store-writer.ts', import.meta.url))

describe('LmdbStore', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-store-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  describe('as every store', () => {
    storeContract(() => ({
      attach: () => attachLmdbStore({ folder }),
      killOwner: async () => {
        const { open } = await import('lmdb')
        const root = open({ path: folder })
        // No process has this pid.
        await root.openDB({ name: 'meta' }).put('owner', { token: 'owner', pid: 2 ** 30 })
        await root.close()
      },
    }))
  })

  /** A process that owns the store and writes endlessly; prints each durable write. */
  async function startWriter(): Promise<{ child: ChildProcess; durable: number[] }> {
    const child = spawn(process.execPath, [...running(WRITER), folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const durable: number[] = []
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line !== '') durable.push(Number(line))
    })
    await once(child.stdout, 'data')
    return { child, durable }
  }

  it('refuses a file of another program, and a truncated file', async () => {
    writeFileSync(join(folder, 'data.mdb'), 'hello, this is no database at all, by any means')
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_UNUSABLE')
    rmSync(join(folder, 'data.mdb'))
    await (await openLmdbStore({ folder })).close()
    for (const bytes of [20_480, 8_192, 5_000, 100]) {
      truncateSync(join(folder, 'data.mdb'), bytes)
      expect(await codeOf(openLmdbStore({ folder })), String(bytes)).to.equal('STORE_UNUSABLE')
    }
  })

  it('refuses a file with a page of other bytes, which lmdb would read without an error', async () => {
    const store = await openLmdbStore({ folder })
    const keys = Array.from({ length: 1_000 }, (_, index) => `key-${index}-`)
    await store.write({ rows: keys.map(key => ({ table: 'exits', key, value: key })) })
    await store.close()
    const file = join(folder, 'data.mdb')
    const bytes = readFileSync(file)
    const page = Math.floor(bytes.indexOf('key-500-') / 4_096)
    expect(await codeOf(openLmdbStore({ folder }).then(opened => opened.close()))).to.equal(
      'no error',
    )
    writeFileSync(file, readFileSync(file).fill(0xa5, page * 4_096, (page + 1) * 4_096))
    const error = await openLmdbStore({ folder }).catch((caught: unknown) => caught)
    expect(error).to.have.property('code', 'STORE_UNUSABLE')
    expect(error).to.have.property('message').that.includes(`page ${page} is damaged`)
  })

  it('opens what a kill in the middle of a large write has left', async () => {
    const { child } = await startWriter()
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await openLmdbStore({ folder })
    const value = 'x'.repeat(100_000)
    const rows = Array.from({ length: 50 }, (_, index) => ({
      table: 'exits' as const,
      key: `k${index}`,
      value,
    }))
    await store.write({ rows })
    await store.close()
    const again = await openLmdbStore({ folder })
    expect((await again.rows('exits')).size).to.equal(50)
    await again.close()
  })

  it('refuses a folder that cannot be created', async () => {
    writeFileSync(join(folder, 'file'), '')
    expect(await codeOf(openLmdbStore({ folder: join(folder, 'file', 'store') }))).to.equal(
      'STORE_UNUSABLE',
    )
  })

  it('refuses a second owner while the first runs, and is free at once after a kill', async () => {
    const { child } = await startWriter()
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_OWNED')
    child.kill('SIGKILL')
    await once(child, 'exit')
    const store = await openLmdbStore({ folder })
    await store.close()
  })

  it('has exactly one winner when processes claim it in the same moment', async () => {
    await (await openLmdbStore({ folder })).close()
    const at = String(Date.now() + 1_500)
    const children = [1, 2, 3].map(() =>
      spawn(process.execPath, [...running(CLAIMER), folder, at], {
        stdio: ['ignore', 'pipe', 'inherit'],
      }),
    )
    const said = await Promise.all(
      children.map(async ({ stdout }) => {
        let text = ''
        for await (const chunk of stdout.setEncoding('utf8')) {
          text += String(chunk)
          if (text.split('\n').length > 2) break
        }
        return text.split('\n')[1]
      }),
    )
    const ends = children.map(child => once(child, 'close'))
    for (const child of children) child.kill('SIGKILL')
    await Promise.all(ends)
    expect(said.sort()).to.deep.equal(['STORE_OWNED', 'STORE_OWNED', 'won'])
    const store = await openLmdbStore({ folder })
    expect(await store.journal({ after: 0, limit: 9 })).to.have.length(1)
    await store.close()
  })

  it('refuses a folder with foreign files, and adds none', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine')
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_UNUSABLE')
    expect(readdirSync(folder)).to.deep.equal(['notes.txt'])
  })

  it('refuses the data of another program, and changes nothing in it', async () => {
    const { open } = await import('lmdb')
    const root = open({ path: folder })
    await root.openDB({ name: 'something-else' }).put('a', 1)
    await root.close()
    const before = readFileSync(join(folder, 'data.mdb'))
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_UNUSABLE')
    expect(readFileSync(join(folder, 'data.mdb')).equals(before)).to.equal(true)
  })

  it('refuses an impossible path, in one short line', async () => {
    for (const path of [join(folder, 'a\0b'), join(folder, 'x/'.repeat(2_500))]) {
      const error: unknown = await openLmdbStore({ folder: path }).catch((each: unknown) => each)
      expect(error).to.have.property('code', 'STORE_UNUSABLE')
      expect((error as Error).message).to.match(/^.{1,300}$/)
    }
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('indexes the journal that an earlier version has written', async () => {
    const first = await openLmdbStore({ folder })
    const lines = Array.from({ length: 1_200 }, (_, at) => ({ at, kind: 'note', positionId: 'p' }))
    await first.write({ lines })
    await first.close()
    const { open } = await import('lmdb')
    const root = open({ path: folder })
    await root.openDB({ name: 'meta' }).put('schema', 1)
    await root.openDB({ name: 'journal-index' }).clearAsync()
    await root.close()
    const store = await openLmdbStore({ folder })
    const found = await store.journal({ after: 0, limit: 10_000, positionId: 'p' })
    expect(found).to.have.length(1_200)
    await store.close()
  })

  it('is refused by earlier versions once this version has opened it', async () => {
    const first = await openLmdbStore({ folder })
    await first.write({ rows: [{ table: 'ratchets', key: 'p', value: { best: 7 } }] })
    await first.close()
    const { open } = await import('lmdb')
    const schemaNow = async (was?: number): Promise<unknown> => {
      const root = open({ path: folder })
      const meta = root.openDB({ name: 'meta' })
      if (was !== undefined) await meta.put('schema', was)
      const schema: unknown = meta.get('schema')
      await root.close()
      return schema
    }
    await schemaNow(2)
    const store = await openLmdbStore({ folder })
    expect((await store.rows('ratchets')).get('p')).to.deep.equal({ best: 7 })
    await store.close()
    expect(await schemaNow()).to.equal(3)
  })

  it('has every write that was reported durable, complete, after kill -9', async () => {
    const { child, durable } = await startWriter()
    while (durable.length < 50) await once(child.stdout!, 'data')
    child.kill('SIGKILL')
    await once(child, 'close')
    const store = await openLmdbStore({ folder })
    const rows = await store.rows<number>('positions')
    const twins = await store.rows<number>('ratchets')
    const lines = await store.journal({ after: 0, limit: 1_000_000 })
    const last = rows.get('counter')!
    expect(last).to.be.at.least(Math.max(...durable))
    expect(twins.get('counter')).to.equal(last)
    expect(lines.length).to.equal(last)
    await store.close()
  })

  it('refuses the writes of an owner that another one has replaced', async () => {
    const first = await openLmdbStore({ folder })
    const { open } = await import('lmdb')
    const root = open({ path: folder })
    await root.openDB({ name: 'meta' }).put('owner', { token: 'other', pid: 1 })
    await root.close()
    const write = first.write({ rows: [{ table: 'exits', key: 'a', value: 1 }] })
    expect(await codeOf(write)).to.equal('FENCED')
    expect((await first.rows('exits')).size).to.equal(0)
    await first.close()
  })

  it('refuses a store that a later version has written, and changes nothing in it', async () => {
    await (await openLmdbStore({ folder })).close()
    const { open } = await import('lmdb')
    const root = open({ path: folder })
    await root.openDB({ name: 'meta' }).put('schema', 99)
    await root.close()
    const before = readFileSync(join(folder, 'data.mdb'))
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_NEWER')
    expect(readFileSync(join(folder, 'data.mdb')).equals(before)).to.equal(true)
  })

  it('gives a snapshot of one moment, whatever is read and written while it is taken', async () => {
    const store = await openLmdbStore({ folder })
    const names = Array.from(
      { length: 5_000 },
      (_, index) => `row ${String(index).padStart(4, '0')}`,
    )
    const write = (value: string): Promise<unknown> =>
      store.write({
        rows: names.map(key => ({ table: 'settings', key, value })),
        lines: [{ at: 1, kind: 'note', value }],
      })
    await write('before')
    const taking = store.snapshot()
    for (const value of ['during', 'and again']) {
      await write(value)
      await store.rows('settings')
      expect((await store.journal({ after: 0, limit: 10 })).at(-1)).to.include({ value })
    }
    const { tables, lastSeq } = await taking
    expect(new Set(tables.get('settings')!.values())).to.deep.equal(new Set(['before']))
    expect(tables.get('settings')!.size).to.equal(names.length)
    expect(lastSeq).to.equal(1)
    expect(new Set((await store.rows('settings')).values())).to.deep.equal(new Set(['and again']))
    await store.close()
  })

  it('completes a snapshot that is being taken when it is closed', async () => {
    const store = await openLmdbStore({ folder })
    const names = Array.from({ length: 2_000 }, (_, index) => `row ${index}`)
    await store.write({ rows: names.map(key => ({ table: 'settings', key, value: 'kept' })) })
    const taking = store.snapshot()
    await store.abandon()
    expect((await taking).tables.get('settings')!.size).to.equal(names.length)
  })

  it('is unusable to a reader that arrives while it is being created', async () => {
    const { open } = await import('lmdb')
    const root = open({ path: folder })
    await root.openDB({ name: 'meta' }).put('schema', 2)
    await root.close()
    const error = await openLmdbReader({ folder }).catch((reason: unknown) => reason)
    expect(error).to.be.instanceOf(WatchkeeperError).and.include({ code: 'STORE_UNUSABLE' })
  })
})
