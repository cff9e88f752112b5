import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { EXIT_REASONS } from '../../src/domain/reason.ts'
import { cliHere } from '../support/cli-here.ts'
import { Folder, watchkeeper, type Ran, type RunOptions } from '../support/cli.ts'

/** Times of these tests are counted from here, epoch ms. */
const T = 1_700_000_000_000

const HEADER = 'ts,instrument,price'

/** A tick file of rows such as `1000 BTC 101`, the time in ms since T. */
function ticks(rows: readonly string[], header = HEADER): string {
  const lines = rows.map(row => {
    const [at, ...rest] = row.split(' ')
    return [T + Number(at), ...rest].join(',')
  })
  return `${[header, ...lines].join('\n')}\n`
}

interface Given {
  /** Flow maps, one for each position, without the fields that most of them share. */
  readonly positions: readonly string[]
  readonly ticks: string
  readonly more?: readonly string[]
}

/** Replays one file as JSON, in this process. */
function replay({ positions, ticks: csv, more = [] }: Given): Promise<Ran> {
  const folder = new Folder()
  const files = [folder.file('positions.yaml', yaml(positions)), folder.file('ticks.csv', csv)]
  const args = ['--positions', files[0]!, '--ticks', files[1]!, '--format', 'json', ...more]
  return cliHere(['replay', ...args]).finally(() => folder.remove())
}

const yaml = (positions: readonly string[]): string =>
  `positions:\n${positions.map(each => `  - ${each}\n`).join('')}`

/** One position of 2 BTC at 100, opened at T, with these rules and other fields. */
const btc = (rules: string, { id = 'a', side = 'long', also = `openedAt: ${T}` } = {}): string => {
  const fields = `id: ${id}, instrument: BTC, side: ${side}, quantity: 2, entryPrice: 100`
  return `{ ${fields}, ${also === '' ? '' : `${also}, `}rules: ${rules} }`
}

interface Line {
  readonly type: string
  readonly [key: string]: unknown
}

function linesOf({ code, stdout, stderr }: Ran): Line[] {
  if (stdout === '') throw new Error(`it ended with ${code} and wrote nothing: ${stderr}`)
  const lines = stdout.trim().split('\n')
  return lines.map(line => JSON.parse(line) as Line)
}

const exitsOf = (ran: Ran): Line[] => linesOf(ran).filter(({ type }) => type === 'exit')
const openOf = (ran: Ran): Line[] => linesOf(ran).filter(({ type }) => type === 'open')
const summaryOf = (ran: Ran): Line => linesOf(ran).at(-1)!

/** The exit lines, reduced to some of their fields. */
const pick = (lines: readonly Line[], ...keys: string[]): unknown[][] =>
  lines.map(line => keys.map(key => line[key]))

const REASONS = EXIT_REASONS.map(reason => `"${reason}":0`).join(',')

/** The summary of a position whose instrument had no tick. */
const UNTICKED =
  '"untested":[{"what":"instrument","name":"BTC","why":"it had no tick","positions":1,"examples":["a"]}]'

const byReason = (reason = ''): string =>
  `"byReason":{${REASONS.replace(`"${reason}":0`, `"${reason}":1`)}}`

describe('watchkeeper replay, byte for byte', () => {
  it('writes an exit by price and the summary', async () => {
    const ran = await replay({
      positions: [btc('{ stopLoss: { pct: 5 } }')],
      ticks: ticks(['1000 BTC 101', '2000 ETH 7', '3000 BTC 94', '4000 BTC 93']),
    })
    expect(ran.stdout).to.equal(
      `{"type":"exit","positionId":"a","instrument":"BTC","side":"long","reason":"stop-loss",` +
        `"matched":["stop-loss"],"at":${T + 3000},"tick":{"index":2,"instrument":"BTC",` +
        `"ts":${T + 3000},"price":94},"level":95,"fillPrice":94,"profitPct":-6,` +
        `"profitAmount":-12}\n` +
        `{"type":"summary","positions":1,"exits":1,"open":0,${byReason('stop-loss')},"ticks":4,` +
        `"badTicks":0,"skippedRows":0,"lateRows":0,"from":${T + 1000},"to":${T + 4000},"profitAmount":-12}\n`,
    )
    expect(ran.code).to.equal(0)
  })

  it('writes an exit by time between two rows', async () => {
    const ran = await replay({
      positions: [btc('{ maxHold: { ms: 2500 } }')],
      ticks: ticks(['1000 BTC 101', '2000 BTC 102', '3000 ETH 7', '4000 BTC 90']),
    })
    expect(ran.stdout.split('\n')[0]).to.equal(
      `{"type":"exit","positionId":"a","instrument":"BTC","side":"long","reason":"max-hold",` +
        `"matched":["max-hold"],"at":${T + 2500},"tick":null,"level":null,"fillPrice":102,` +
        `"profitPct":2,"profitAmount":4}`,
    )
  })

  it('writes what is left open, the tightest stop and the nearest target', async () => {
    const rules = '{ stopLoss: { pct: 5 }, trailingStop: { distance: 4 }, takeProfit: { pct: 10 } }'
    const ran = await replay({
      positions: [btc(rules), btc('{ maxHold: { ms: 60000 } }', { id: 'b', side: 'short' })],
      ticks: ticks(['1000 BTC 101', '2000 BTC 103', '3000 BTC 102']),
    })
    expect(ran.stdout).to.equal(
      `{"type":"open","positionId":"a","stop":99,"target":110,"best":103}\n` +
        `{"type":"open","positionId":"b","stop":null,"target":null,"best":100}\n` +
        `{"type":"summary","positions":2,"exits":0,"open":2,${byReason()},"ticks":3,` +
        `"badTicks":0,"skippedRows":0,"lateRows":0,"from":${T + 1000},"to":${T + 3000},"profitAmount":0,` +
        `"untested":[{"what":"rule","name":"maxHold","why":"its time lies after the last row",` +
        `"positions":1,"examples":["b"]}]}\n`,
    )
  })

  it('writes a position whose exit found no price as open and exiting', async () => {
    const ran = await replay({
      positions: [btc('{ maxHold: { ms: 1500 } }')],
      ticks: ticks(['1000 ETH 7', '2000 ETH 8']),
    })
    expect(ran.stdout).to.equal(
      `{"type":"open","positionId":"a","stop":null,"target":null,"best":100,"exiting":true}\n` +
        `{"type":"summary","positions":1,"exits":0,"open":1,${byReason()},"ticks":2,` +
        `"badTicks":0,"skippedRows":0,"lateRows":0,"from":${T + 1000},"to":${T + 2000},"profitAmount":0,` +
        `${UNTICKED}}\n`,
    )
  })

  it('writes a summary even of a file without a row', async () => {
    const ran = await replay({
      positions: [btc('{ stopLoss: { pct: 5 } }', { also: '' })],
      ticks: `${HEADER}\n`,
    })
    expect(ran.code).to.equal(0)
    expect(ran.stdout).to.equal(
      `{"type":"open","positionId":"a","stop":95,"target":null,"best":100}\n` +
        `{"type":"summary","positions":1,"exits":0,"open":1,${byReason()},"ticks":0,` +
        `"badTicks":0,"skippedRows":0,"lateRows":0,"from":null,"to":null,"profitAmount":0,` +
        `${UNTICKED}}\n`,
    )
  })

  it('writes the same bytes in a second run', async () => {
    const given = {
      positions: ['a', 'b', 'c'].map((id, index) =>
        btc(`{ trailingStop: { distancePct: ${index + 1} }, maxHold: { ms: 70000 } }`, { id }),
      ),
      ticks: ticks(
        Array.from({ length: 100 }, (_, row) => `${row * 1000} BTC ${100 + ((row * 7) % 5) / 2}`),
      ),
    }
    const [one, two] = await Promise.all([replay(given), replay(given)])
    expect(one.stdout).to.equal(two.stdout)
    expect(exitsOf(one)).to.have.length(3)
  })
})

describe('watchkeeper replay, on time', () => {
  it('decides a deadline together with the first own tick of that very time', async () => {
    const ran = await replay({
      positions: [
        btc('{ stopLoss: { pct: 5 }, maxHold: { ms: 2000 } }'),
        btc('{ takeProfit: { pct: 50 }, maxHold: { ms: 2000 } }', { id: 'b' }),
      ],
      ticks: ticks(['1000 BTC 101', '2000 ETH 7', '2000 BTC 94', '2000 BTC 93', '3000 BTC 99']),
    })
    expect(pick(exitsOf(ran), 'positionId', 'matched', 'at', 'fillPrice', 'level')).to.deep.equal([
      ['a', ['stop-loss', 'max-hold'], T + 2000, 94, 95],
      ['b', ['max-hold'], T + 2000, 94, null],
    ])
    expect(exitsOf(ran).map(({ tick }) => tick)).to.deep.equal([
      { index: 2, instrument: 'BTC', ts: T + 2000, price: 94 },
      null,
    ])
  })

  it('fires a deadline at the time of the last row, and none later', async () => {
    const ran = await replay({
      positions: [
        btc('{ maxHold: { ms: 2000 } }'),
        btc('{ maxHold: { ms: 2001 } }', { id: 'later' }),
      ],
      ticks: ticks(['1000 BTC 101', '2000 ETH 7']),
    })
    expect(pick(exitsOf(ran), 'positionId', 'at', 'fillPrice')).to.deep.equal([
      ['a', T + 2000, 101],
    ])
    expect(pick(openOf(ran), 'positionId', 'exiting')).to.deep.equal([['later', undefined]])
  })

  it('fills an exit before the first price at that price, and lists it where it was decided', async () => {
    const ran = await replay({
      positions: [
        btc('{ stopLoss: { pct: 5 } }'),
        `{ id: early, instrument: SOL, side: long, quantity: 1, entryPrice: 10, openedAt: ${T}, rules: { maxHold: { ms: 1500 } } }`,
      ],
      ticks: ticks(['1000 BTC 101', '2000 BTC 94', '5000 SOL 11']),
    })
    expect(pick(exitsOf(ran), 'positionId', 'reason', 'at', 'tick', 'fillPrice')).to.deep.equal([
      ['early', 'max-hold', T + 1500, null, 11],
      ['a', 'stop-loss', T + 2000, { index: 1, instrument: 'BTC', ts: T + 2000, price: 94 }, 94],
    ])
  })

  it('does not hold lines back behind an exit that never finds a price', async () => {
    const never = `{ id: never, instrument: SOL, side: long, quantity: 1, entryPrice: 10, openedAt: ${T}, rules: { maxHold: { ms: 1500 } } }`
    const ran = await replay({
      positions: [never, btc('{ stopLoss: { pct: 5 } }')],
      ticks: ticks(['1000 BTC 101', '2000 BTC 94']),
    })
    expect(linesOf(ran).map(({ type, positionId }) => [type, positionId])).to.deep.equal([
      ['exit', 'a'],
      ['open', 'never'],
      ['summary', undefined],
    ])
  })

  it('opens a position with the first row unless it says when', async () => {
    const ran = await replay({
      positions: [
        btc('{ maxHold: { ms: 1500 } }', { also: '' }),
        btc('{ stopLoss: { pct: 5 } }', { id: 'late', also: `openedAt: ${T + 3000}` }),
      ],
      ticks: ticks(['1000 BTC 101', '2000 BTC 50', '3000 BTC 99', '4000 BTC 120']),
    })
    expect(pick(exitsOf(ran), 'positionId', 'at', 'fillPrice')).to.deep.equal([['a', T + 2500, 50]])
    expect(openOf(ran)).to.deep.equal([
      { type: 'open', positionId: 'late', stop: 95, target: null, best: 120 },
    ])
  })

  it('counts the tick at openedAt itself', async () => {
    const ran = await replay({
      positions: [btc('{ stopLoss: { pct: 5 } }', { also: `openedAt: ${T + 2000}` })],
      ticks: ticks(['1000 BTC 90', '2000 BTC 94']),
    })
    expect(pick(exitsOf(ran), 'at')).to.deep.equal([[T + 2000]])
  })

  it('exits no position by a target that moves until a tick is evaluated', async () => {
    const rules =
      '{ takeProfit: { schedule: [{ afterMs: 0, pct: 10 }, { afterMs: 1500, pct: 1 }] } }'
    const ran = await replay({
      positions: [btc(rules)],
      ticks: ticks(['1000 BTC 105', '2000 ETH 7', '3000 BTC 102']),
    })
    expect(pick(exitsOf(ran), 'at', 'level', 'fillPrice')).to.deep.equal([[T + 3000, 101, 102]])
  })
})

describe('watchkeeper replay, on prices', () => {
  it('mirrors everything for a short, with its multiplier', async () => {
    const ran = await replay({
      positions: [
        btc('{ trailingStop: { distancePct: 10 } }', {
          side: 'short',
          also: `openedAt: ${T}, multiplier: 10`,
        }),
      ],
      ticks: ticks(['1000 BTC 90', '2000 BTC 80', '3000 BTC 88']),
    })
    const profit = pick(exitsOf(ran), 'level', 'fillPrice', 'profitPct', 'profitAmount')
    expect(profit).to.deep.equal([[88, 88, 12, 240]])
  })

  it('rounds profits to 15 digits, without floating-point error', async () => {
    const ran = await replay({
      positions: [
        `{ id: a, instrument: BTC, side: long, quantity: 3, entryPrice: 0.1, openedAt: ${T}, rules: { takeProfit: { price: 0.3 } } }`,
      ],
      ticks: ticks(['1000 BTC 0.3']),
    })
    expect(pick(exitsOf(ran), 'profitPct', 'profitAmount')).to.deep.equal([[200, 0.6]])
    expect(summaryOf(ran)['profitAmount']).to.equal(0.6)
  })

  it('lists several exits of one tick in the order of the positions', async () => {
    const stop = '{ stopLoss: { pct: 5 } }'
    const ran = await replay({
      positions: ['c', 'a', 'b'].map(id => btc(stop, { id })),
      ticks: ticks(['1000 BTC 94']),
    })
    expect(pick(exitsOf(ran), 'positionId')).to.deep.equal([['c'], ['a'], ['b']])
  })

  it('drops and counts prices that are not above zero', async () => {
    const ran = await replay({
      positions: [btc('{ stopLoss: { pct: 5 } }')],
      ticks: ticks(['1000 BTC 0', '2000 BTC -3', '3000 BTC 99']),
    })
    expect(exitsOf(ran)).to.deep.equal([])
    expect(summaryOf(ran)).to.include({ ticks: 3, badTicks: 2, skippedRows: 0 })
  })

  it('values a long at the bid and a short at the ask where asked to', async () => {
    const quoted = '{ priceSource: quote, stopLoss: { pct: 5 } }'
    const ran = await replay({
      positions: [
        btc(quoted),
        btc(quoted, { id: 'b', side: 'short' }),
        btc('{ stopLoss: { pct: 5 } }', { id: 'c' }),
      ],
      ticks: ticks(['1000 BTC 100 94 106'], `${HEADER},bid,ask`),
    })
    expect(pick(exitsOf(ran), 'positionId', 'fillPrice', 'level')).to.deep.equal([
      ['a', 94, 95],
      ['b', 106, 105],
    ])
    expect(exitsOf(ran)[0]!['tick']).to.deep.equal({
      index: 0,
      instrument: 'BTC',
      ts: T + 1000,
      price: 100,
    })
  })

  it('uses the price where quotes are empty, crossed or not above zero', async () => {
    const ran = await replay({
      positions: [btc('{ priceSource: quote, stopLoss: { pct: 5 } }')],
      ticks: ticks(
        ['1000 BTC 100 94 90', '2000 BTC 100  ', '3000 BTC 100 0 101', '4000 BTC 95 -1 1'],
        `${HEADER},bid,ask`,
      ),
    })
    expect(pick(exitsOf(ran), 'at', 'fillPrice')).to.deep.equal([[T + 4000, 95]])
    expect(summaryOf(ran)).to.include({ badTicks: 0, skippedRows: 0 })
  })

  it('names the level and the tick of the underlying, and fills at the own price', async () => {
    const ran = await replay({
      positions: [
        btc('{ underlying: { risePct: 10 } }', { also: `openedAt: ${T}, underlying: SPX` }),
      ],
      ticks: ticks(['1000 BTC 101', '1000 SPX 5000', '2000 SPX 5499', '3000 SPX 5501']),
    })
    expect(pick(exitsOf(ran), 'reason', 'tick', 'level', 'fillPrice')).to.deep.equal([
      ['underlying', { index: 3, instrument: 'SPX', ts: T + 3000, price: 5501 }, 5500, 101],
    ])
  })
})

describe('watchkeeper replay, on files', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const run = (tickFiles: string[], more: string[] = [], options?: RunOptions): Promise<Ran> => {
    const positions = folder.file('p.yaml', yaml([btc('{ stopLoss: { pct: 5 } }')]))
    const files = ['--positions', positions, '--ticks', ...tickFiles]
    const args = ['replay', ...files, '--format', 'json', ...more]
    return options === undefined ? cliHere(args) : watchkeeper(args, options)
  }

  it('merges several by time, names the deciding one, and prefers the first at equal times', async () => {
    const one = folder.file('one.csv', ticks(['1000 BTC 101', '3000 BTC 94']))
    const two = folder.file('two.csv', ticks(['2000 BTC 96', '3000 BTC 93']))
    const [first, second] = await Promise.all([run([one, two]), run([two, one])])
    expect(first.stdout).to.contain(`"tick":{"file":${JSON.stringify(one)},"index":1,`)
    expect(pick(exitsOf(first), 'fillPrice')).to.deep.equal([[94]])
    expect(pick(exitsOf(second), 'fillPrice')).to.deep.equal([[93]])
    expect(summaryOf(first)).to.include({ ticks: 4, from: T + 1000, to: T + 3000 })
  })

  it('reads .csv.gz', async () => {
    const packed = folder.file('t.csv.gz', gzipSync(ticks(['1000 BTC 94'])))
    expect(pick(exitsOf(await run([packed])), 'fillPrice')).to.deep.equal([[94]])
  })

  it('reads stdin as -', async () => {
    const ran = await run(['-'], [], { stdin: ticks(['1000 BTC 94']) })
    expect(pick(exitsOf(ran), 'fillPrice')).to.deep.equal([[94]])
  })

  it('refuses stdin twice', async () => {
    const ran = await run(['-', '-'])
    expect(ran).to.deep.equal({
      code: 2,
      stdout: '',
      stderr: 'error: --ticks names - (stdin) twice, and stdin can be read only once\n',
    })
  })

  it('reads ISO times, columns in any order, and ignores the others', async () => {
    const csv = 'venue,price,ts,instrument\nX,94,2023-11-14T22:13:21Z,BTC\n'
    expect(pick(exitsOf(await run([folder.file('t.csv', csv)])), 'at')).to.deep.equal([[T + 1000]])
  })

  it('names the place of a bad row, after the exits before it, and ends with 2', async () => {
    const csv = `${ticks(['1000 BTC 94'])}${T + 2000},BTC,abc\n`
    const ran = await run([folder.file('t.csv', csv)])
    expect(ran.code).to.equal(2)
    expect(exitsOf(ran)).to.have.length(1)
    expect(ran.stdout).not.to.contain('summary')
    expect(ran.stderr).to.match(/t\.csv.*\n?.*price.*line 3: found "abc", expected/)
  })

  it('skips bad rows with the option for it, counts them, and keeps counting the index', async () => {
    const csv = `${HEADER}\n${T},BTC,abc\n${T + 1000},BTC\n${T + 2000},BTC,99\n${T},BTC,1\n${T + 3000},BTC,94\n`
    const ran = await run([folder.file('t.csv', csv)], ['--skip-bad-rows', '--max-skipped', '60'])
    expect(ran.code).to.equal(0)
    expect((exitsOf(ran)[0]!['tick'] as Line)['index']).to.equal(4)
    expect(summaryOf(ran)).to.include({ ticks: 2, skippedRows: 3, from: T + 2000 })
  })

  it('ends with 1 after the whole result where more than half of the rows were skipped', async () => {
    const csv = `${HEADER}\n${T},BTC,abc\n${T + 1000},BTC\n${T + 2000},BTC,99\n`
    const file = folder.file('t.csv', csv)
    const ran = await run([file], ['--skip-bad-rows'])
    expect(ran.code).to.equal(1)
    expect(summaryOf(ran)).to.include({ ticks: 1, skippedRows: 2 })
    expect(ran.stderr).to.match(/TOO_MANY_SKIPPED: 2 of 3 rows \(66.67 %\) .*more than 50 %/)
    const half = folder.file('h.csv', `${csv}${T + 3000},BTC,98\n`)
    expect((await run([half], ['--skip-bad-rows'])).code).to.equal(0)
    expect((await run([half], ['--skip-bad-rows', '--max-skipped', '49'])).code).to.equal(1)
  })

  it('refuses a header without the columns it needs', async () => {
    const ran = await run([folder.file('t.csv', 'time,colour,price\n1,BTC,1\n')])
    expect(ran.code).to.equal(2)
    expect(ran.stdout).to.equal('')
    expect(ran.stderr).to.match(/t\.csv[^]*line 1: found/)
  })

  it('refuses a time that goes backwards in its file', async () => {
    const ran = await run([folder.file('t.csv', ticks(['2000 BTC 100', '999 BTC 100']))])
    expect(ran.code).to.equal(2)
    expect(ran.stderr).to.contain('line 3')
  })

  it('refuses a tick file that is not there', async () => {
    const ran = await run([`${folder.path}/gone.csv`])
    expect(ran.code).to.equal(2)
    expect(ran.stderr).to.contain('gone.csv').and.to.contain('no such file')
  })
})

describe('watchkeeper replay, on the command line', () => {
  let folder: Folder
  beforeEach(() => (folder = new Folder()))
  afterEach(() => folder.remove())

  const quiet = () => folder.file('t.csv', ticks(['1000 BTC 94']))

  it('requires positions, with a hint at the help', async () => {
    const ran = await cliHere(['replay', '--ticks', 'day.csv'])
    expect(ran).to.deep.equal({
      code: 2,
      stdout: '',
      stderr:
        'error: found neither --positions nor a --config that names them, expected one of the two\n',
    })
  })

  it('refuses an option it does not know, and a format', async () => {
    const [unknown, format] = await Promise.all([
      cliHere(['replay', '--positions', 'x', '--ticks', 'y', '--stric']),
      cliHere(['replay', '--positions', 'x', '--ticks', 'y', '--format', 'xml']),
    ])
    expect(unknown.code).to.equal(2)
    expect(unknown.stderr).to.contain('Did you mean --strict?')
    expect(format.code).to.equal(2)
    expect(format.stderr).to.contain('Allowed choices are text, json.')
  })

  it('uses the given columns and zone, and prints how it interpreted them', async () => {
    const rules = '{ stopLoss: { pct: 5 } }'
    const csv = 'When;Symbol;Px\n2023-11-15 03:43:21;BTC;100,5\n2023-11-15 03:43:22;BTC;94\n'
    const more = ['--columns', 'time=when,price=Px', '--zone', 'Asia/Kolkata']
    const ran = await replay({ positions: [btc(rules)], ticks: csv, more })
    expect(exitsOf(ran)[0]).to.include({ at: T + 2_000, fillPrice: 94 })
    expect(ran.stderr).to.match(
      /ticks\.csv: time is "When", instrument is "Symbol", price is "Px", separated by semicolons\n/,
    )
    const bad = await replay({
      positions: [btc(rules)],
      ticks: csv,
      more: ['--columns', 'cost=Px'],
    })
    expect([bad.code, bad.stderr]).to.satisfy(
      ([code, text]: [number, string]) => code === 2 && text.includes('Expected pairs'),
    )
  })

  const EXPORTS: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'aggregate trades of Binance',
      `agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n1,100,1,1,1,${T + 1_000},true\n2,94,1,2,2,${T + 2_000},false\n`,
      [],
    ],
    [
      'klines of Binance, by their closes',
      `open_time,open,high,low,close,volume,close_time\n${T},100,101,94,100,1,${T + 1_000}\n${T + 1_001},100,101,94,94,1,${T + 2_000}\n`,
      ['--columns', 'time=close_time,price=close'],
    ],
    [
      'closes of TradingView',
      `time,close\n${T / 1_000 + 1},100\n${T / 1_000 + 2},94\n`,
      ['--ts-unit', 's'],
    ],
    [
      'bars of Yahoo, by their closes',
      'Date,Open,High,Low,Close,Adj Close,Volume\n2023-11-14T22:13:21Z,1,2,1,100,99,5\n2023-11-14T22:13:22Z,1,2,1,"94",99,5\n',
      ['--columns', 'price=Close'],
    ],
  ]
  for (const [what, csv, more] of EXPORTS) {
    it(`plays a file of one instrument that names none: ${what}`, async () => {
      const positions = [btc('{ stopLoss: { pct: 5 } }')]
      const ran = await replay({ positions, ticks: csv, more: ['--instrument', 'BTC', ...more] })
      expect(exitsOf(ran)[0]).to.include({ at: T + 2_000, fillPrice: 94 })
      expect(ran.stderr).to.contain('every row is of "BTC"')
      const unnamed = await replay({ positions, ticks: csv, more: [...more] })
      expect([unnamed.code, unnamed.stderr]).to.satisfy(
        ([code, text]: [number, string]) => code === 2 && text.includes('or --instrument <name>'),
      )
    })
  }

  it('shows examples in its help', async () => {
    const ran = await cliHere(['replay', '--help'])
    expect(ran.code).to.equal(0)
    expect(ran.stderr).to.equal('')
    expect(ran.stdout).to.contain('Examples:\n  $ watchkeeper replay --positions')
  })

  it('reports every fault of positions and rules, writes nothing, and ends with 2', async () => {
    const positions = folder.file('p.yaml', yaml(['{ id: 7, side: up }']))
    const rules = folder.file('r.yaml', 'rules: { default: { stopLoss: { pct: 0 } } }')
    const args = ['--positions', positions, '--rules', rules, '--ticks', quiet()]
    const ran = await cliHere(['replay', ...args])
    expect(ran.code).to.equal(2)
    expect(ran.stdout).to.equal('')
    expect(ran.stderr.split('\n')).to.deep.equal([
      `error: ${positions}:`,
      `  ${rules}: rules.default.stopLoss.pct, line 1: found 0, expected a number above 0`,
      '  positions[0].id, line 2: found the number 7, expected a string: quote it, "7"',
      '  positions[0].instrument, line 2: found nothing, expected a string that is not empty',
      '  positions[0].side, line 2: found "up", expected long or short',
      '  positions[0].quantity, line 2: found nothing, expected a number above 0',
      '  positions[0].entryPrice, line 2: found nothing, expected a number above 0',
      '',
    ])
  })

  it('prints warnings to stderr and goes on, unless strict', async () => {
    const positions = folder.file('p.yaml', yaml([btc('{ stopLoss: { pct: 0.05 } }')]))
    const args = ['replay', '--positions', positions, '--ticks', quiet(), '--format', 'json']
    const [loose, strict] = await Promise.all([cliHere(args), cliHere([...args, '--strict'])])
    expect(loose.code).to.equal(0)
    expect(loose.stderr).to.match(/^warning: positions\[0\].rules.stopLoss.pct, line 2: found 0.05/)
    expect(exitsOf(loose)).to.have.length(1)
    expect(strict.code).to.equal(2)
    expect(strict.stdout).to.equal('')
  })

  it('prints its speed to stderr, and no progress bar where stderr is no terminal', async () => {
    const positions = folder.file('p.yaml', yaml([btc('{ stopLoss: { pct: 5 } }')]))
    const ran = await watchkeeper(['replay', '--positions', positions, '--ticks', quiet()])
    expect(ran.stderr).to.match(/^1 ticks in \d+\.\d\d s, [\d,]+ ticks\/s\n$/)
  })

  it('shows exits, what is open and a summary as text', async () => {
    const positions = folder.file(
      'p.yaml',
      yaml([
        btc('{ stopLoss: { pct: 5 }, maxHold: { ms: 2000 } }'),
        btc('{ takeProfit: { pct: 50 } }', { id: 'b' }),
        `{ id: never, instrument: SOL, side: short, quantity: 1, entryPrice: 10, openedAt: ${T}, rules: { maxHold: { ms: 1500 } } }`,
      ]),
    )
    const csv = folder.file('t.csv', ticks(['1000 BTC 0', '2000 BTC 94', '3000 BTC 1234.5']))
    const ran = await cliHere(['replay', '--positions', positions, '--ticks', csv])
    expect(ran.stdout).to.equal(
      `time (UTC)                reason         position  instrument  side      filled at      profit        amount
2023-11-14T22:13:22.000Z  stop-loss      a         BTC         long             94     -6.00 %           -12  also max-hold
2023-11-14T22:13:23.000Z  take-profit    b         BTC         long         1234.5  +1134.50 %         2,269

still open  stop  target  best
never          -       -    10  exiting: no price yet

3 positions: 2 exits, 1 open; profit 2,257
exits: stop-loss 1, take-profit 1
3 ticks from 2023-11-14T22:13:21.000Z to 2023-11-14T22:13:23.000Z, 1 of them bad; 0 rows skipped, 0 late
`,
    )
  })

  it('ends quietly when the reader of its output does', async () => {
    // Long names: the output exceeds what a pipe holds, of few positions.
    const ids = Array.from({ length: 500 }, (_, index) => `${'p'.repeat(190)}${index}`)
    const positions = folder.file(
      'p.yaml',
      yaml(ids.map(id => btc('{ stopLoss: { pct: 5 } }', { id }))),
    )
    const args = ['--positions', positions, '--ticks', quiet(), '--format', 'json']
    const ran = await watchkeeper(['replay', ...args], { readsOnce: true })
    expect({ code: ran.code, stderr: ran.stderr }).to.deep.equal({ code: 0, stderr: '' })
  })
})

interface Example {
  readonly name: string
  readonly side: string
  readonly entryPrice: number
  readonly rules: unknown
  readonly prices: readonly number[]
  readonly timesMs: readonly number[]
  readonly expect: {
    readonly reason: string
    readonly index: number
    readonly price: number
    readonly level?: number
  } | null
  readonly stop?: number
}

const EXAMPLES = new URL('../../../shared/conformance/exit-examples.jsonl', import.meta.url)

describe('watchkeeper replay, on examples from well-known trading systems', () => {
  if (!existsSync(EXAMPLES)) {
    it.skip('agrees with them (skipped: ../shared/conformance is not there)')
    return
  }
  const examples = readFileSync(EXAMPLES, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Example)
  let lines: Line[]

  before(async () => {
    const folder = new Folder()
    const positions = examples.map(({ name, side, entryPrice, rules }) => {
      return { id: name, instrument: name, side, quantity: 1, entryPrice, openedAt: T, rules }
    })
    const rows = examples
      .flatMap(({ name, prices, timesMs }) =>
        timesMs.map((at, index) => ({ at, row: `${at} ${name} ${prices[index]}` })),
      )
      .toSorted((a, b) => a.at - b.at)
    const files = {
      positions: folder.file('positions.json', JSON.stringify({ positions })),
      ticks: folder.file('ticks.csv', ticks(rows.map(({ row }) => row))),
    }
    const args = ['--positions', files.positions, '--ticks', files.ticks, '--format', 'json']
    lines = linesOf(await cliHere(['replay', ...args]))
    folder.remove()
  })

  for (const example of examples) {
    it(`agrees with ${example.name}`, () => {
      const line = lines.find(({ positionId }) => positionId === example.name)!
      if (example.expect === null) {
        expect([line.type, line['stop']]).to.deep.equal(['open', example.stop])
        return
      }
      const { reason, index, price, level } = example.expect
      expect(line).to.include({ type: 'exit', reason, fillPrice: price })
      expect(line['at']).to.equal(T + example.timesMs[index]!)
      if (level !== undefined) expect(line['level']).to.equal(level)
      const tick = line['tick'] as Line | null
      if (tick !== null) expect(tick['price']).to.equal(price)
    })
  }
})
