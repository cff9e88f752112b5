import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keySource, parseKeyFile } from '../../../src/brokers/venue/key.ts'

describe('the key of a venue', () => {
  let folder: string
  let keyFile: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-key-'))
    keyFile = join(folder, 'key')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const write = (text: string, mode = 0o600): void => {
    writeFileSync(keyFile, text)
    chmodSync(keyFile, mode)
  }

  it('is refused in a file that others can read', () => {
    for (const mode of [0o640, 0o604, 0o644]) {
      write('key: a\nsecret: b\n', mode)
      expect(keySource({ keyFile })).to.throw(`chmod 600 ${keyFile}`)
    }
  })

  it('is refused with a message that shows nothing of it', () => {
    const faults = ['key: abcdefgh\nsecret: ijkl mnop\n', 'sekret: ijklmnop\n', 'key: abcdefgh\n']
    for (const text of faults) {
      write(text)
      expect(keySource({ keyFile }))
        .to.throw()
        .and.satisfy((error: Error) => {
          return !/abcdefgh|ijkl/.test(error.message)
        })
    }
    write('key: a\nkey: b\nsecret: c\n')
    expect(keySource({ keyFile })).to.throw('the key file has key twice')
    expect(keySource({ keyFile: join(folder, 'none') })).to.throw(
      `there is no key file ${join(folder, 'none')}`,
    )
    write('key: a\nsecret: b\n')
    expect(keySource({ keyFile }, { hasPassphrase: true })).to.throw('the key has no passphrase')
    write('key: a\nabcdefgh\n')
    expect(keySource({ keyFile })).to.throw('line 2 of the key file is none of `key: …`')
    expect(keySource({ key: 'abc' })).to.throw(
      'the key has no secret: expected a line `secret: …` in the key file, or WATCHKEEPER_BROKER_SECRET',
    )
  })

  it('is refused in quotes, and as a folder', () => {
    for (const text of ['key: "a"\nsecret: b\n', "key: a\nsecret: 'b'\n"]) {
      write(text)
      expect(keySource({ keyFile })).to.throw(
        /^the (key|secret) is in quotes: write it without them$/,
      )
    }
    expect(keySource({ keyFile: folder })).to.throw(`the key file ${folder} is a directory`)
  })

  it('is read again when its file has changed and rests', () => {
    let now = 0
    const read = keySource({ keyFile }, { monotonic: () => now })
    write('# mine\nkey: one\nsecret = two\n\npassphrase: my own words\n')
    expect(read()).to.include({ key: 'one', secret: 'two', passphrase: 'my own words' })
    write('key: three\nsecret: four\nexpiresAt: 2026-11-29T03:00:00Z\n')
    expect(read().key).to.equal('one')
    now += 300
    const expiresAt = Date.UTC(2026, 10, 29, 3)
    expect(read()).to.include({ key: 'three', secret: 'four', passphrase: undefined, expiresAt })
  })

  it('may contain the separators of both forms in its values', () => {
    expect(parseKeyFile('secret: a=b:c==\r\n')).to.deep.equal({ secret: 'a=b:c==' })
  })

  it('comes from the environment where there is no file', () => {
    const read = keySource({ key: 'one', secret: 'two' })
    expect(read()).to.include({ key: 'one', secret: 'two' })
  })
})
