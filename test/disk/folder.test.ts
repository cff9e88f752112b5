import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { assertCanMake, assertCanWrite, makeFolder, shownPath } from '../../src/disk/folder.ts'
import { needing } from '../support/needing.ts'

describe('makeFolder', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-folder-'))
  })

  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('refuses a file in the way, and creates nothing', () => {
    writeFileSync(join(folder, 'file'), '')
    expect(() => makeFolder(join(folder, 'file'))).to.throw('expected a folder')
    expect(() => makeFolder(join(folder, 'file', 'a'))).to.throw('ENOTDIR')
    expect(readdirSync(folder)).to.deep.equal(['file'])
  })

  it('removes what it created when it cannot create the rest', () => {
    const path = join(folder, 'a', 'b', 'x'.repeat(300))
    expect(() => makeFolder(path)).to.throw('ENAMETOOLONG')
    expect(readdirSync(folder)).to.deep.equal([])
  })

  it('refuses a path that no system accepts', () => {
    expect(() => makeFolder(join(folder, 'a\0b'))).to.throw('NUL')
    expect(() => makeFolder(join(folder, 'x/'.repeat(2_500)))).to.throw('bytes, expected fewer')
    expect(readdirSync(folder)).to.deep.equal([])
  })

  needing('/proc').it('returns in a file system that accepts no folders', () => {
    expect(() => makeFolder('/proc/watchkeeper/store')).to.throw('ENOENT')
  })

  it('creates what is missing, and leaves what exists', () => {
    const path = join(folder, 'a', 'b')
    makeFolder(path)
    writeFileSync(join(path, 'file'), 'kept')
    makeFolder(path)
    expect(statSync(join(path, 'file')).size).to.equal(4)
  })
})

describe('assertCanMake', () => {
  let folder: string

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-folder-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves nothing behind, and what exists as it is', () => {
    assertCanMake(join(folder, 'a', 'b'))
    assertCanMake(folder)
    expect(readdirSync(folder)).to.deep.equal([])
  })

  needing('/proc').it('refuses a folder that cannot be created', () => {
    expect(() => assertCanMake('/proc/watchkeeper')).to.throw('ENOENT')
  })
})

describe('assertCanWrite', () => {
  let folder: string

  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-folder-'))))
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('leaves nothing behind, and what exists as it is', () => {
    assertCanWrite(join(folder, 'new'))
    expect(readdirSync(folder)).to.deep.equal([])
    writeFileSync(join(folder, 'file'), 'kept')
    assertCanWrite(join(folder, 'file'))
    expect(statSync(join(folder, 'file')).size).to.equal(4)
  })

  it('refuses a folder, and a file whose folder is missing', () => {
    expect(() => assertCanWrite(folder)).to.throw('EISDIR')
    expect(() => assertCanWrite(join(folder, 'a', 'file'))).to.throw('ENOENT')
  })

  needing('/proc').it('refuses a file in a file system that accepts none', () => {
    expect(() => assertCanWrite('/proc/watchkeeper')).to.throw('ENOENT')
  })
})

describe('shownPath', () => {
  it('is one short line of printable characters', () => {
    expect(shownPath('/a/b')).to.equal('/a/b')
    expect(shownPath('/a\0b')).to.equal('/a\\0b')
    expect(shownPath('x'.repeat(5_000)).length).to.be.below(100)
  })
})
