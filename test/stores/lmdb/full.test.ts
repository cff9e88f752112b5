import { join } from 'node:path'
import { expect } from 'chai'
import { WatchkeeperError } from '../../../src/errors.ts'
import { openLmdbStore } from '../../../src/stores/lmdb.ts'
import type { LmdbStore } from '../../../src/stores/lmdb/store.ts'
import { codeOf } from '../../support/code-of.ts'
import { needing } from '../../support/needing.ts'
import { smallDisk, type SmallDisk } from '../../support/small-disk.ts'

needing('a small disk').describe('LmdbStore on a disk of 10 MB', () => {
  let disk: SmallDisk

  before(() => {
    disk = smallDisk(10)!
  })

  after(() => disk.end())

  afterEach(() => disk.clear())

  const ratchet = (store: LmdbStore, key: string) =>
    store.write({ rows: [{ table: 'ratchets', key, value: 'x'.repeat(3_000) }] })

  const exit = (store: LmdbStore, key: string) =>
    store.write({
      rows: [{ table: 'exits', key, value: 'x'.repeat(3_000) }],
      lines: [{ at: 1, kind: 'exit-intended', positionId: key }],
    })

  it('reports that it is full, still accepts exits, and continues when there is room', async () => {
    const store = await openLmdbStore({ folder: join(disk.folder, 'a') })
    await ratchet(store, 'before')
    disk.fill()
    expect(await codeOf(ratchet(store, 'full'))).to.equal('STORE_FULL')
    await exit(store, 'p')
    expect(await codeOf(ratchet(store, 'full'))).to.equal('STORE_FULL')
    disk.clear()
    await ratchet(store, 'after')
    expect([...(await store.rows('ratchets')).keys()]).to.have.members(['before', 'after'])
    expect([...(await store.rows('exits')).keys()]).to.deep.equal(['p'])
    await store.close()
  })

  it('stores each batch whole or not at all when its own rows fill the disk', async () => {
    const store = await openLmdbStore({ folder: join(disk.folder, 'b') })
    let kept = 0
    while ((await codeOf(exit(store, `p${kept}`))) === 'no error') kept++
    expect(kept).to.be.above(100)
    expect(await codeOf(exit(store, 'one more'))).to.equal('STORE_FULL')
    expect((await store.rows('exits')).size).to.equal(kept)
    const lines = await store.journal({ after: 0, limit: 1_000_000 })
    expect(lines.map(({ seq }) => seq)).to.deep.equal(lines.map((_, index) => index + 1))
    expect(lines).to.have.length(kept)
    await store.close()
    const again = await openLmdbStore({ folder: join(disk.folder, 'b') }).catch(
      (error: unknown) => error,
    )
    if (again instanceof WatchkeeperError) expect(again.code).to.equal('STORE_FULL')
    else await (again as LmdbStore).close()
  })

  it('is not created where there is no room, and leaves nothing there', async () => {
    disk.fill()
    const folder = join(disk.folder, 'c', 'd')
    expect(await codeOf(openLmdbStore({ folder }))).to.equal('STORE_FULL')
    const { existsSync } = await import('node:fs')
    expect(existsSync(join(disk.folder, 'c'))).to.equal(false)
  })
})
