import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Footing } from '../../src/disk/footing.ts'

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

  it('treats a file that changes as the same file', () => {
    writeFileSync(join(folder, 'data.mdb'), 'more data')
    expect(footing.check()).to.equal(undefined)
  })
})
