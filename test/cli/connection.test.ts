import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { expect } from 'chai'
import { fromEither } from '../../src/cli/connection.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { cliHere } from '../support/cli-here.ts'
import type { Ran } from '../support/cli.ts'
import { closedPort } from '../support/closed-port.ts'
import { always, OddServer } from '../support/odd-server.ts'

const SECRET = 'hunter2'

describe('The connection to the service', () => {
  let server: OddServer | undefined

  afterEach(() => server?.close())

  async function refused(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
    const ran = await cliHere(args, { env: { ...env, WATCHKEEPER_DEBUG: '1' } })
    expect([ran.code, ran.stdout]).to.deep.equal([2, ''])
    expect(ran.stderr).to.not.include(SECRET)
    return ran
  }

  it('refuses a token that no header can carry, and does not repeat it', async () => {
    for (const token of [`${SECRET}\n`, `${SECRET}\r\nx: y`, `${SECRET} `, `${SECRET}é`]) {
      const { stderr } = await refused(['status'], { WATCHKEEPER_HTTP_TOKEN: token })
      expect(stderr).to.match(/^error: found a WATCHKEEPER_HTTP_TOKEN /)
    }
  })

  it('refuses a URL that may contain a secret, and does not repeat it', async () => {
    for (const url of [
      `http://me:${SECRET}@127.0.0.1`,
      `http://me:${SECRET}@127.0.0.1:99999`,
      `http://127.0.0.1/?token=${SECRET}`,
      `http://127.0.0.1/#${SECRET}`,
    ]) {
      await refused(['status', '--url', url], {})
      await refused(['positions'], { WATCHKEEPER_URL: url })
    }
  })

  it('reads no data folder in place of a service that was named, or of a program that is no service', async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`
    for (const args of [['positions'], ['journal']]) {
      const { code, stderr } = await cliHere(args, { env: { WATCHKEEPER_URL: dead } })
      expect([code, stderr]).to.deep.equal([
        1,
        `error: NO_SERVICE: no service at ${dead} (ECONNREFUSED)\n`,
      ])
    }
  })

  it('says why the data folder that it reads in place of a service cannot be read', async () => {
    const before = process.cwd()
    const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-usual-'))
    const silent = new WatchkeeperError('NO_SERVICE', 'no service here')
    let printed = ''
    const stderr = { write: (text: string) => ((printed += text), true) }
    const context = { stdin: new PassThrough(), stdout: stderr, stderr, env: {} }
    const codeOf = async (): Promise<string> => {
      const sources = { live: () => Promise.reject(silent), kept: () => Promise.resolve() }
      const error = await fromEither({}, context, sources).catch((cause: unknown) => cause)
      return (error as WatchkeeperError).code
    }
    try {
      process.chdir(folder)
      expect([await codeOf(), printed]).to.deep.equal(['NO_SERVICE', ''])
      mkdirSync(join('data', 'store'), { recursive: true })
      writeFileSync(join('data', 'store', 'data.mdb'), 'odd')
      expect(await codeOf()).to.equal('STORE_UNUSABLE')
      expect(printed).to.include('no service here: read from the folder data')
    } finally {
      process.chdir(before)
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('takes an empty variable for one that is not set', async () => {
    server = new OddServer(always({ positions: [], next: null }))
    const url = await server.open()
    const env = { WATCHKEEPER_HTTP_TOKEN: '' }
    expect((await cliHere(['positions', '--url', url], { env })).code).to.equal(0)
    // The default address is that of this machine: a service may or may not run here.
    const { stderr } = await cliHere(['why', 'x'], { env: { WATCHKEEPER_URL: '' } })
    expect(stderr).to.not.match(/found the URL/)
  })

  it('lists the output formats', async () => {
    const names = ['status', 'why', 'positions', 'journal', 'report', 'metrics', 'portfolio']
    for (const name of names) {
      const args = name === 'why' ? ['why', 'x'] : [name]
      const { code, stderr } = await cliHere([...args, '--format', 'xml'])
      expect([code, stderr], name).to.satisfy(
        ([exit, text]: [number, string]) => exit === 2 && text.includes('Allowed choices are text'),
      )
    }
  })
})
