import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'
import { RunningService } from '../support/kill.ts'
import { needing } from '../support/needing.ts'
import { until } from '../support/until.ts'
import { atBinance } from '../support/venues/at-binance.ts'
import { atBybit } from '../support/venues/at-bybit.ts'
import { atOkx } from '../support/venues/at-okx.ts'
import type { EmulatedVenue } from '../support/venues/at-venue.ts'

const ENV = {
  WATCHKEEPER_BROKER_KEY: 'emulated-key',
  WATCHKEEPER_BROKER_SECRET: 'emulated-secret',
  WATCHKEEPER_BROKER_PASSPHRASE: 'my own words',
}

const VENUES = {
  binance: { open: atBinance, name: 'BTCUSDT' },
  bybit: { open: atBybit, name: 'BTCUSDT' },
  okx: { open: atOkx, name: 'BTC-USDT-SWAP' },
} as const

describe('watchkeeper init', () => {
  let venue: EmulatedVenue
  let folder: string
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'watchkeeper-init-'))))
  afterEach(() => {
    venue.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /** A venue with two of the named instrument, and a short of another. */
  const holding = (opened: EmulatedVenue, name: string): void => {
    venue = opened
    for (const [instrument, quantity] of [
      [name, 2],
      ['ETHUSDT', -1],
    ] as const) {
      venue.server.venue.price(instrument, 90)
      venue.server.venue.hand({ instrument, quantity })
    }
  }

  const init = (args: readonly string[], stdin = '', env: NodeJS.ProcessEnv = ENV): Promise<Ran> =>
    cliHere(['init', '--folder', folder, '--url', venue.url, ...args], { stdin, env })

  /** The same at a terminal. */
  const typed = (answers: readonly string[], env: NodeJS.ProcessEnv = ENV): Promise<Ran> => {
    const args = ['init', '--folder', folder, '--url', venue.url]
    return cliHere(args, { answer: answers.join('\n'), env })
  }

  const written = (name: string): string => readFileSync(join(folder, name), 'utf8')

  for (const [kind, { open, name }] of Object.entries(VENUES)) {
    it(`asks, reads an account at ${kind}, and writes files that check takes`, async () => {
      holding(await open(), name)
      const ran = await init([], `${kind}\ndemo\n${name}\n\n`)
      expect(ran.stderr, ran.stdout).to.include('Loss at which each is exited, percent [5]: ')
      expect(ran.code).to.equal(0)
      expect(ran.stdout).to.include(`${name} long 2, at 100, last price 90, lots of 0.001`)
      expect(ran.stdout).to.include('the clocks agree')
      expect(written('watchkeeper.yaml')).to.include(`kind: ${kind}\n  environment: demo\n`)
      expect(written('positions.yaml')).to.include(`instrument: "${name}"`)
      expect(written('positions.yaml')).to.not.include('ETHUSDT')
      const checked = await cliHere(['check', '--config', join(folder, 'watchkeeper.yaml')], {
        env: ENV,
      })
      expect(checked.stdout).to.include('valid: 1 position')
      expect(written('watchkeeper.yaml').includes('WATCHKEEPER_BROKER_PASSPHRASE')).to.equal(
        kind === 'okx',
      )
      const all = `${ran.stdout}${ran.stderr}${written('watchkeeper.yaml')}`
      expect(all).to.not.match(/emulated-|my own words/)
    })
  }

  it('asks a person again after a wrong answer', async () => {
    holding(await atBinance(), 'BTCUSDT')
    const right = ['binance', 'demo', 'BTCUSDT', '7']
    const ran = await typed(right.flatMap(each => [`${each}x`, each]))
    expect(ran.code, ran.stderr).to.equal(0)
    for (const found of ['the venue "binancex"', 'the environment "demox"', 'a loss of 7x'])
      expect(ran.stderr).to.include(`found ${found}, expected `)
    expect(ran.stderr).to.include('did you mean BTCUSDT?')
    expect(written('positions.yaml')).to.include('pct: 7').and.not.include('ETHUSDT')
  })

  it('asks again for a key file that cannot be used, and for an answer that is empty', async () => {
    holding(await atBinance(), 'BTCUSDT')
    const file = new Folder()
    const keyFile = file.file('key', 'key: emulated-key\nsecret: emulated-secret\n')
    chmodSync(keyFile, 0o600)
    const ran = await typed(['', 'binance', 'demo', join(folder, 'none'), keyFile, '', ''], {})
    file.remove()
    expect(ran.code, ran.stderr).to.equal(0)
    expect(ran.stderr).to.include(`there is no key file ${join(folder, 'none')}\n`)
    expect(ran.stderr).to.include('no answer to: Venue')
  })

  it('asks three times at most, once where no person answers, and not at the end of input', async () => {
    venue = await atBinance()
    const timesAsked = ({ stderr }: Ran): number => stderr.split('Venue (').length - 1
    const wrong = await typed(['a', 'b', 'c', 'binance'])
    expect([wrong.code, timesAsked(wrong)]).to.deep.equal([2, 3])
    expect(wrong.stderr).to.include('error: found the venue "c"')
    const piped = await init([], 'a\nbinance\ndemo\n\n\n')
    expect([piped.code, timesAsked(piped)]).to.deep.equal([2, 1])
    const ended = await typed(['a'])
    expect(ended.stderr).to.match(/found the venue "a"[^]*\nerror: no answer to: Venue/)
  })

  needing('/proc').it('refuses at once a folder in which it cannot write', async () => {
    venue = await atBinance()
    for (const inside of ['/proc/watchkeeper', '/proc']) {
      const { code, stderr } = await init(['--folder', inside], 'binance\n')
      expect(code).to.equal(2)
      expect(stderr).to.match(
        /^error: found --folder \S+, expected one in which files can be written \(ENOENT: .*\)\n$/,
      )
    }
  })

  it('accepts everything as flags, and only observes a live account', async () => {
    holding(await atBinance(), 'BTCUSDT')
    const file = new Folder()
    const keyFile = file.file('key', 'key: emulated-key\nsecret: emulated-secret\n')
    chmodSync(keyFile, 0o600)
    const flags = ['--venue', 'binance', '--environment', 'live', '--key-file', keyFile]
    const ran = await init([...flags, '--only', 'all', '--stop-pct', '7'], '', {})
    file.remove()
    expect(ran.code, ran.stderr).to.equal(0)
    expect(ran.stderr).to.match(/^warning: .*mode: observe: nothing would be sent\n$/)
    expect(ran.stdout).to.include('the key may trade').and.include('watchkeeper guard --live')
    expect(written('watchkeeper.yaml')).to.include('mode: observe').and.include('keyFile: ')
    expect(written('positions.yaml')).to.include('pct: 7').and.include('id: "ethusdt-short"')
  })

  it('asks where the key is, names what a start would exit at once, and checks what it writes', async () => {
    holding(await atBybit(), 'BTCUSDT')
    venue.server.venue.handOrder({ instrument: 'BTCUSDT', side: 'long', quantity: 1 })
    const file = new Folder()
    const keyFile = file.file('key', 'key: emulated-key\nsecret: emulated-secret\n')
    chmodSync(keyFile, 0o600)
    const inside = join(folder, 'new', 'folder')
    const typed = `bybit\ntestnet\n${keyFile}\nall\n5 %\n`
    const ran = await init(['--folder', inside], typed, {})
    file.remove()
    expect(ran.code, ran.stderr).to.equal(0)
    expect(ran.stderr).to.include('File of mode 0600 with the key and secret')
    expect(ran.stdout).to.include('1 working order of others\n             BTCUSDT sells 1\n')
    const passed =
      'its stop would be 95, and the last price is 90: a start does not guard it. Change its stop, or set exitNow: true, which exits it at once'
    expect(ran.stdout).to.include(`BTCUSDT: ${passed}`).and.not.include(`ETHUSDT: ${passed}`)
    expect(readFileSync(join(inside, 'positions.yaml'), 'utf8')).to.include(`# ${passed}\n`)
    expect(ran.stdout).to.include('stopLoss  stop 95').and.include('valid: 2 positions')
    expect(ran.stdout).to.match(/next +watchkeeper run --config .*watchkeeper.yaml\n/)
    expect(ran.stdout).to.include('watchkeeper gateway confirm-holdings')
    expect(ran.stdout).to.not.include('guard --live')
  })

  it('says of a holding whose stop has passed what a start then does with it', async () => {
    holding(await atBybit(), 'BTCUSDT')
    const flags = ['--venue', 'bybit', '--environment', 'demo', '--only', 'BTCUSDT']
    const ran = await init([...flags, '--stop-pct', '5'])
    expect(ran.stdout).to.include('passed       BTCUSDT: ').and.include('a start does not guard it')
    expect(written('watchkeeper.yaml')).to.match(/^ {2}# streamUrl: /m)
    venue.server.venue.price('BTCUSDT', 90)
    const env = { ...ENV, WATCHKEEPER_HTTP_PORT: '0' }
    const service = new RunningService(['--config', join(folder, 'watchkeeper.yaml')], { env })
    try {
      const url = `http://127.0.0.1:${await service.port()}`
      const why = async (): Promise<string> =>
        (await cliHere(['why', 'btcusdt-long', '--url', url])).stdout
      const past = 'the price 90 is past the stop 95 of stopLoss: exit it, release it, or change'
      await until(async () => (await why()).includes(`not guarded: ${past}`))
      venue.server.venue.price('BTCUSDT', 88)
      await until(async () => (await why()).includes('; last price 88, '))
    } finally {
      await service.end('SIGTERM')
    }
  }).timeout(60_000)

  it('reports the end of a key that its file states, and one that is past', async () => {
    holding(await atBinance(), 'BTCUSDT')
    const file = new Folder()
    const ending = async (at: string): Promise<string> => {
      const keyFile = file.file(
        'key',
        `key: emulated-key\nsecret: emulated-secret\nexpiresAt: ${at}\n`,
      )
      chmodSync(keyFile, 0o600)
      const flags = ['--venue', 'binance', '--environment', 'demo', '--only', 'none']
      return (await init([...flags, '--key-file', keyFile], '', {})).stdout
    }
    const [past, ahead] = [
      await ending('2025-02-26T00:00:00Z'),
      await ending('2999-01-01T00:00:00Z'),
    ]
    file.remove()
    expect(past).to.include(
      'expires      2025-02-26T00:00:00.000Z, which is past: the venue refuses',
    )
    expect(ahead).to.include('expires      2999-01-01T00:00:00.000Z\n')
  })

  it('takes names with odd commas, and all in any case', async () => {
    holding(await atBinance(), 'BTCUSDT')
    const flags = ['--venue', 'binance', '--environment', 'demo', '--stop-pct', '5']
    const none = await init([...flags, '--only', ' , '])
    expect(none.stderr).to.include('found no instrument to guard, expected all, or names')
    const named = await init([...flags, '--only', 'BTCUSDT,'])
    expect(named.stdout, named.stderr).to.include('valid: 1 position')
    const all = await init([...flags, '--only', 'ALL', '--folder', join(folder, 'all')])
    expect(all.stdout, all.stderr).to.include('valid: 2 positions')
  })

  it('asks for the passphrase of a key of OKX too', async () => {
    holding(await atOkx(), 'BTC-USDT-SWAP')
    const ran = await init([], 'okx\ndemo\nnone.key\n', {})
    expect(ran.code).to.not.equal(0)
    expect(ran.stderr).to.include(
      'File of mode 0600 with the key, secret and passphrase (or set WATCHKEEPER_BROKER_KEY, WATCHKEEPER_BROKER_SECRET and WATCHKEEPER_BROKER_PASSPHRASE)',
    )
  })

  it('refuses a key that may withdraw, unless that is accepted by name', async () => {
    holding(await atOkx({ perm: 'read_only,withdraw,trade', ip: '' }), 'BTC-USDT-SWAP')
    const flags = ['--venue', 'okx', '--environment', 'demo', '--only', 'all', '--stop-pct', '5']
    const refused = await init(flags)
    expect(refused.code).to.equal(2)
    expect(refused.stdout).to.include('any address may use the key')
    expect(refused.stderr).to.include('found a key that may withdraw')
    expect(existsSync(join(folder, 'watchkeeper.yaml'))).to.equal(false)
    expect((await init([...flags, '--accept-withdrawals'])).code).to.equal(0)
    expect(written('watchkeeper.yaml')).to.include('acceptWithdrawals: true')
  })

  it('reports what is wrong, and writes nothing', async () => {
    holding(await atBinance({ aheadMs: 3_000 }), 'BTCUSDT')
    const flags = ['--venue', 'binance', '--environment', 'demo', '--stop-pct', '5']
    const wrongKey = await init([...flags, '--only', 'all'], '', {
      ...ENV,
      WATCHKEEPER_BROKER_SECRET: 'wrong',
    })
    expect(wrongKey.code).to.not.equal(0)
    expect(wrongKey.stderr).to.include('UNAUTHORIZED').and.include('-1022')
    const noKey = await init([...flags, '--only', 'all'], '', {})
    expect(noKey.stderr).to.include('WATCHKEEPER_BROKER_KEY')
    const noHolding = await init([...flags, '--only', 'DOGEUSDT'])
    expect(noHolding.stdout).to.match(/this machine's clock is [23]\.\d s behind/)
    expect(noHolding.stderr).to.include('found no holding of DOGEUSDT')
    const unanswered = await init(['--venue', 'binance'])
    expect(unanswered.stderr).to.include('\nerror: no answer to: Environment')
    const other = await init(['--venue', 'paper', '--environment', 'demo'])
    expect(other.code).to.equal(2)
    const typed = await init(['--venue', 'binance', '--environment', 'LIVE'])
    expect(typed.stderr).to.include('found the environment "LIVE", expected one of testnet, demo')
    const keyFile = join(folder, 'none')
    const absent = await init([...flags, '--key-file', keyFile], '', {})
    expect(absent.stderr).to.include(`the key cannot be read: there is no key file ${keyFile}`)
    const both = await init([...flags, '--key-file', keyFile])
    expect(both.stderr).to.include('expected one of the two: broker.keyFile, or WATCHKEEPER_BROKER')
    expect(existsSync(join(folder, 'watchkeeper.yaml'))).to.equal(false)
  })

  it('guesses what is wrong with a key that the venue does not take', async () => {
    holding(await atOkx(), 'BTC-USDT-SWAP')
    const flags = ['--venue', 'okx', '--only', 'all', '--stop-pct', '5']
    const other = await init([...flags, '--environment', 'live'])
    expect(other.code).to.not.equal(0)
    expect(other.stderr).to.include('50101').and.include('is it a key of okx live')
    expect(other.stderr).to.include('the address of this machine')
  })

  it('leaves out a holding that the venue lists no linear contract of', async () => {
    holding(await atOkx({ coinMargined: ['ETHUSDT'] }), 'BTC-USDT-SWAP')
    const flags = ['--venue', 'okx', '--environment', 'demo', '--only', 'all', '--stop-pct', '5']
    const ran = await init(flags)
    expect(ran.code, ran.stderr).to.equal(0)
    expect(ran.stdout).to.match(/ETHUSDT short 1.*left out: a contract that is margined in coins/)
    expect(written('positions.yaml')).to.not.include('ETHUSDT')
  })

  for (const [kind, open] of Object.entries({ bybit: atBybit, okx: atOkx })) {
    it(`names a key of a sub-account at ${kind}, and an account that holds nothing`, async () => {
      venue = await open({ isSubAccount: true })
      const flags = ['--venue', kind, '--environment', 'demo', '--stop-pct', '5']
      const ran = await init(flags)
      expect(ran.code, ran.stderr).to.equal(0)
      expect(ran.stdout).to.include('the key is one of a sub-account')
      expect(ran.stdout).to.include('nothing is held here: no position is written')
    })
  }

  it('guesses at the holding that a name in another notation means', async () => {
    holding(await atOkx({ coinMargined: ['ETHUSDT'] }), 'BTC-USDT-SWAP')
    const flags = ['--venue', 'okx', '--environment', 'demo', '--stop-pct', '5', '--only']
    const coins = await init([...flags, 'ETHUSDT'])
    expect(coins.stderr).to.include('some of BTC-USDT-SWAP; ETHUSDT is left out')
    for (const name of ['BTC/USDT', 'btcusdt', 'BTCUSDT.P']) {
      const { code, stderr } = await init([...flags, name])
      expect(code).to.equal(2)
      expect(stderr).to.include(
        `of ${name} to guard, expected all, or some of BTC-USDT-SWAP; did you mean BTC-USDT-SWAP?`,
      )
    }
  })

  it('guesses at nothing of the venue where others can read the key file', async () => {
    venue = await atBybit()
    const file = new Folder()
    const keyFile = file.file('key', 'key: emulated-key\nsecret: emulated-secret\n')
    chmodSync(keyFile, 0o644)
    const flags = ['--venue', 'bybit', '--environment', 'demo', '--key-file', keyFile]
    const { code, stderr } = await init(flags, '', {})
    file.remove()
    expect(code).to.not.equal(0)
    expect(stderr).to.include('(mode 0644): chmod 600').and.not.include('is it a key of')
  })

  it('overwrites no file', async () => {
    holding(await atBybit(), 'BTCUSDT')
    const flags = ['--venue', 'bybit', '--environment', 'demo', '--only', 'all', '--stop-pct', '5']
    expect((await init(flags)).code).to.equal(0)
    const again = await init(flags)
    expect(again.code).to.equal(2)
    expect(again.stderr).to.include('which init would write over')
  })
})
