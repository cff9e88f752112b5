import { expect } from 'chai'
import fc from 'fast-check'
import { isBounded } from '../../src/domain/bounds.ts'
import { parseDecimal } from '../../src/feeds/csv-layout.ts'
import { tickAt, tickBatch } from '../../src/feeds/tick-batch.ts'
import { TickRows } from '../../src/feeds/tick-rows.ts'
import { runs } from '../support/runs.ts'

/** Any whole number is a time. */
const ANY_TIME = { unit: 'ms', earliest: -Infinity, latest: Infinity } as const

/** All rows of a text that is fed in chunks of the given sizes, as JSON lines. */
function rowsOf(text: string, sizes: readonly number[]): { lines: string[]; skipped: number } {
  const rows = new TickRows({ source: 'test', file: 0, skipBadRows: true, time: ANY_TIME })
  const batch = tickBatch(3)
  const lines: string[] = []
  const drain = (): void => {
    for (let isMore = true; isMore;) {
      isMore = rows.fill(batch)
      for (let row = 0; row < batch.length; row++) {
        lines.push(JSON.stringify([batch.index[row], tickAt(batch, row)]))
      }
    }
  }
  const bytes = Buffer.from(text)
  for (let at = 0, chunk = 0; at < bytes.length; chunk++) {
    const size = sizes[chunk % sizes.length]!
    rows.feed(bytes.subarray(at, at + size))
    at += size
    drain()
  }
  rows.finish()
  drain()
  return { lines, skipped: rows.skipped }
}

const digits = fc.stringMatching(/^\d{1,20}$/)
const decimal = fc
  .tuple(
    fc.constantFrom('', '+', '-'),
    digits,
    fc.option(digits),
    fc.option(fc.integer({ min: -330, max: 310 })),
  )
  .map(([sign, whole, fraction, exponent]) => {
    const tail = exponent === null ? '' : `e${exponent}`
    return `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${tail}`
  })

/** Reads texts as prices, each in a row of its own of one file; undefined for a refused one. */
function priceReader(): (text: string) => number | undefined {
  const rows = new TickRows({ source: 'test', file: 0, skipBadRows: true, time: ANY_TIME })
  const batch = tickBatch(2)
  rows.feed(Buffer.from('ts,instrument,price\n'))
  return text => {
    rows.feed(Buffer.from(`1,A,${text}\n`))
    rows.fill(batch)
    return batch.length === 0 ? undefined : batch.price[0]
  }
}

describe('the fast path and the general parser', () => {
  const priceOf = priceReader()

  it('read numbers exactly as Number does', () => {
    const short = fc.tuple(fc.nat(1e9), fc.nat(1e6)).map(([a, b]) => `${a}.${b}`)
    const printed = fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
    fc.assert(
      fc.property(fc.oneof(decimal, short, printed), text => {
        const expected = Number(text)
        const price = priceOf(text)
        if (!isBounded(expected)) return price === undefined && Number.isNaN(parseDecimal(text))
        return Object.is(price, expected) && Object.is(parseDecimal(text), expected)
      }),
      { numRuns: runs(5_000) },
    )
  })

  it('refuse the same texts', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789.+-eE x'), maxLength: 8 })
    fc.assert(
      fc.property(text, found => {
        const expected = parseDecimal(found)
        expect(priceOf(found)).to.equal(Number.isNaN(expected) ? undefined : expected)
      }),
      { numRuns: runs(2_000) },
    )
  })

  it('give the same rows, however the text is quoted and split into chunks', () => {
    const field = fc.constantFrom('A', 'B C', 'Ä,"', '1', '2.5', '1e3', '', 'x', '日', '3', '0')
    const row = fc.array(field, { minLength: 4, maxLength: 4 })
    const odd = fc.constantFrom(['7'], [''], ['9', 'A', '1', '1', '1'], ['5', 'A', '1.25', '2'])
    const table = fc.array(fc.oneof(row, odd))
    const lineEnd = fc.constantFrom('\n', '\r\n')
    const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 4 })
    const coins = fc.infiniteStream(fc.boolean())
    fc.assert(
      fc.property(table, lineEnd, sizes, coins, (rows, end, cuts, toss) => {
        const mixed = (text: string): string => (toss.next().value ? quoted(text) : lean(text))
        const whole = rowsOf(csv(rows, lean, end), [1 << 20])
        expect(rowsOf(csv(rows, mixed, end), cuts)).to.deep.equal(whole)
        expect(rowsOf(csv(rows, quoted, end), cuts)).to.deep.equal(whole)
      }),
      { numRuns: 500 },
    )
  })
})

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
const lean = (text: string): string => (/[",]/.test(text) ? quoted(text) : text)

/** The rows after a header; a row of one empty field stays an empty line. */
function csv(
  rows: readonly (readonly string[])[],
  style: (text: string) => string,
  end: string,
): string {
  const lines = rows.map(fields =>
    fields.join('') === '' ? fields.join(',') : fields.map(style).join(','),
  )
  return ['ts,instrument,price,size', ...lines].join(end)
}
