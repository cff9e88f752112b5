import { chmodSync } from 'node:fs'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'

const AT = Date.UTC(2024, 7, 9, 9, 30)

const POSITIONS = `rules:
  swing:
    stopLoss: { pct: 5 }
    trailingStop: { distancePct: 2, activateAtPct: 3 }
    maxHold: { ms: 5400000 }
positions:
  - { id: a, instrument: BTC, side: long, quantity: 2, entryPrice: 100, openedAt: ${AT}, rules: swing }
  - id: b
    instrument: SPX-PUT
    side: short
    quantity: 1
    entryPrice: 4
    rules:
      priceSource: quote
      profitLock: { steps: [{ atPct: 10, lockPct: 0 }, { atPct: 20, lockPct: 10 }] }
      underlying: { instrument: SPX, above: 5500 }
      maxHold: { ms: 5400000 }
      staleQuote: { afterMs: auto, action: exit }
`

/** The refusal of a start for the first of them. */
const LATE =
  'a: the time of maxHold is past (2024-08-09T11:00:00Z): a start refuses it without exitNow'

describe('watchkeeper check', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const check = (text: string, ...more: string[]): Promise<Ran> =>
    cliHere(['check', '--positions', folder.file('p.yaml', text), ...more])

  it('shows the levels of each rule at entry', async () => {
    expect(await check(POSITIONS)).to.deep.equal({
      code: 0,
      stderr: `warning: ${LATE}\n`,
      stdout: `a  long 2 BTC at 100, opened 2024-08-09T09:30:00.000Z
  stopLoss      stop 95 (-5.00 %)
  trailingStop  arms at 103 (+3.00 %)
  maxHold       exit at 2024-08-09T11:00:00.000Z

b  short 1 SPX-PUT at 4, opens with the first tick, valued at the quote
  profitLock  arms at 3.6 (-10.00 %)
  maxHold     exit 1 h 30 min after opening
  underlying  watches SPX; exit at or above 5500
  staleQuote  exit when quiet for three times its longest gap

valid: 2 positions, 2 rule sets, 1 warning
`,
    })
  })

  it('names the account of each position, and of each warning about one', async () => {
    const config = folder.file(
      'c.yaml',
      'feed: { kind: simulated }\naccounts: { acme: { broker: { kind: paper } }, bolt: { broker: { kind: paper } } }\n',
    )
    const position = `id: a, instrument: BTC, side: long, quantity: 1, entryPrice: 100, openedAt: ${AT}, rules: { maxHold: { ms: 1000 } }`
    const positions = folder.file(
      'two.yaml',
      `positions: [{ account: acme, ${position} }, { account: bolt, ${position} }]`,
    )
    const args = ['check', '--config', config, '--positions', positions]
    const { stdout, stderr } = await cliHere(args)
    for (const name of ['acme/a', 'bolt/a']) {
      expect(stdout).to.contain(`${name}  long 1 BTC`)
      expect(stderr).to.contain(`${name}: the time of maxHold is past`)
    }
    const lines = (await cliHere([...args, '--json'])).stdout.trim().split('\n')
    const rows = lines.map(line => JSON.parse(line) as Record<string, unknown>)
    expect(rows.slice(0, 2).map(({ account }) => account)).to.deep.equal(['acme', 'bolt'])
  })

  it('prints the same as one JSON object a line', async () => {
    const { stdout, code } = await check(POSITIONS, '--format', 'json')
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as unknown)
    expect(code).to.equal(0)
    expect(lines).to.have.length(3)
    expect(lines[0]).to.deep.equal({
      type: 'position',
      positionId: 'a',
      instrument: 'BTC',
      side: 'long',
      quantity: 2,
      entryPrice: 100,
      openedAt: AT,
      priceSource: 'trade',
      rules: [
        { rule: 'stopLoss', reason: 'stop-loss', stop: 95 },
        { rule: 'trailingStop', reason: 'trailing-stop', ratchet: 103 },
        { rule: 'maxHold', reason: 'max-hold', exitAt: AT + 5_400_000 },
      ],
    })
    expect(lines[2]).to.deep.equal({ type: 'summary', positions: 2, ruleSets: 2, warnings: [LATE] })
  })

  it('prints no time that changes from run to run where the opening is not known', async () => {
    const runs = [check(POSITIONS, '--format', 'json'), check(POSITIONS, '--format', 'json')]
    const [one, two] = await Promise.all(runs)
    expect(one!.stdout).to.equal(two!.stdout)
  })

  it('prints warnings to stderr, and refuses them when strict', async () => {
    const odd = POSITIONS.replace('pct: 5 ', 'pct: 0.05 ')
    const [loose, strict] = await Promise.all([check(odd), check(odd, '--strict')])
    expect(loose.code).to.equal(0)
    expect(loose.stderr).to.match(/^warning: rules.swing.stopLoss.pct, line 3: found 0.05, /)
    expect(loose.stdout).to.contain('2 positions, 2 rule sets, 2 warnings\n')
    expect(strict.code).to.equal(2)
    expect(strict.stdout).to.equal('')
    expect(strict.stderr).to.contain('rules.swing.stopLoss.pct, line 3: found 0.05, ')
  })

  it('ends with 2 and every fault', async () => {
    const ran = await check('positions: [{ id: 1 }]')
    expect(ran.code).to.equal(2)
    expect(ran.stdout).to.equal('')
    expect(ran.stderr.trim().split('\n')).to.have.length(7)
  })

  it('ends with 2 for a file that is not there', async () => {
    const ran = await cliHere(['check', '--positions', `${folder.path}/gone.yaml`])
    expect(ran.code).to.equal(2)
    expect(ran.stderr).to.contain('gone.yaml: found no such file, expected a file')
  })

  describe('of a configuration', () => {
    const config = (more: string): Promise<Ran> => {
      const positions = folder.file('p.yaml', POSITIONS)
      const file = folder.file('c.yaml', `positions: ${positions}\n${more}`)
      return cliHere(['check', '--config', file])
    }
    const NOTHING_PROVED = `broker: { kind: http, url: 'http://127.0.0.1:1', token: secret, capabilities: { dedupe: never, lookup: none, reduceOnly: false } }
feed: { kind: poll }
`

    it('checks the positions that it names, with its instruments', async () => {
      const ran = await config('instruments: { BTC: { lot: 3 } }\n')
      expect(ran.stdout).to.contain('valid: 2 positions')
      expect(ran.stderr).to.contain('expected a multiple of the lot 3')
    })

    it('warns of a position that is worth less than the smallest order, unless that is exempt', async () => {
      const ran = await config('instruments: { BTC: { minOrderValue: 1000000000 } }\n')
      expect(ran.code).to.equal(0)
      expect(ran.stderr).to.match(
        /worth \d+ at the entry price, expected at least the smallest order value 1000000000/,
      )
      const exempt = 'instruments: { BTC: { minOrderValue: 1000000000, reduceOnlyExempt: true } }\n'
      expect((await config(exempt)).stderr).not.to.contain('smallest order value')
    })

    it('shows levels at the tick at which they are reached, and exact ones in JSON', async () => {
      const instruments = 'instruments: { BTC: { tickSize: 10 }, SPX*: { tickSize: 7 } }\n'
      const { stdout } = await config(instruments)
      expect(stdout).to.contain('stop 90 (-5.00 %)').and.contain('arms at 110 (+3.00 %)')
      expect(stdout).to.contain('arms at 0 (-10.00 %)').and.contain('exit at or above 5502')
    })

    it('ends with 2 and every fault of it', async () => {
      const ran = await config('cycleMs: 1\nhttp: { port: -1 }\n')
      expect(ran.code).to.equal(2)
      expect(ran.stderr).to.match(/cycleMs, line 2: .*\n.*http\.port, line 3: /)
    })

    it('refuses a venue that can prove nothing, and warns where that is accepted', async () => {
      const refused = await config(NOTHING_PROVED)
      expect([refused.code, refused.stderr]).to.satisfy(
        ([code, text]: [number, string]) =>
          code !== 0 && text.includes('an exit could be made twice'),
      )
      const accepted = await config(`${NOTHING_PROVED}acceptUnprovable: true\n`)
      expect(accepted.code).to.equal(0)
      expect(accepted.stderr).to.contain('nothing proves that an exit is made only once')
    })

    it('reports names in another notation, and a key that others can read', async () => {
      const keyFile = folder.file('key', 'key: a\nsecret: b\n')
      chmodSync(keyFile, 0o644)
      const ran = await config(`broker: { kind: binance, environment: demo, keyFile: key }
feed: { kind: poll }
`)
      expect(ran.code).to.equal(0)
      expect(ran.stderr).to.contain('instrument SPX-PUT: no name of binance\n')
      expect(ran.stderr).to.match(/broker\.keyFile: others can read the key file .*chmod 600/)
    })

    it('refuses invented prices for a real account', async () => {
      const proving = NOTHING_PROVED.replace('lookup: none', 'lookup: complete')
      const ran = await config(proving.replace('poll', 'simulated'))
      expect(ran.stderr).to.contain('SIMULATED_PRICES')
    })
  })

  it('requires something to check', async () => {
    const ran = await cliHere(['check'])
    expect([ran.code, ran.stderr]).to.deep.equal([
      2,
      'error: found neither --positions nor --config, expected at least one of them\n',
    ])
  })

  it('shows examples in its help', async () => {
    const ran = await cliHere(['check', '--help'])
    expect(ran.code).to.equal(0)
    expect(ran.stdout).to.contain('Examples:\n  $ watchkeeper check --positions')
  })
})
