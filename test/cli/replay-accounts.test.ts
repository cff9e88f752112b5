import { expect } from 'chai'
import { EXIT_REASONS } from '../../src/domain/reason.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder, type Ran } from '../support/cli.ts'

/** Times of these tests are counted from here, epoch ms. */
const T = 1_700_000_000_000

const acme = (but: object = {}): object => ({
  id: 'a',
  instrument: 'ACME',
  side: 'long',
  quantity: 10,
  entryPrice: 100,
  openedAt: T,
  rules: { stopLoss: { pct: 50 } },
  ...but,
})

/** Two instruments in turn: one falls, the other jumps about. */
const TICKS = Array.from({ length: 40 }, (_, index): [number, string, number] =>
  index % 2 === 1
    ? [T + index * 250, 'ACME', 100 - index * 0.25]
    : [T + index * 250, 'BTCUSD', 50_000 + ((index * 7_919) % 13) * 40 - index * 20],
)

const BY_REASON = {
  ...Object.fromEntries(EXIT_REASONS.map(reason => [reason, 0])),
  'daily-loss': 1,
  'trailing-stop': 1,
}

/** What a release without accounts printed of it, to the byte. */
const EXPECTED = `{"type":"exit","positionId":"b","instrument":"ACME","side":"long","reason":"trailing-stop","matched":["trailing-stop"],"at":1700000002250,"tick":{"index":9,"instrument":"ACME","ts":1700000002250,"price":97.75},"level":98,"fillPrice":97.75,"profitPct":-2.25,"profitAmount":-11.25}
{"type":"limit","limit":"day","what":"near","at":1700000003500,"loss":43.75,"maxLoss":80,"realised":-11.25,"unrealised":-32.5}
{"type":"limit","limit":"day","what":"tripped","at":1700000007500,"loss":83.75,"maxLoss":80,"realised":-11.25,"unrealised":-72.5}
{"type":"exit","positionId":"a","instrument":"ACME","side":"long","reason":"daily-loss","matched":["daily-loss"],"at":1700000007500,"tick":null,"level":null,"fillPrice":92.75,"profitPct":-7.25,"profitAmount":-72.5}
{"type":"open","positionId":"c","stop":49400,"target":51500,"best":50360}
{"type":"open","positionId":"d","stop":50,"target":null,"best":100}
{"type":"summary","positions":4,"exits":2,"open":2,"byReason":${JSON.stringify(BY_REASON)},"ticks":40,"badTicks":0,"skippedRows":0,"lateRows":0,"from":1700000000000,"to":1700000009750,"profitAmount":-83.75,"untested":[{"what":"instrument","name":"GOLD","why":"it had no tick","positions":1,"examples":["d"]}],"limitsTripped":["day"],"heldExits":0,"ticksOutsideHours":0,"leftOut":["mode","http"]}
`
const EXPECTED_TEXT = `time (UTC)                reason         position  instrument  side      filled at      profit        amount
2023-11-14T22:13:22.250Z  trailing-stop  b         ACME        long          97.75     -2.25 %        -11.25
2023-11-14T22:13:23.500Z  limit day is near: 43.75 of 80 (realised -11.25, unrealised -32.5)
2023-11-14T22:13:27.500Z  limit day is reached: 83.75 of 80 (realised -11.25, unrealised -72.5)
2023-11-14T22:13:27.500Z  daily-loss     a         ACME        long          92.75     -7.25 %         -72.5

still open   stop  target   best
c           49400   51500  50360
d              50       -    100

4 positions: 2 exits, 2 open; profit -83.75
exits: daily-loss 1, trailing-stop 1
40 ticks from 2023-11-14T22:13:20.000Z to 2023-11-14T22:13:29.750Z; 0 rows skipped, 0 late
`

const PORTFOLIO = { limits: [{ name: 'day', maxLoss: 80, currency: 'INR', warnAtPct: 50 }] }
const CONFIG = {
  positions: 'positions.json',
  instruments: {
    ACME: { currency: 'INR', tickSize: 0.05 },
    BTCUSD: { currency: 'USD' },
  },
  massExit: { max: 1, withinMs: 60_000, confirmMs: 1_000 },
  mode: 'observe',
  http: { port: 1 },
}

const coin = {
  instrument: 'BTCUSD',
  quantity: 0.5,
  entryPrice: 50_000,
  rules: { stopLoss: { pct: 1.2 }, takeProfit: { pct: 3 } },
}
const entries = (but: object): object[] => [
  acme(but),
  acme({ id: 'b', quantity: 5, rules: { trailingStop: { distancePct: 2 } }, ...but }),
  acme({ id: 'c', ...coin, ...but }),
  acme({ id: 'd', instrument: 'GOLD', ...but }),
]

type Line = Readonly<Record<string, unknown>>

describe('a replay of accounts', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  function replay(
    config: object,
    positions: readonly object[],
    { ticks = TICKS, format = 'json' } = {},
  ): Promise<Ran> {
    folder.file('positions.json', JSON.stringify({ positions }))
    const file = folder.file('my.yaml', JSON.stringify({ ...CONFIG, ...config }))
    const rows = ticks.map(row => row.join(','))
    const csv = folder.file('t.csv', `${['ts,instrument,price', ...rows].join('\n')}\n`)
    return cliHere(['replay', '--config', file, '--ticks', csv, '--format', format])
  }

  const linesIn = ({ stdout, stderr }: Ran): Line[] => {
    expect(stdout, stderr).to.not.equal('')
    return stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Line)
  }

  it('prints the bytes that it printed before there were accounts, where the configuration names none', async () => {
    const config = { portfolio: PORTFOLIO }
    expect((await replay(config, entries({}))).stdout).to.equal(EXPECTED)
    const text = await replay(config, entries({}), { format: 'text' })
    expect(text.stdout).to.equal(EXPECTED_TEXT)
  })

  it('decides the same in an account that has a name, which each line has then', async () => {
    const broker = { kind: 'paper' }
    const accounts = { desk: { broker, portfolio: PORTFOLIO } }
    const { stdout } = await replay({ accounts }, entries({}))
    const nameless = stdout
      .replaceAll('"account":"desk",', '')
      .replace('"examples":["desk/d"]', '"examples":["d"]')
      .replace('"limitsTripped":["desk/day"]', '"limitsTripped":["day"]')
    expect(nameless).to.equal(EXPECTED)
    expect(stdout).to.contain('{"type":"limit","account":"desk","limit":"day","what":"tripped"')
  })

  it('plays the limits of each account for its positions alone, whose ids may be alike', async () => {
    const broker = { kind: 'paper' }
    const accounts = {
      desk: { broker, portfolio: { limits: [{ name: 'day', maxLoss: 30 }] } },
      home: { broker },
    }
    const positions = [acme({ account: 'home/A1' }), acme({ account: 'desk' })]
    const lines = linesIn(await replay({ accounts }, positions))
    const facts = lines.map(line => [line['type'], line['account'], line['positionId']])
    expect(facts).to.deep.equal([
      ['limit', 'desk', undefined],
      ['limit', 'desk', undefined],
      ['exit', 'desk', 'a'],
      ['open', 'home', 'a'],
      ['summary', undefined, undefined],
    ])
    expect(lines.at(-1)).to.deep.include({
      positions: 2,
      exits: 1,
      open: 1,
      ticks: 40,
      limitsTripped: ['desk/day'],
    })
    const { stdout } = await replay({ accounts }, positions, { format: 'text' })
    expect(stdout)
      .to.match(/daily-loss +desk\/a +ACME/)
      .and.match(/^home\/a +50 /m)
  })

  it('knows an instrument by its feed, as the account of another feed does', async () => {
    const feeds = { crypto: { kind: 'simulated' }, stocks: { kind: 'simulated' } }
    const account = (feed: string): object => ({ broker: { kind: 'paper' }, feed })
    const rules = { underlying: { below: 48_000 } }
    const positions = [
      acme({ account: 'desk', underlying: 'crypto:BTCUSD', rules }),
      acme({ id: 'b', account: 'coins', ...coin, rules: { stopLoss: { price: 49_000 } } }),
    ]
    const config = { feeds, accounts: { desk: account('stocks'), coins: account('crypto') } }
    const ticks: [number, string, number][] = [
      [T, 'ACME', 100],
      [T + 1, 'crypto:BTCUSD', 50_000],
      // The stock of the same name is another instrument.
      [T + 2, 'stocks:BTCUSD', 40_000],
      [T + 3, 'crypto:BTCUSD', 48_900],
      [T + 4, 'crypto:BTCUSD', 47_900],
    ]
    const exits = linesIn(await replay(config, positions, { ticks }))
      .filter(({ type }) => type === 'exit')
      .map(({ account: name, reason, at, fillPrice }) => [name, reason, at, fillPrice])
    expect(exits).to.deep.equal([
      ['coins', 'stop-loss', T + 3, 48_900],
      ['desk', 'underlying', T + 4, 100],
    ])
  })

  it('refuses a position of an account that the configuration does not have', async () => {
    const accounts = { desk: { broker: { kind: 'paper' } }, home: { broker: { kind: 'paper' } } }
    const ran = await replay({ accounts }, [acme({ account: 'dsk' }), acme({ id: 'b' })])
    expect([ran.code, ran.stdout]).to.deep.equal([2, ''])
    expect(ran.stderr).to.contain('unknown account "dsk"').and.contain('did you mean desk?')
    expect(ran.stderr).to.contain('expected one of desk, home')
  })
})
