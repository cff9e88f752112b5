import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseToken, tokenSource, type TokenSource } from '../../src/brokers/credentials.ts'
import { until } from '../support/until.ts'

const END = '2026-11-29T03:00:00Z'

/** A JSON Web Token whose claims are these. */
const jwt = (claims: object): string =>
  ['{}', JSON.stringify(claims), 'signature']
    .map(part => Buffer.from(part).toString('base64url'))
    .join('.')

describe('The token of a broker', () => {
  it('is refused with a message that shows nothing of it', () => {
    for (const [text, why] of [
      ['', 'the token is empty'],
      [' \n', 'the token is empty'],
      ['abcdefgh ijkl', 'characters that no token has'],
      ['{"value":"abcdefgh"', 'only a part of one'],
      ['{"expiresAt":1}', 'no value that can be read'],
      ['{"value":"abcdefgh","expiresAt":"tomorrow"}', 'no expiresAt that can be read'],
      ['{"value":"abcdefgh","expiresAt":NaN}', 'only a part of one'],
    ] as const) {
      expect(() => parseToken(text), text)
        .to.throw(why)
        .and.satisfy((error: Error) => !/abcdefgh|ijkl/.test(error.message))
    }
  })

  it('says when it ends: as text, as epoch ms, or as a JSON Web Token does', () => {
    const expiresAt = Date.parse(END)
    for (const text of [
      `{"value":"t","expiresAt":"${END}"}`,
      `{"value":"t","expiresAt":${expiresAt}}`,
    ]) {
      expect(parseToken(text)).to.deep.equal({ value: 't', expiresAt })
    }
    expect(parseToken(jwt({ exp: expiresAt / 1_000 })).expiresAt).to.equal(expiresAt)
    for (const plain of ['t', 'a.b.c', jwt({}), jwt({ exp: 'soon' })]) {
      expect(parseToken(`${plain}\n`)).to.deep.equal({ value: plain, expiresAt: undefined })
    }
  })

  it('of the environment has the end that the configuration says', () => {
    const source = tokenSource({ token: 't', tokenExpiresAt: 5 })
    expect([source.value(), source.state()]).to.deep.equal(['t', { kind: 'usable', expiresAt: 5 }])
  })

  describe('from a file or a command', () => {
    let folder: string
    let now: number
    const clock = { now: () => now, monotonic: () => now }

    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), 'watchkeeper-credentials-'))
      now = 1_000_000
    })
    afterEach(() => rmSync(folder, { recursive: true, force: true }))

    const write = (name: string, text: string, mode = 0o600): string => {
      const file = join(folder, name)
      writeFileSync(file, text, { mode })
      return file
    }

    it('is unreadable before there is one, and the last one counts while a newer one cannot be used', () => {
      const tokenFile = join(folder, 'token')
      const source = tokenSource({ tokenFile }, clock)
      expect(() => source.value()).to.throw('there is no token file')
      expect(source.state().kind).to.equal('unreadable')
      write('token', 'one\n')
      expect(source.value()).to.equal('one')
      write('token', '')
      source.state()
      now += 300
      expect(source.value()).to.equal('one')
      expect(source.state()).to.deep.equal({ kind: 'usable', trouble: 'the token is empty' })
      write('token', `{"value":"two","expiresAt":${now + 1}}`)
      source.state()
      now += 300
      expect(source.state()).to.deep.equal({ kind: 'usable', expiresAt: now - 299 })
    })

    /** A command that prints the content of a file. */
    const printing = (file: string): TokenSource =>
      tokenSource(
        {
          tokenCommand: [
            process.execPath,
            '-e',
            `process.stdout.write(require('fs').readFileSync(${JSON.stringify(file)}))`,
          ],
        },
        clock,
      )

    it('is waited for where a command has not ended yet, and fails without what it prints', async () => {
      const source = printing(join(folder, 'none'))
      expect(() => source.value()).to.throw('has not ended yet')
      await source.ready()
      expect(() => source.value()).to.throw('exit code 1')
      write('none', 'secret')
      now += 10_000
      await source.ready()
      expect(source.value()).to.equal('secret')
    })

    it('is fetched again before its end, and when it was refused', async () => {
      const file = write('token', `{"value":"one","expiresAt":${now + 400_000}}`)
      const source = printing(file)
      await source.ready()
      write('token', 'two')
      now += 50_000
      expect(source.value()).to.equal('one')
      now += 60_000
      await until(() => source.value() === 'two')
      write('token', 'three')
      now += 20_000
      expect(source.value()).to.equal('two')
      source.refused()
      await until(() => source.value() === 'three')
    })

    it('is kept where the command fails later, which its state says', async () => {
      const file = write('token', 'one')
      const source = printing(file)
      await source.ready()
      rmSync(file)
      source.refused()
      now += 10_000
      await until(() => 'trouble' in source.state())
      expect(source.value()).to.equal('one')
    })
  })
})
