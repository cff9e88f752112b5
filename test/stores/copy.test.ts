import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { copyBetween } from '../../src/app/store-copy.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { Batch } from '../../src/ports/store.ts'
import { copyStore, type CopySource, type CopyTarget } from '../../src/stores/copy.ts'
import { openLmdbStore } from '../../src/stores/lmdb.ts'
import { codeOf } from '../support/code-of.ts'
import { needing } from '../support/needing.ts'
import { RedisServer } from '../support/redis-server.ts'
import { Machine } from '../support/redis-store.ts'

const batch = (count: number): Batch => ({
  rows: Array.from({ length: count }, (_, index) => ({
    table: 'positions',
    key: `p${index}`,
    value: { generation: 1, price: index / 3 },
  })) as Batch['rows'] & object,
  lines: Array.from({ length: count }, (_, index) => ({
    at: index,
    kind: 'note',
    positionId: `p${index % 3}`,
  })),
})

needing('redis-server').describe('copying a store', () => {
  let server: RedisServer
  let folder: string
  let data: string
  const progress: number[] = []

  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.close())

  beforeEach(async () => {
    await server.flush()
    progress.length = 0
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-copy-'))
    data = join(folder, 'data')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const copy = (from: string, to: string, overwrites = false) =>
    copyBetween({
      from,
      to,
      overwrites,
      login: {},
      onProgress: done => void progress.push(done),
    })

  /** A store in a folder whose first lines are gone. */
  async function filled(count = 1_200): Promise<void> {
    const store = await openLmdbStore({ folder: join(data, 'store') })
    await store.write(batch(count))
    await store.prune({ keep: Math.max(0, count - 100), olderThan: 0 })
    await store.close()
  }

  it('copies from a folder to a server and back, with every number, and reports its progress', async () => {
    await filled()
    const there = await copy(`lmdb:${data}`, server.url)
    expect(there).to.include({ rows: 1_200, lines: 1_100, wasThere: false })
    expect(progress.length).to.be.greaterThan(3)
    expect(progress.at(-1)).to.equal(2_300)
    const other = join(folder, 'other')
    const back = await copy(server.url, `lmdb:${other}`)
    expect(back.checksum).to.equal(there.checksum)
    const store = await openLmdbStore({ folder: join(other, 'store') })
    const [line] = await store.write({ lines: [{ at: 1, kind: 'note' }] })
    expect(line!.seq).to.equal(1_201)
    const ofOne = await store.journal({ after: 0, limit: 2, positionId: 'p1' })
    expect(ofOne.map(({ seq }) => seq)).to.deep.equal([101, 104])
    await store.close()
  })

  it('reports that a paper account stays behind', async () => {
    await filled(10)
    expect(await copy(`lmdb:${data}`, server.url)).not.to.have.property('paper')
    mkdirSync(join(data, 'paper'))
    const paper = join(data, 'paper')
    expect(await copy(`lmdb:${data}`, server.url)).to.include({ paper })
  })

  it('changes nothing the second time', async () => {
    await filled(10)
    await copy(`lmdb:${data}`, server.url)
    expect(await copy(`lmdb:${data}`, server.url)).to.include({ wasThere: true })
    expect(await copy(server.url, `lmdb:${data}`)).to.include({ wasThere: true })
  })

  it('refuses a target with other content, unless it is to be replaced', async () => {
    await filled(10)
    await copy(`lmdb:${data}`, server.url)
    const store = await openLmdbStore({ folder: join(data, 'store') })
    await store.write({ rows: [{ table: 'exits', key: 'a', value: 1 }] })
    await store.close()
    expect(await codeOf(copy(server.url, `lmdb:${data}`))).to.equal('STORE_NOT_EMPTY')
    expect(await codeOf(copy(`lmdb:${data}`, server.url))).to.equal('STORE_NOT_EMPTY')
    expect(await copy(`lmdb:${data}`, server.url, true)).to.include({ rows: 11, wasThere: false })
  })

  it('gives a service of the machine the store that it knows, also when it was replaced', async () => {
    const machine = new Machine()
    await (await machine.open(server)).close()
    await filled(10)
    await copy(`lmdb:${data}`, server.url, true)
    const store = await machine.open(server)
    expect((await store.rows('positions')).size).to.equal(10)
    const [line] = await store.write({ lines: [{ at: 1, kind: 'note' }] })
    expect(line!.seq).to.equal(11)
    await machine.close()
  })

  it('refuses a store whose owner runs, and one of a later version', async () => {
    await filled(10)
    const store = await openLmdbStore({ folder: join(data, 'store') })
    expect(await codeOf(copy(`lmdb:${data}`, server.url))).to.equal('STORE_OWNED')
    await store.close()
    const machine = new Machine()
    const owner = await machine.open(server)
    expect(await codeOf(copy(`lmdb:${data}`, server.url))).to.equal('STORE_OWNED')
    await owner.close()
    await server.ask(['hset', 'watchkeeper:meta', 'schema', 99])
    expect(await codeOf(copy(`lmdb:${data}`, server.url))).to.equal('STORE_NEWER')
    await machine.close()
  })

  it('leaves no service a target that it did not finish', async () => {
    await filled(10)
    await copy(`lmdb:${data}`, server.url)
    await server.ask(['hset', 'watchkeeper:meta', 'incomplete', 1])
    const machine = new Machine()
    const opened = machine.open(server, { exclusive: 'lease' })
    expect(await codeOf(opened)).to.equal('STORE_LOST')
    await machine.close()
  })

  it('creates no store where there is none to copy', async () => {
    expect(await codeOf(copy(`lmdb:${data}`, server.url))).to.equal('STORE_UNUSABLE')
    expect(await codeOf(copy('redis://u:secret@h/x', `lmdb:${data}`))).to.equal('BAD_INPUT')
  })
})

describe('a copy that the target does not hold afterwards', () => {
  it('fails with COPY_FAILED, and the target is not marked as complete', async () => {
    const held = { rows: () => Promise.resolve(new Map()), lastSeq: () => Promise.resolve(1) }
    const line = { seq: 1, at: 1, kind: 'note' } as unknown as JournalLine
    const from: CopySource = {
      ...held,
      journal: ({ after }) => Promise.resolve(after === 0 ? [line] : []),
    }
    const done: string[] = []
    const to: CopyTarget = {
      ...held,
      journal: () => Promise.resolve([]),
      begin: async () => void done.push('begin'),
      put: async () => void done.push('put'),
      finish: async () => void done.push('finish'),
    }
    const options = { from, to, overwrites: false, onProgress: () => undefined }
    expect(await codeOf(copyStore(options))).to.equal('COPY_FAILED')
    expect(done).to.deep.equal(['begin', 'put'])
  })
})
