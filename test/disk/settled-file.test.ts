import { chmodSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { SettledFile } from '../../src/disk/settled-file.ts'

describe('A private file that is replaced while it is used', () => {
  let folder: string
  let file: string
  let now: number
  let settled: SettledFile<string>

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-settled-'))
    file = join(folder, 'token')
    now = 0
    settled = new SettledFile({
      file,
      what: 'token file',
      readers: 'group',
      monotonic: () => now,
      parse: text => {
        if (text === '') throw new Error('it is empty')
        return text
      },
    })
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = (text: string, mode = 0o600): void => {
    writeFileSync(file, text)
    chmodSync(file, mode)
  }

  it('is refused where all can read it, and where there is none', () => {
    expect(() => settled.content()).to.throw('there is no token file')
    write('one', 0o644)
    expect(() => settled.content()).to.throw(`chmod 600 ${file}`)
    write('one', 0o640)
    expect(settled.content()).to.equal('one')
  })

  it('keeps its last content while a writer is half way through', () => {
    write('the old one')
    settled.content()
    write('the n')
    expect(settled.content()).to.equal('the old one')
    now += 200
    write('the new one')
    expect(settled.content()).to.equal('the old one')
    now += 299
    expect(settled.content()).to.equal('the old one')
    now += 1
    expect(settled.content()).to.equal('the new one')
    expect(settled.failure).to.equal(undefined)
  })

  it('keeps its last content where the new one cannot be used, and says why', () => {
    write('one')
    settled.content()
    for (const [change, why] of [
      [() => write(''), 'it is empty'],
      [() => write('two', 0o604), 'others can read the token file'],
      [() => rmSync(file), 'there is no token file'],
    ] as const) {
      change()
      settled.content()
      now += 300
      expect(settled.content()).to.equal('one')
      expect(settled.failure).to.include(why)
    }
    write('three')
    settled.content()
    now += 300
    expect([settled.content(), settled.failure]).to.deep.equal(['three', undefined])
  })

  it('takes a file that was moved into its place', () => {
    write('one')
    settled.content()
    writeFileSync(`${file}.new`, 'two', { mode: 0o600 })
    renameSync(`${file}.new`, file)
    settled.content()
    now += 300
    expect(settled.content()).to.equal('two')
  })
})
