import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Footing, isOriginal, originOf } from '../../src/disk/footing.ts'

describe('Footing', () => {
  let place: string
  let folder: string
  let footing: Footing

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'watchkeeper-footing-'))
    folder = join(place, 'store')
    mkdirSync(folder)
    writeFileSync(join(folder, 'data.mdb'), 'data')
    writeFileSync(join(folder, 'lock.mdb'), 'lock')
    footing = new Footing(folder)
  })

  afterEach(() => rmSync(place, { recursive: true, force: true }))

  it('detects that the folder, or one file in it, was deleted', () => {
    rmSync(join(folder, 'lock.mdb'))
    expect(footing.check()).to.equal('deleted')
    rmSync(folder, { recursive: true })
    expect(footing.check()).to.equal('deleted')
  })

  it('detects that a copy has replaced it, and that the folder is back', () => {
    renameSync(folder, join(place, 'away'))
    cpSync(join(place, 'away'), folder, { recursive: true })
    expect(footing.check()).to.equal('replaced')
    rmSync(folder, { recursive: true })
    renameSync(join(place, 'away'), folder)
    expect(footing.check()).to.equal(undefined)
  })

  it('reads again for a commit that ends a moment later', () => {
    expect(footing.atCommit()).to.equal(undefined)
    rmSync(folder, { recursive: true })
    for (const end = performance.now() + 1; performance.now() < end;);
    expect(footing.atCommit()).to.equal('deleted')
  })

  it('treats a file that changes as the same file', () => {
    writeFileSync(join(folder, 'data.mdb'), 'more data')
    expect(footing.check()).to.equal(undefined)
  })
})

describe('isOriginal', () => {
  const kept = { file: '7', madeAt: '100', isBirth: true }

  it('knows a copy that has the inode number of the file that was removed before it', () => {
    expect(isOriginal(kept, { ...kept, madeAt: '200' })).to.equal(false)
  })

  it('knows a copy by both where the file system keeps no creation times', () => {
    const before = { file: '7', madeAt: '100', isBirth: false }
    expect(isOriginal(before, { ...before, madeAt: '200' })).to.equal(true)
    expect(isOriginal(before, { ...before, file: '8' })).to.equal(true)
    expect(isOriginal(before, { ...before, file: '8', madeAt: '200' })).to.equal(false)
    // An earlier version did not record whether they are kept.
    expect(isOriginal({ file: '7', madeAt: '100' }, { ...kept, madeAt: '200' })).to.equal(true)
  })

  it('takes a file for the recorded one after writes to it', () => {
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-footing-'))
    const file = join(folder, 'data.mdb')
    writeFileSync(file, 'data')
    writeFileSync(file, 'more data')
    const before = originOf(file)
    writeFileSync(file, 'other data')
    expect(isOriginal(before, originOf(file))).to.equal(true)
    rmSync(folder, { recursive: true })
  })
})
