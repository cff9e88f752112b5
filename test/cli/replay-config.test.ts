import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { cliHere } from '../support/cli-here.ts'
import { Folder, watchkeeper, type Ran } from '../support/cli.ts'

/** Times of these tests are counted from here, epoch ms; `at` counts seconds from it. */
const T = 1_700_000_000_000

type Line = Readonly<Record<string, unknown>>

const linesOf = ({ code, stdout, stderr }: Ran): Line[] => {
  if (stdout === '') throw new Error(`it ended with ${code} and wrote nothing: ${stderr}`)
  return stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}
const exitsOf = (ran: Ran): unknown[][] =>
  linesOf(ran)
    .filter(({ type }) => type === 'exit')
    .map(({ positionId, reason, at, fillPrice }) => [positionId, reason, at, fillPrice])
const limitsOf = (ran: Ran): Line[] => linesOf(ran).filter(({ type }) => type === 'limit')

interface Given {
  readonly config: object
  readonly positions: readonly object[]
  /** `[epoch ms, instrument, price]` each. */
  readonly ticks: readonly (readonly [number, string, number])[]
  readonly more?: readonly string[]
}

/** One long of 10 ACME at 100 with a stop too far away to matter. */
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

describe('watchkeeper replay --config', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  function replay({ config, positions, ticks, more = [] }: Given): Promise<Ran> {
    const rows = ticks.map(row => row.join(','))
    folder.file('positions.json', JSON.stringify({ positions }))
    const file = folder.file('my.yaml', JSON.stringify({ positions: 'positions.json', ...config }))
    const csv = folder.file('t.csv', `${['ts,instrument,price', ...rows].join('\n')}\n`)
    return cliHere(['replay', '--config', file, '--ticks', csv, '--format', 'json', ...more])
  }

  it('takes the multiplier of an instrument from it, as run does', async () => {
    const ran = await replay({
      config: { instruments: { 'AC*': { multiplier: 100 } } },
      positions: [acme({ rules: { stopLoss: { amount: 5_000 } } })],
      ticks: [
        [T, 'ACME', 100],
        [T + 1_000, 'ACME', 95.5],
        [T + 2_000, 'ACME', 94.9],
      ],
    })
    expect(exitsOf(ran)).to.deep.equal([['a', 'stop-loss', T + 2_000, 94.9]])
    expect(linesOf(ran)[0]).to.include({ level: 95, profitAmount: -5_100 })
  })

  it('sends no exit below the smallest order value, and does once a price makes it large enough', async () => {
    const short = acme({ side: 'short', quantity: 1, rules: { stopLoss: { pct: 1 } } })
    const given = {
      config: { instruments: { ACME: { minOrderValue: 110 } } },
      positions: [short],
      ticks: [
        [T, 'ACME', 100],
        [T + 1_000, 'ACME', 102],
        [T + 2_000, 'ACME', 109],
        [T + 9_000, 'ACME', 111],
        [T + 20_000, 'ACME', 90],
      ] as const,
    }
    const ran = await replay(given)
    expect(exitsOf(ran)).to.deep.equal([['a', 'stop-loss', T + 1_000, 111]])
    expect(ran.stderr).to.match(/the exit of a is worth 102, less than the smallest order of 110/)
    const small = await replay({ ...given, ticks: given.ticks.slice(0, 3) })
    expect(exitsOf(small)).to.deep.equal([])
    expect(linesOf(small)[0]).to.include({
      type: 'open',
      positionId: 'a',
      exiting: true,
      belowMinimum: true,
    })
    const exempt = { minOrderValue: 110, reduceOnlyExempt: true }
    const sent = await replay({ ...given, config: { instruments: { ACME: exempt } } })
    expect(exitsOf(sent)).to.deep.equal([['a', 'stop-loss', T + 1_000, 102]])
  })

  it('shows the levels of what is still open at their ticks', async () => {
    const args = {
      config: { instruments: { ACME: { tickSize: 0.5 } } },
      positions: [acme({ rules: { stopLoss: { pct: 3.3 }, takeProfit: { pct: 3.3 } } })],
      ticks: [[T, 'ACME', 100]] as const,
    }
    const ran = await replay({ ...args, more: ['--format', 'text'] })
    expect(ran.stdout).to.match(/^a +96\.5 +103\.5 +100$/m)
  })

  it('counts an inverse contract in coins: its stop, its profit and the limits', async () => {
    const inverse = { contract: 'inverse', multiplier: 100, currency: 'BTC' }
    const position = acme({
      instrument: 'BTCUSD',
      quantity: 100,
      entryPrice: 40_000,
      rules: { stopLoss: { amount: 0.0125 } },
    })
    const ticks = [
      [T, 'BTCUSD', 40_000],
      [T + 1_000, 'BTCUSD', 39_000],
      [T + 2_000, 'BTCUSD', 38_095],
    ] as const
    const instruments = { BTCUSD: inverse }
    const ran = await replay({ config: { instruments }, positions: [position], ticks })
    expect(exitsOf(ran)).to.deep.equal([['a', 'stop-loss', T + 2_000, 38_095]])
    expect(linesOf(ran)[0]!['profitAmount']).to.be.closeTo(-0.012501640635, 1e-12)
    const portfolio = { limits: [{ name: 'btc', maxLoss: 0.006, currency: 'BTC' }] }
    const limited = await replay({
      config: { instruments, portfolio },
      positions: [position],
      ticks,
    })
    expect(exitsOf(limited)).to.deep.equal([['a', 'daily-loss', T + 1_500, 39_000]])
  })

  it('adds up no coins with rupees, and shows small amounts of coins', async () => {
    const instruments = {
      BTCUSD: { contract: 'inverse', multiplier: 100, currency: 'BTC' },
      ACME: { currency: 'INR' },
    }
    const rules = { stopLoss: { pct: 5 } }
    const coin = { id: 'b', instrument: 'BTCUSD', quantity: 10, entryPrice: 50_000, rules }
    const given = {
      config: { instruments },
      positions: [acme({ rules }), acme(coin)],
      ticks: [
        [T + 1_000, 'ACME', 95],
        [T + 2_000, 'BTCUSD', 47_400],
      ],
    } as const
    const summary = linesOf(await replay(given)).at(-1)!
    expect(summary['profits']).to.deep.equal([
      { currency: 'INR', amount: -50 },
      { currency: 'BTC', amount: -0.00109704641350211 },
    ])
    const { stdout } = await replay({ ...given, more: ['--format', 'text'] })
    expect(stdout).to.match(/BTCUSD .* -0\.001097\n/)
    expect(stdout).to.include('profit -50 INR and -0.001097 BTC\n')
  })

  it('warns of a limit, trips it in the next cycle, and exits all that belongs to it', async () => {
    const ran = await replay({
      config: { portfolio: { limits: [{ name: 'all', maxLoss: 100 }] } },
      positions: [acme(), acme({ id: 'b', instrument: 'BETA', quantity: 1 })],
      ticks: [
        [T, 'ACME', 100],
        [T + 100, 'BETA', 110],
        [T + 600, 'ACME', 91],
        [T + 1_100, 'ACME', 89],
        [T + 1_200, 'ACME', 88],
        [T + 9_000, 'BETA', 120],
      ],
    })
    expect(limitsOf(ran)).to.deep.equal([
      {
        type: 'limit',
        limit: 'all',
        what: 'near',
        at: T + 1_000,
        loss: 80,
        maxLoss: 100,
        realised: 0,
        unrealised: -80,
      },
      {
        type: 'limit',
        limit: 'all',
        what: 'tripped',
        at: T + 1_500,
        loss: 110,
        maxLoss: 100,
        realised: 0,
        unrealised: -110,
      },
    ])
    expect(exitsOf(ran)).to.deep.equal([
      ['a', 'daily-loss', T + 1_500, 88],
      ['b', 'daily-loss', T + 1_500, 110],
    ])
    expect(linesOf(ran).at(-1)).to.deep.include({ limitsTripped: ['all'] })
  })

  it('counts realised exits, and no position before it opens', async () => {
    const ran = await replay({
      config: { portfolio: { limits: [{ name: 'all', maxLoss: 100 }] } },
      positions: [
        acme({ rules: { stopLoss: { pct: 6 } } }),
        // Its loss would trip the limit at once, but it opens only after the last row.
        acme({ id: 'later', entryPrice: 1_000, openedAt: T + 60_000 }),
        acme({ id: 'next', instrument: 'BETA' }),
      ],
      ticks: [
        [T, 'ACME', 100],
        [T + 10, 'BETA', 100],
        [T + 1_000, 'ACME', 94],
        [T + 2_000, 'BETA', 97],
        [T + 3_000, 'BETA', 95],
        [T + 4_000, 'BETA', 99],
      ],
    })
    expect(exitsOf(ran)).to.deep.equal([
      ['a', 'stop-loss', T + 1_000, 94],
      ['next', 'daily-loss', T + 3_500, 95],
    ])
    expect(limitsOf(ran).at(-1)).to.include({ realised: -60, unrealised: -50 })
    expect(ran.stderr).to.contain('1 position not tested: opened after the last row (later)')
  })

  it('evaluates limits once more after the last row', async () => {
    const ran = await replay({
      config: { portfolio: { limits: [{ name: 'all', maxLoss: 100 }] } },
      positions: [acme()],
      ticks: [
        [T, 'ACME', 100],
        [T + 10, 'ACME', 80],
      ],
    })
    expect(exitsOf(ran)).to.deep.equal([['a', 'daily-loss', T + 10, 80]])
  })

  it('delays price exits that come in a mass until their time is over', async () => {
    const crash = ['a', 'b', 'c'].map(id => acme({ id, rules: { stopLoss: { pct: 5 } } }))
    const config = { massExit: { max: 1, confirmMs: 3_000 } }
    const ticks = [
      [T, 'ACME', 100],
      [T + 600, 'ACME', 90],
      [T + 900, 'ACME', 99],
    ] as const
    const ran = await replay({ config, positions: crash, ticks: [...ticks, [T + 9_000, 'X', 1]] })
    expect(exitsOf(ran)).to.deep.equal([
      ['a', 'stop-loss', T + 600, 90],
      ['b', 'stop-loss', T + 600, 99],
      ['c', 'stop-loss', T + 600, 99],
    ])
    expect(linesOf(ran).at(-1)).to.include({ heldExits: 2 })
    // After the last row their time continues.
    const ended = await replay({ config, positions: crash, ticks })
    expect(exitsOf(ended)).to.deep.equal(exitsOf(ran))
  })

  it('lets no price decide while its market is closed', async () => {
    const hours = { timezone: 'Asia/Kolkata', open: '09:15', close: '15:30' }
    const at = (time: string): number => Date.parse(`2024-08-08T${time}+05:30`)
    const ran = await replay({
      config: { instruments: { ACME: { hours } } },
      positions: [acme({ openedAt: at('09:00:00'), rules: { stopLoss: { pct: 5 } } })],
      ticks: [
        [at('09:08:00'), 'ACME', 50],
        [at('09:15:00'), 'ACME', 100],
        [at('15:29:59'), 'ACME', 94],
      ],
    })
    expect(exitsOf(ran)).to.deep.equal([['a', 'stop-loss', at('15:29:59'), 94]])
    expect(linesOf(ran).at(-1)).to.include({ ticksOutsideHours: 1 })
    expect(ran.stderr).to.contain('1 ticks came while their market was closed')
  })

  it('names once the settings that have no effect in a replay, without their values', async () => {
    const ran = await replay({
      config: {
        broker: { kind: 'http', url: 'http://127.0.0.1:1', token: 'not-a-real-token-0123' },
        feed: { kind: 'poll', maxJumpPct: 20 },
        notify: { service: 'mine' },
      },
      positions: [acme({ rules: { stopLoss: { pct: 5 } } })],
      ticks: [
        [T, 'ACME', 100],
        [T + 1, 'ACME', 10],
        [T + 2, 'ACME', 100],
      ],
    })
    expect(ran.stderr.match(/leaves out .*/g)).to.deep.equal(['leaves out broker, notify, feed'])
    expect(ran.stderr + ran.stdout).not.to.contain('not-a-real-token')
    expect(linesOf(ran).at(-1)).to.deep.include({ exits: 0, badTicks: 1 })
  })

  it('reports faults of the configuration with exit code 2, before anything is played', async () => {
    const ran = await replay({
      config: { portfolio: { limits: [{ name: 'all' }] } },
      positions: [acme()],
      ticks: [],
    })
    expect([ran.code, ran.stdout]).to.deep.equal([2, ''])
    expect(ran.stderr).to.contain('portfolio.limits[0]')
  })
})

describe('watchkeeper replay of an Indian day', () => {
  const example = (name: string): string =>
    fileURLToPath(new URL(`../../config/example/${name}`, import.meta.url))
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  it('begins its day at midnight of Asia/Kolkata, and not at that of UTC', async () => {
    const at = (text: string): number => Date.parse(`${text}+05:30`)
    const position = (id: string, openedAt: number): object =>
      acme({ id, instrument: id.toUpperCase(), openedAt, rules: { stopLoss: { pct: 6 } } })
    const rows = [
      [at('2024-08-08T22:00:00'), 'DUSK', 100],
      [at('2024-08-08T23:00:00'), 'DUSK', 93],
      // 19:00 UTC of the same day.
      [at('2024-08-09T00:30:00'), 'DAWN', 100],
      [at('2024-08-09T01:00:00'), 'DAWN', 93],
      [at('2024-08-09T02:00:00'), 'LATE', 100],
      [at('2024-08-09T02:01:00'), 'LATE', 99],
    ]
    const positions = [
      position('dusk', at('2024-08-08T22:00:00')),
      position('dawn', at('2024-08-09T00:30:00')),
      position('late', at('2024-08-09T02:00:00')),
    ]
    folder.file('positions.json', JSON.stringify({ positions }))
    const csv = folder.file('t.csv', `ts,instrument,price\n${rows.map(String).join('\n')}\n`)
    const reasons = async (timezone: string): Promise<unknown[]> => {
      const limits = [{ name: 'all', maxLoss: 100 }]
      const config = { positions: 'positions.json', portfolio: { timezone, limits } }
      const file = folder.file('my.yaml', JSON.stringify(config))
      const ran = await watchkeeper([
        'replay',
        '--config',
        file,
        '--ticks',
        csv,
        '--format',
        'json',
      ])
      return exitsOf(ran).map(([id, reason]) => `${String(id)} ${String(reason)}`)
    }
    expect(await reasons('Asia/Kolkata')).to.deep.equal(['dusk stop-loss', 'dawn stop-loss'])
    expect(await reasons('UTC')).to.deep.equal([
      'dusk stop-loss',
      'dawn stop-loss',
      'late daily-loss',
    ])
  })

  it('exits the bundled day’s positions once its loss is reached, and none after it', async () => {
    const portfolio = {
      timezone: 'Asia/Kolkata',
      dayStart: '09:00',
      limits: [{ name: 'day', maxLoss: 100 }],
    }
    const file = folder.file('my.yaml', JSON.stringify({ portfolio, cycleMs: 10_000 }))
    const given = ['--positions', example('positions.yaml'), '--ticks', example('day.csv.gz')]
    const ran = await watchkeeper(['replay', ...given, '--config', file, '--format', 'json'])
    const tripped = limitsOf(ran).find(({ what }) => what === 'tripped')
    expect(tripped?.['loss']).to.be.at.least(100)
    const late = exitsOf(ran).filter(([, , at]) => Number(at) > Number(tripped!['at']))
    expect(late.map(([, reason]) => reason)).to.satisfy((reasons: unknown[]) =>
      reasons.every(reason => reason === 'daily-loss'),
    )
    expect(exitsOf(ran).map(([, reason]) => reason)).to.include('daily-loss')
  })
})
