import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import type { Tick } from '../../src/domain/tick.ts'
import { InputError, type Fault } from '../../src/errors.ts'
import { tickAt } from '../../src/feeds/tick-batch.ts'
import { tickFile, type TickFile, type TickFileOptions } from '../../src/feeds/tick-csv.ts'
import { timeOptions, type TimeUnit } from '../../src/feeds/tick-time.ts'

interface Outcome {
  readonly ticks: Tick[]
  readonly indexes: number[]
  readonly skipped: number
  readonly fault: Fault | undefined
}

async function readAll(ticks: TickFile): Promise<Outcome> {
  const out: Omit<Outcome, 'skipped' | 'fault'> = { ticks: [], indexes: [] }
  let fault: Fault | undefined
  try {
    for await (const batch of ticks) {
      for (let row = 0; row < batch.length; row++) {
        out.ticks.push(tickAt(batch, row))
        out.indexes.push(batch.index[row]!)
      }
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    fault = error.faults[0]
  }
  return { ...out, skipped: ticks.skippedRows, fault }
}

/** Any whole number is a time. */
const ANY_TIME = { unit: 'ms', earliest: -Infinity, latest: Infinity } as const

/** Reads a text through stdin, in chunks of `size` bytes. */
function readText(text: string | Buffer, options: TickFileOptions & { size?: number } = {}) {
  const bytes = Buffer.from(text)
  const size = options.size ?? 64
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  return readAll(tickFile('-', { time: ANY_TIME, ...options, stdin: Readable.from(chunks) }))
}

const HEADER = 'ts,instrument,price,size\n'
const faultOf = async (text: string | Buffer) => (await readText(text)).fault
const prices = (outcome: Outcome) => outcome.ticks.map(tick => tick.price)

describe('tickFile: the header', () => {
  const refused: [string, string, RegExp][] = [
    ['an empty file', '', /nothing/],
    ['no price', 'ts,instrument,px\n1,A,1\n', /"ts,instrument,px"/],
    ['no time', 'when,instrument,price\n', /"when,instrument,price"/],
    ['data in its place', '1723161255342,BTC,1\n', /1723161255342/],
    ['both names of the time', 'ts,ts_ms,instrument,price\n', /both ts and ts_ms/],
    ['two prices', 'ts,instrument,price,price\n', /2 columns/],
    ['two times of one name', 'ts,ts,instrument,price\n', /2 columns/],
    ['two bids', 'ts,instrument,price,bid,bid\n', /2 columns/],
    ['gzip under another name', gzipSync(HEADER).toString('latin1'), /gzip/],
    ['an open quote', '"ts,instrument,price\n1,A,1\n', /never closed/],
    ['broken quotes', '"ts"x,instrument,price\n1,A,1\n', /broken quotes/],
  ]
  for (const [what, text, found] of refused) {
    it(`refuses ${what}, also when bad rows are skipped`, async () => {
      const { fault } = await readText(Buffer.from(text, 'latin1'), { skipBadRows: true })
      expect(fault?.line).to.equal(1)
      expect(fault?.found).to.match(found)
    })
  }

  it('refuses UTF-16', async () => {
    const text = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(HEADER, 'utf16le')])
    expect((await faultOf(text))?.found).to.match(/UTF-16/)
  })

  it('reports everything that is wrong with it at once', async () => {
    const error = await iteratorError(['ts,ts_ms,price,price\n'])
    expect(error.faults).to.have.length(3)
  })

  it('accepts ts_ms, any order, other columns, quotes, CRLF and a BOM', async () => {
    const text = '\uFEFFnote,"price",instrument,side,"ts_ms"\r\n"a,b",2.5,X,buy,7\r\n'
    expect((await readText(text)).ticks).to.deep.equal([{ instrument: 'X', ts: 7, price: 2.5 }])
  })

  it('is enough for a file without rows', async () => {
    for (const text of [HEADER, HEADER.trimEnd(), `${HEADER}\n`]) {
      expect(await readText(text)).to.deep.include({ ticks: [], fault: undefined })
    }
  })
})

async function iteratorError(chunks: string[]): Promise<InputError> {
  try {
    for await (const batch of tickFile('-', { time: ANY_TIME, stdin: Readable.from(chunks) }))
      void batch
  } catch (error) {
    if (error instanceof InputError) return error
  }
  throw new Error('no input error')
}

describe('tickFile: files of other programs', () => {
  const at = Date.parse('2026-11-27T03:45:00Z')
  const time = timeOptions(Date.parse('2026-11-28T00:00:00Z'))

  /** The content of a file's one row, the interpretation of its header, or the fault. */
  async function taken(text: string, options: TickFileOptions = {}) {
    let said = ''
    const outcome = await readText(text, { time, ...options, onTaken: each => (said += each) })
    return { said, fault: outcome.fault, rows: outcome.ticks.map(tick => ({ ...tick })) }
  }

  it('are refused with the names of two columns that could be meant', async () => {
    for (const [header, found] of [
      ['Time,Date,Symbol,LTP', 'the columns Time and Date'],
      ['Time,Symbol,Ticker,LTP', 'the columns Symbol and Ticker'],
      ['Time,Symbol,Last,Close', 'the columns Last and Close'],
    ] as const) {
      const { fault } = await taken(`${header}\n`)
      expect(fault?.found).to.equal(found)
      expect(fault?.expected).to.include('--columns')
    }
  })

  it('are refused where they contain bars, unless the user names the price', async () => {
    const text = `Date,Symbol,Open,High,Low,Close\n${at},A,1,9,0.5,4\n`
    expect((await taken(text)).fault?.found).to.equal('bars with open, high and low')
    const { rows } = await taken(text, { columns: { price: 'close' } })
    expect(rows).to.deep.equal([{ instrument: 'A', ts: at, price: 4 }])
  })

  it('are refused where a named column is not there', async () => {
    const { fault } = await taken('ts,instrument,price\n', { columns: { bid: 'Bid Px' } })
    expect(fault).to.include({ path: '--columns bid', found: '"Bid Px"' })
  })

  it('may have other names, in any case and with blanks, and report the interpretation', async () => {
    const { rows, said } = await taken(
      `\uFEFF Time Stamp ,Trading_Symbol,"Last Price"\r\n${at},A,5\r\n`,
    )
    expect(rows).to.deep.equal([{ instrument: 'A', ts: at, price: 5 }])
    expect(said).to.equal(
      'time is "Time Stamp", instrument is "Trading_Symbol", price is "Last Price"',
    )
    expect((await taken(`ts,instrument,price,close\n${at},A,5,6\n`)).said).to.equal('')
  })

  it('may be separated by semicolons or tabs, with a decimal comma', async () => {
    const semicolons = await taken(`ts;instrument;price\n${at};A;1234,5\n`)
    expect(semicolons.rows[0]).to.include({ price: 1234.5 })
    expect(semicolons.said).to.equal('separated by semicolons')
    const tabs = await taken(`ts\tinstrument\tprice\n${at}\t"A, B"\t1.25\n`)
    expect(tabs.rows).to.deep.equal([{ instrument: 'A, B', ts: at, price: 1.25 }])
  })

  it('are refused where a number has another decimal mark than those before it', async () => {
    const rows = (...each: string[]): string =>
      `ts;instrument;price\n${each.map(price => `${at};A;${price}\n`).join('')}`
    expect((await taken(rows('1,5', '1.234'))).fault).to.include({ line: 3, found: '"1.234"' })
    expect((await taken(rows('1.5', '1,234'))).fault).to.include({ line: 3, found: '"1,234"' })
    expect((await taken(rows('1.234,5'))).fault).to.include({ line: 2, found: '"1.234,5"' })
    expect((await taken(`ts,instrument,price\n${at},A,"1,5"\n`)).fault).to.include({ line: 2 })
  })

  it('may have times without an offset, in a given zone', async () => {
    const text = 'time,symbol,ltp\n2026-11-27 09:15:00.250,A,5\n'
    expect((await taken(text)).fault?.expected).to.match(
      /with a zone .*, or --zone for local times$/,
    )
    const zoned = timeOptions(Date.parse('2026-11-28T00:00:00Z'), 'ms', 'Asia/Kolkata')
    expect((await taken(text, { time: zoned })).rows[0]?.ts).to.equal(at + 250)
    const offset = 'time,symbol,ltp\n2026-11-27 04:45:00+01:00,A,5\n'
    expect((await taken(offset, { time: zoned })).rows[0]?.ts).to.equal(at)
  })
})

describe('tickFile: bad rows', () => {
  const bad: [string, string, Partial<Fault>][] = [
    ['too few fields', '2,A,1', { path: 'row', found: '3 fields', expected: '4 fields' }],
    ['too many fields', '2,A,1,1,', { path: 'row', found: '5 fields' }],
    ['a line of spaces', '  ', { path: 'row', found: '1 field' }],
    ['an empty line', '', { path: 'row', found: 'an empty line' }],
    ['an empty price', '2,A,,1', { path: 'price', found: '""', expected: 'a decimal number' }],
    [
      'a price with separators',
      '2,A,"61,837.5",1',
      { path: 'price', found: '"61,837.5"', expected: 'a decimal number, without separators' },
    ],
    [
      'a price beyond all bounds',
      '2,A,1.7e308,1',
      {
        path: 'price',
        found: '"1.7e308"',
        expected: 'a decimal number of at most 1000000000000000',
      },
    ],
    ['an empty instrument', '2,,1,1', { path: 'instrument', found: '""' }],
    ['an empty quoted instrument', '2,"",1,1', { path: 'instrument', found: '""' }],
    ['an empty time', ',A,1,1', { path: 'ts', found: '""' }],
    ['a time without zone', '2024-08-09T00:00:00,A,1,1', { path: 'ts' }],
    ['a time that goes far backwards', '-1000,A,1,1', { path: 'ts', found: '"-1000"' }],
    ['a time with a fraction of a ms', '1.5,A,1,1', { path: 'ts', found: '"1.5"' }],
    ['a size in words', '2,A,1,many', { path: 'size', found: '"many"' }],
    ['an open quote', '2,"A,1,1', { path: 'row', found: 'a quote that is never closed' }],
    ['text behind a quote', '2,"A"B,1,1', { path: 'row', found: 'text behind a closing quote' }],
  ]
  const numbers = [
    'x',
    '0x10',
    'Infinity',
    '-Infinity',
    'NaN',
    '1_000',
    '1,5',
    '1e',
    '.5',
    '5.',
    ' 1',
  ]
  for (const text of [...numbers, '1 ', '--1', '1e999', '1.2.3', '+', '1e5.5', '١']) {
    bad.push([`the price ${text}`, `2,A,"${text}",1`, { path: 'price', found: `"${text}"` }])
    if (!text.includes(','))
      bad.push([`the plain price ${text}`, `2,A,${text},1`, { path: 'price' }])
  }
  for (const [what, row, fault] of bad) {
    it(`refuses ${what} with its line, after the rows before it`, async () => {
      const text = `${HEADER}1,A,1,1\n${row}\n3,A,3,1\n`
      for (const size of [1, 7, 64]) {
        const outcome = await readText(text, { size })
        expect(outcome.fault).to.include({ line: 3, ...fault })
        expect(prices(outcome)).to.deep.equal([1])
      }
    })

    it(`skips and counts ${what}`, async () => {
      const text = `${HEADER}1,A,1,1\n${row}\n3,A,3,1\n`
      for (const size of [1, 7, 64]) {
        const outcome = await readText(text, { size, skipBadRows: true })
        expect(outcome).to.deep.include({ skipped: 1, indexes: [0, 2], fault: undefined })
        expect(prices(outcome)).to.deep.equal([1, 3])
      }
    })
  }

  it('names file, line, column, value and what is expected in one message', async () => {
    const error = await iteratorError([`${HEADER}1,A,abc,1\n`])
    expect(error.message).to.equal(
      'stdin:\n  price, line 2: found "abc", expected a decimal number',
    )
    expect(error.code).to.equal('BAD_INPUT')
  })

  it('plays a slightly late row at the time of the row before it, and counts it', async () => {
    const ticks = tickFile('-', {
      time: ANY_TIME,
      stdin: Readable.from([Buffer.from(`${HEADER}10,A,100,1\n9,A,94,1\n20,A,101,1\n`)]),
    })
    const { ticks: read } = await readAll(ticks)
    expect(read.map(({ ts, price }) => [ts, price])).to.deep.equal([
      [10, 100],
      [10, 94],
      [20, 101],
    ])
    expect(ticks.lateRows).to.equal(1)
  })

  it('takes back a row that is ahead of all later ones, however the file is split', async () => {
    const text = `${HEADER}0,A,100,1\n3600000,A,100,1\n10,A,90,1\n20,A,80,1\n`
    for (const size of [1, 7, 64]) {
      const outcome = await readText(text, { size, skipBadRows: true })
      expect(prices(outcome)).to.deep.equal([100, 90, 80])
      expect(outcome.skipped).to.equal(1)
      const refused = await readText(text, { size })
      expect(refused.fault).to.include({ line: 3, path: 'row' })
    }
  })

  it('names the unit that a time seems to be in, and reads it with that option', async () => {
    const now = 1_732_000_000_000
    const read = (ts: string, unit: TimeUnit = 'ms') =>
      readText(`${HEADER}${ts},A,1,1\n`, { time: timeOptions(now, unit) })
    const faults: [string, RegExp][] = [
      ['1700000000', /seconds, which --ts-unit s plays/],
      ['1700000000000000', /microseconds, which --ts-unit us plays/],
      ['1700000000000000000', /nanoseconds, which --ts-unit ns plays/],
      ['4102444800000', /from 1990 to a day from now, in milliseconds$/],
      ['1980-01-01T00:00:00Z', /from 1990 to a day from now/],
    ]
    for (const [ts, expected] of faults) expect((await read(ts)).fault?.expected).to.match(expected)
    const times: [string, TimeUnit][] = [
      ['1700000000.5', 's'],
      ['1700000000500999', 'us'],
      ['1700000000500999999', 'ns'],
      ['2023-11-14T22:13:20.500Z', 'us'],
    ]
    for (const [ts, unit] of times) {
      expect((await read(ts, unit)).ticks[0]?.ts, ts).to.equal(1_700_000_000_500)
    }
  })

  it('does not let a skipped time advance the clock', async () => {
    const text = `${HEADER}5000,A,1,1\n9000,A,x,1\n3000,A,2,1\n5000,A,3,1\n`
    const outcome = await readText(text, { skipBadRows: true })
    expect(outcome).to.deep.include({ skipped: 2, indexes: [0, 3] })
  })

  it('counts line breaks inside quotes, and rows apart from lines', async () => {
    const text = 'note,ts,instrument,price\n"a\nb\r\nc",1,A,1\nx,1,A,bad\n'
    expect((await faultOf(text))?.line).to.equal(5)
  })

  it('counts every empty line in the middle and ignores those at the end', async () => {
    const text = `${HEADER}1,A,1,1\n\n\r\n2,A,2,1\n\n\n`
    const outcome = await readText(text, { skipBadRows: true, size: 5 })
    expect(outcome).to.deep.include({ skipped: 2, indexes: [0, 3], fault: undefined })
  })

  it('loses one line to a stray quote, not the rest of the file', async () => {
    const rows = Array.from({ length: 50_000 }, (_, i) => `${i + 2},A,${i},1\n`).join('')
    const outcome = await readText(`${HEADER}1,"A,1,1\n${rows}`, { skipBadRows: true, size: 65536 })
    expect(outcome.skipped).to.equal(1)
    expect(outcome.ticks).to.have.length(50_000)
  })

  it('refuses an endless line without buffering it', async () => {
    const endless = Buffer.alloc(3 << 20, 'a')
    const text = Buffer.concat([Buffer.from(HEADER), endless])
    const outcome = await readText(text, { skipBadRows: true, size: 65536 })
    expect(outcome.fault?.found).to.match(/without a line break/)
  })

  it('refuses a name that is not UTF-8', async () => {
    const text = Buffer.from(`${HEADER}1,\xe9,1,1\n`, 'latin1')
    expect(await faultOf(text)).to.include({ path: 'instrument', line: 2 })
  })
})

describe('tickFile: good rows', () => {
  it('delivers prices that are not above zero: they are bad ticks, not bad rows', async () => {
    const outcome = await readText(`${HEADER}1,A,0,1\n1,A,-5,1\n1,A,-0.0,1\n`)
    expect(prices(outcome)).to.deep.equal([0, -5, -0])
  })

  it('delivers quotes unchanged and omits empty ones', async () => {
    const text = 'ts,instrument,price,size,bid,ask\n1,A,1,,,\n2,A,1,+2,9,-1\n3,A,1e1,3,0,1E-2\n'
    expect((await readText(text)).ticks).to.deep.equal([
      { instrument: 'A', ts: 1, price: 1 },
      { instrument: 'A', ts: 2, price: 1, size: 2, bid: 9, ask: -1 },
      { instrument: 'A', ts: 3, price: 10, size: 3, bid: 0, ask: 0.01 },
    ])
  })

  it('reads integers as ms and never as seconds, and ISO 8601 with zone beside them', async () => {
    const text = `${HEADER}1723161255,A,1,1\n1970-01-20T23:39:21.256+01:00,A,1,1\n`
    const { ticks } = await readText(text)
    expect(ticks.map(tick => tick.ts)).to.deep.equal([1723161255, 1723161256])
  })

  it('reads the last line without a line break, in chunks of any size', async () => {
    const text = `\uFEFFnote,ts,instrument,price\r\n"x, ""y""\n",1,"Ä""B",1.5\r\n,2,日経,2`
    for (let size = 1; size < 20; size++) {
      expect((await readText(text, { size })).ticks).to.deep.equal([
        { instrument: 'Ä"B', ts: 1, price: 1.5 },
        { instrument: '日経', ts: 2, price: 2 },
      ])
    }
  })

  it('reads a quote inside a field as a character', async () => {
    const { ticks } = await readText(`note,ts,instrument,price\n5" pipe,1,A"B,1\n`)
    expect(ticks[0]?.instrument).to.equal('A"B')
  })

  it('fills several batches and numbers file and rows', async () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => `${i},I${i % 3},${i / 8},1\n`).join('')
    const stdin = Readable.from([Buffer.from(HEADER + rows)])
    const sizes: number[] = []
    let sum = 0
    for await (const batch of tickFile('-', { time: ANY_TIME, stdin, file: 3 })) {
      sizes.push(batch.length)
      for (let row = 0; row < batch.length; row++) sum += batch.index[row]! * batch.file[row]!
    }
    expect(sizes).to.deep.equal([4096, 4096, 1808])
    expect(sum).to.equal((9999 * 10_000 * 3) / 2)
  })
})

describe('tickFile: files', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'watchkeeper-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const ROWS = Array.from({ length: 3000 }, (_, i) => `${i},A,${(i * 7919) % 1000},1\n`)
  const packed = gzipSync(HEADER + ROWS.join(''))

  function read(name: string, bytes: Uint8Array | string): Promise<Outcome> {
    writeFileSync(join(folder, name), bytes)
    return readAll(tickFile(join(folder, name), { time: ANY_TIME, skipBadRows: true }))
  }

  it('refuses a missing file, and a folder', async () => {
    const missing = await readAll(tickFile(join(folder, 'none.csv')))
    expect(missing.fault).to.deep.include({ path: 'file', found: 'no such file' })
    expect((await readAll(tickFile(folder))).fault?.found).to.equal('a directory')
  })

  it('refuses a truncated gzip file, at any length', async () => {
    for (const length of [0, 1, 5, 12, packed.length >> 1, packed.length - 1]) {
      const { fault } = await read('cut.csv.gz', packed.subarray(0, length))
      expect(fault?.found, `${length} bytes`).to.match(/gzip data \(unexpected end of file\)/)
    }
  })

  it('refuses a gzip file with a wrong byte, a plain one of that name, and one with a tail', async () => {
    const wrong = Buffer.from(packed)
    wrong[wrong.length - 6]! ^= 255
    expect((await read('wrong.csv.gz', wrong)).fault?.found).to.match(/incorrect data check/)
    expect((await read('plain.csv.gz', HEADER)).fault?.found).to.match(/incorrect header check/)
    const tail = Buffer.concat([packed, Buffer.from('tail')])
    expect((await read('tail.csv.gz', tail)).fault?.found).to.match(/incorrect header check/)
  })

  it('reads gzip files of one and of many members', async () => {
    const parts = [HEADER, ...ROWS].map(row => gzipSync(row))
    for (const bytes of [packed, Buffer.concat(parts)]) {
      const outcome = await read('day.csv.GZ', bytes)
      expect(outcome.fault).to.equal(undefined)
      expect(outcome.ticks).to.have.length(3000)
    }
  })

  it('reports how many bytes of the file were read, and its size', async () => {
    for (const [name, bytes] of [
      ['a.csv', HEADER],
      ['a.csv.gz', packed],
    ] as const) {
      const path = join(folder, name)
      writeFileSync(path, bytes)
      const seen: (number | undefined)[] = []
      const file = tickFile(path, {
        time: ANY_TIME,
        onProgress: (read, total) => seen.push(read, total),
      })
      await readAll(file)
      expect(seen.slice(-2)).to.deep.equal([bytes.length, bytes.length])
      expect(file.progress).to.deep.equal({ bytesRead: bytes.length, totalBytes: bytes.length })
    }
  })

  it('closes the file when the reader stops early', async () => {
    writeFileSync(join(folder, 'a.csv.gz'), packed)
    for await (const batch of tickFile(join(folder, 'a.csv.gz'), { time: ANY_TIME })) {
      expect(batch.length).to.be.above(0)
      break
    }
  })
})
