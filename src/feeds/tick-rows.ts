import { InputError } from '../errors.ts'
import { quoteFault, readRecord } from './csv-record.ts'
import { PlainRows } from './plain-rows.ts'
import type { TickBatch } from './tick-batch.ts'
import type { Header } from './tick-columns.ts'
import { findHeader, MAX_RECORD_BYTES, type TickRowsOptions } from './tick-header.ts'
import { checkRow, type RowFault } from './tick-row.ts'

const LF = 10
const CR = 13

/**
 * A row that is late by at most this, ms, is played at the time of the row before it: several
 * threads may have recorded the feed. A live service would also have evaluated it on receipt.
 */
const LATE_MS = 1_000

/**
 * Parses the bytes of one tick file: `feed` a chunk, then `fill` batches until it asks for more.
 * Plain rows take the fast path, all others the general parser.
 */
export class TickRows {
  /** Rows skipped because of a fault. */
  skipped = 0
  /** Rows that were slightly late, and were played at the time of the row before. */
  late = 0
  private readonly options: TickRowsOptions
  private header: Header | undefined
  private plain: PlainRows | undefined
  private bytes = Buffer.alloc(0)
  private at = 0
  private end = 0
  /** Offset of the last line break among the bytes. */
  private lastBreak = -1
  private isFinal = false
  /** Line at `at`, from 1. */
  private line = 1
  /** Data rows so far. */
  private rows = 0
  /** Time of the last delivered row. */
  private clock = -Infinity
  /** The last delivered row, which may turn out to be ahead of all others. */
  private last: LastRow | undefined
  /** Empty lines directly before `at`: a fault only if another row follows. */
  private emptyLines = 0

  constructor(options: TickRowsOptions) {
    this.options = options
  }

  /** Copies the next bytes of the file into the buffer; `fill` must have asked for them. */
  feed(chunk: Uint8Array): void {
    const kept = this.end - this.at
    if (kept + chunk.length > this.bytes.length) {
      const grown = Buffer.allocUnsafeSlow((kept + chunk.length) * 2)
      this.bytes.copy(grown, 0, this.at, this.end)
      this.bytes = grown
    } else {
      this.bytes.copy(this.bytes, 0, this.at, this.end)
    }
    this.bytes.set(chunk, kept)
    this.at = 0
    this.end = kept + chunk.length
    this.lastBreak = this.bytes.subarray(0, this.end).lastIndexOf(LF)
  }

  /**
   * Call at the end of the file: the remaining bytes are its last line, with or without a break.
   */
  finish(): void {
    if (this.at < this.end || this.header === undefined) this.feed(Uint8Array.of(LF))
    this.isFinal = true
  }

  /**
   * Empties `batch` and fills it with the next rows. True if it became full: fill again before you
   * feed. Throws InputError at a fault; the rows before it are in the batch.
   */
  fill(batch: TickBatch): boolean {
    batch.length = 0
    const plain = this.plain ?? this.begin()
    if (plain === undefined) return false
    const capacity = batch.ts.length
    while (this.at <= this.lastBreak) {
      if (batch.length === capacity) return this.unsure(batch) || true
      if (this.skipEmptyLine()) continue
      if (this.emptyLines > 0) this.refuseEmptyLines()
      const next = plain.read(this.bytes, this.at, batch)
      if (next === -1 || this.isTooLate(batch)) {
        if (!this.readCarefully(batch)) return false
      } else {
        this.deliver(batch)
        this.at = next
        this.line++
      }
    }
    if (!this.isFinal) this.unsure(batch)
    if (this.end - this.at > MAX_RECORD_BYTES) {
      const found = `more than ${MAX_RECORD_BYTES} bytes without a line break`
      throw this.error({ column: 'row', found, expected: 'lines of CSV' })
    }
    return false
  }

  /** Parses the header; undefined while it is incomplete. */
  private begin(): PlainRows | undefined {
    const { source } = this.options
    const bytes = this.bytes.subarray(this.at, this.end)
    const { columns = {}, instrument, onHeader } = this.options
    const found = findHeader(bytes, { source, columns, instrument, isFinal: this.isFinal })
    if (found === undefined) return undefined
    this.header = found.header
    onHeader?.(this.header)
    this.at += found.next
    this.line += found.lines
    this.plain = new PlainRows(this.header, this.options.time)
    return this.plain
  }

  private skipEmptyLine(): boolean {
    const byte = this.bytes[this.at]
    if (byte !== LF && (byte !== CR || this.bytes[this.at + 1] !== LF)) return false
    this.at += byte === LF ? 1 : 2
    this.line++
    this.emptyLines++
    return true
  }

  private refuseEmptyLines(): void {
    const first = this.line - this.emptyLines
    const expected = `${this.header!.columns.length} fields`
    const fault = { column: 'row', found: 'an empty line', expected }
    if (!this.options.skipBadRows) throw this.error(fault, first)
    this.skipped += this.emptyLines
    this.rows += this.emptyLines
    this.emptyLines = 0
  }

  /** Parses the record at `at` into the batch or skips it; false if it is incomplete. */
  private readCarefully(batch: TickBatch): boolean {
    const record = readRecord(
      this.bytes.subarray(0, this.end),
      this.at,
      this.header!.layout.delimiter,
    )
    if (record.kind === 'record') {
      const fault = this.faultOf(record.fields, batch)
      if (fault === undefined) this.deliver(batch)
      else this.refuse(fault)
      this.at = record.next
      this.line += record.lines
      return true
    }
    const isHopeless = this.isFinal || this.end - this.at > MAX_RECORD_BYTES
    if (record.kind === 'incomplete' && !isHopeless) return false
    this.refuse({
      column: 'row',
      found: quoteFault(record),
      expected: 'quotes in pairs (RFC 4180)',
    })
    // One stray quote must not swallow the rest of the file: continue after its line.
    this.at = this.bytes.indexOf(LF, this.at) + 1
    this.line++
    return true
  }

  /** Whether the row after the last one is earlier than it by more than a row may be late. */
  private isTooLate(batch: TickBatch): boolean {
    return batch.ts[batch.length]! < this.clock - LATE_MS
  }

  /**
   * What is wrong with a row. One that is far earlier than the last row, but not earlier than the
   * one before, shows that the last row is ahead: that row is taken back and hides no later one.
   */
  private faultOf(fields: readonly string[], batch: TickBatch): RowFault | undefined {
    const { time } = this.options
    const fault = checkRow(this.header!, fields, { batch, clock: this.clock - LATE_MS, time })
    const { last } = this
    if (fault === undefined || last === undefined || batch.length === 0) return fault
    const isAhead = this.isAhead(last)
    const target = { batch, clock: last.clock - LATE_MS, time }
    if (!isAhead || checkRow(this.header!, fields, target) !== undefined) return fault
    const ahead = {
      column: 'row',
      found: `the time ${this.clock}, which all rows after it lie before`,
      expected: 'rows in order of time',
    }
    if (!this.options.skipBadRows) throw this.error(ahead, last.line)
    batch.length--
    this.skipped++
    this.clock = last.clock
    this.last = undefined
    return checkRow(this.header!, fields, target)
  }

  /** Whether the last row is so much later than the one before that it may be the faulty one. */
  private isAhead({ clock }: LastRow): boolean {
    return clock > -Infinity && this.clock - clock > LATE_MS
  }

  /**
   * Takes the last row of a batch back, to be parsed again if the next row shows that it is ahead.
   */
  private unsure(batch: TickBatch): false {
    const { last } = this
    if (last === undefined || batch.length === 0 || last.rows !== this.rows) return false
    if (this.emptyLines > 0 || !this.isAhead(last)) return false
    batch.length--
    this.rows--
    this.at = last.at
    this.line = last.line
    this.clock = last.clock
    this.last = undefined
    return false
  }

  private deliver(batch: TickBatch): void {
    const n = batch.length++
    const before = this.clock
    if (batch.ts[n]! < before) {
      this.late++
      batch.ts[n] = before
    }
    this.clock = batch.ts[n]!
    this.last = { at: this.at, line: this.line, clock: before, rows: this.rows + 1 }
    batch.index[n] = this.rows++
    batch.file[n] = this.options.file
  }

  private refuse(fault: RowFault): void {
    if (!this.options.skipBadRows) throw this.error(fault)
    this.skipped++
    this.rows++
  }

  private error({ column, found, expected }: RowFault, line = this.line): InputError {
    return new InputError(this.options.source, [{ path: column, line, found, expected }])
  }
}

/** Place of the last delivered row. */
interface LastRow {
  readonly at: number
  readonly line: number
  /** Time of the row before it. */
  readonly clock: number
  /** Rows so far, including this one and skipped ones. */
  readonly rows: number
}
