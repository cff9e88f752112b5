import type { InstrumentId } from '../domain/ids.ts'
import { DELIMITERS } from './csv-layout.ts'
import { readRecord, type CsvRecord } from './csv-record.ts'
import {
  foreignFormat,
  meaningful,
  readHeader,
  unreadableHeader,
  type Header,
  type NamedColumns,
} from './tick-columns.ts'
import type { TimeOptions } from './tick-time.ts'

/** Longest record, bytes; it bounds the buffer when a line break or a closing quote never comes. */
export const MAX_RECORD_BYTES = 1 << 20
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf])

/** How a tick file is parsed. */
export interface TickRowsOptions {
  /** Name of the file in messages. */
  readonly source: string
  /** Index of the file among the arguments, from 0. */
  readonly file: number
  readonly skipBadRows: boolean
  readonly time: TimeOptions
  /** Headers by meaning, as the user states them. */
  readonly columns?: NamedColumns | undefined
  /** The instrument of a file that has no column of instruments. */
  readonly instrument?: InstrumentId | undefined
  /** Called once with how the columns were interpreted. */
  readonly onHeader?: ((header: Header) => void) | undefined
}

/** A header, the offset after it and its number of lines. */
interface FoundHeader {
  readonly header: Header
  readonly next: number
  readonly lines: number
}

export interface HeaderOptions {
  /** Name of the file in messages. */
  readonly source: string
  /** Headers by meaning, as the user states them. */
  readonly columns: NamedColumns
  /** The instrument of a file that has no column of instruments. */
  readonly instrument?: InstrumentId | undefined
  /** Whether the file ends with these bytes. */
  readonly isFinal: boolean
}

/**
 * The header at the start of a file; undefined while it is incomplete.
 *
 * @throws InputError where the file has none, or has another format.
 */
export function findHeader(
  bytes: Buffer,
  { source, columns, instrument, isFinal }: HeaderOptions,
): FoundHeader | undefined {
  const foreign = foreignFormat(bytes)
  if (foreign !== undefined) throw unreadableHeader(source, foreign)
  const start = bytes.subarray(0, 3).equals(UTF8_BOM) ? 3 : 0
  const [record, delimiter] = headerRecord(bytes, start, columns)
  if (record.kind === 'broken') throw unreadableHeader(source, 'broken quotes')
  if (record.kind === 'incomplete') {
    if (bytes.length > MAX_RECORD_BYTES) throw unreadableHeader(source, 'no line break')
    if (isFinal) throw unreadableHeader(source, 'a quote that is never closed')
    return undefined
  }
  if (isFinal && record.fields.join('') === '') throw unreadableHeader(source, 'nothing')
  const header = readHeader(source, record.fields, { delimiter, named: columns, instrument })
  return { header, next: record.next, lines: record.lines }
}

/** Parses the header with the delimiter that finds most known columns in it. */
function headerRecord(bytes: Buffer, start: number, named: NamedColumns): [CsvRecord, number] {
  let best: [CsvRecord, number] | undefined
  let most = 0
  for (const delimiter of DELIMITERS) {
    const record = readRecord(bytes, start, delimiter)
    const found = record.kind === 'record' ? meaningful(record.fields, named) : 0
    if (best === undefined || found > most) best = [record, delimiter]
    most = Math.max(most, found)
  }
  return best!
}
