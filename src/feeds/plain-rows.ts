import type { InstrumentId } from '../domain/ids.ts'
import { decimalIn, type CsvLayout } from './csv-layout.ts'
import { NameTable } from './name-table.ts'
import type { TickBatch } from './tick-batch.ts'
import type { Column, Header } from './tick-columns.ts'
import { parseTime, type TimeOptions } from './tick-time.ts'

const LF = 10
const CR = 13
const QUOTE = 34
const ZERO = 48

/** Integers of up to 15 digits, and powers of ten up to 10^15, are exact in a double. */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power)

/**
 * Fast path: parses rows without quotes and faults directly from the bytes, several million a
 * second. Rows that it does not recognise are left to the general parser.
 */
export class PlainRows {
  private readonly columns: readonly Column[]
  private readonly layout: CsvLayout
  /** The instrument of every row, where no column names it. */
  private readonly instrument: InstrumentId | undefined
  private readonly delimiter: number
  private readonly time: TimeOptions
  private readonly names = new NameTable()
  private bytes: Buffer = Buffer.alloc(0)
  /** Offset of the next byte; after a field, that of its comma or line break. */
  private at = 0

  constructor({ columns, layout, instrument }: Header, time: TimeOptions) {
    this.columns = columns
    this.layout = layout
    this.instrument = instrument
    this.delimiter = layout.delimiter
    this.time = time
  }

  /**
   * Writes the row at `start` after the last row of the batch, without counting it in. Returns the
   * offset of the next row, or −1 for a row that this path does not parse. A line break must follow
   * `start`.
   */
  read(bytes: Buffer, start: number, batch: TickBatch): number {
    this.bytes = bytes
    this.at = start
    const { columns } = this
    if (this.instrument !== undefined) batch.instrument[batch.length] = this.instrument
    const last = columns.length - 1
    for (let c = 0; c <= last; c++) {
      if (!this.readField(columns[c]!, batch)) return -1
      if (c < last && bytes[this.at++] !== this.delimiter) return -1
    }
    if (bytes[this.at] === CR) this.at++
    return bytes[this.at] === LF ? this.at + 1 : -1
  }

  private readField(column: Column, batch: TickBatch): boolean {
    switch (column) {
      case 'time':
        return this.readTime(batch.ts, batch.length)
      case 'instrument':
        return this.readName(batch)
      case 'price':
        return this.readDecimal(batch.price, batch.length)
      case 'size':
      case 'bid':
      case 'ask':
        return this.readOptional(batch[column], batch.length)
      case 'ignored':
        if (this.bytes[this.at] === QUOTE) return false
        this.toFieldEnd()
        return true
    }
  }

  private readTime(column: Float64Array, n: number): boolean {
    const start = this.at
    const ms = this.readDigits()
    const length = this.at - start
    const { unit, earliest, latest } = this.time
    const isPlain = length > 0 && length <= EXACT_DIGITS && unit === 'ms' && this.isFieldEnd()
    const ts = isPlain ? ms : parseTime(this.textFrom(start), this.time)
    column[n] = ts
    return ts >= earliest && ts <= latest
  }

  private readName(batch: TickBatch): boolean {
    const start = this.at
    if (this.bytes[start] === QUOTE) return false
    this.toFieldEnd()
    const name = this.names.find(this.bytes, start, this.at)
    if (name === undefined) return false
    batch.instrument[batch.length] = name
    return true
  }

  private readOptional(column: Float64Array, n: number): boolean {
    if (!this.isFieldEnd()) return this.readDecimal(column, n)
    column[n] = NaN
    return true
  }

  /** Digits with an optional fraction are an exact integer over an exact power of ten. */
  private readDecimal(column: Float64Array, n: number): boolean {
    const start = this.at
    let value = this.readDigits()
    const whole = this.at - start
    let fraction = 0
    if (this.bytes[this.at] === this.layout.mark) {
      const point = this.at++
      value = this.readDigits(value)
      fraction = this.at - point - 1
      if (fraction === 0) return false
    }
    if (whole > 0 && whole + fraction <= EXACT_DIGITS && this.isFieldEnd()) {
      column[n] = value / POWERS_OF_TEN[fraction]!
      return true
    }
    column[n] = decimalIn(this.textFrom(start), this.layout)
    return !Number.isNaN(column[n])
  }

  /** Digits from `at` on, after the digits of `value`; exact for up to 15 digits. */
  private readDigits(value = 0): number {
    const { bytes } = this
    let at = this.at
    for (;;) {
      const digit = bytes[at]! - ZERO
      if (!(digit >= 0 && digit <= 9)) break
      value = value * 10 + digit
      at++
    }
    this.at = at
    return value
  }

  private textFrom(start: number): string {
    this.toFieldEnd()
    return this.bytes.toString('latin1', start, this.at)
  }

  private toFieldEnd(): void {
    while (!this.isFieldEnd()) this.at++
  }

  private isFieldEnd(): boolean {
    const byte = this.bytes[this.at]
    return byte === this.delimiter || byte === LF || (byte === CR && this.bytes[this.at + 1] === LF)
  }
}
