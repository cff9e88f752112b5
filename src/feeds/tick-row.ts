import { instrumentId } from '../domain/ids.ts'
import { isName, NAME_EXPECTED } from '../domain/plain-text.ts'
import { decimalExpected, decimalIn, type CsvLayout } from './csv-layout.ts'
import type { TickBatch } from './tick-batch.ts'
import { shorten, type Column, type Header } from './tick-columns.ts'
import { parseTime, timeFault, type TimeOptions } from './tick-time.ts'

/** What is wrong with one row. `column` is the name in the header, or `row`. */
export interface RowFault {
  readonly column: string
  readonly found: string
  readonly expected: string
}

/** Columns of a batch that a row's fields are written to. */
export interface RowTarget {
  readonly batch: TickBatch
  /** Earliest time that the row may have, epoch ms. */
  readonly clock: number
  readonly time: TimeOptions
}

/**
 * Writes a row's fields after the last row of the batch, without counting the row in; returns the
 * first fault in the order of the columns.
 */
export function checkRow(
  header: Header,
  fields: readonly string[],
  target: RowTarget,
): RowFault | undefined {
  const { columns, names, layout, instrument } = header
  if (fields.length !== columns.length) {
    const found = `${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`
    return { column: 'row', found, expected: `${columns.length} fields` }
  }
  const n = target.batch.length
  if (instrument !== undefined) target.batch.instrument[n] = instrument
  for (let c = 0; c < fields.length; c++) {
    const expected = writeField(columns[c]!, fields[c]!, { ...target, n, layout })
    if (expected !== undefined) return { column: names[c]!, found: shorten(fields[c]!), expected }
  }
  return undefined
}

interface FieldTarget extends RowTarget {
  readonly layout: CsvLayout
  readonly n: number
}

/** Writes one field; returns the expectation that it violates, if any. */
function writeField(column: Column, text: string, target: FieldTarget): string | undefined {
  const { batch, n, clock, time, layout } = target
  switch (column) {
    case 'ignored':
      return undefined
    case 'time': {
      const ts = parseTime(text, time)
      const fault = timeFault(text, ts, time)
      if (fault !== undefined) return fault
      if (ts < clock) return `a time not before ${clock}, that of the last good row`
      batch.ts[n] = ts
      return undefined
    }
    case 'instrument':
      if (!isName(text)) return NAME_EXPECTED
      batch.instrument[n] = instrumentId(text)
      return undefined
    case 'price':
    case 'size':
    case 'bid':
    case 'ask': {
      const isAbsent = text === '' && column !== 'price'
      const value = isAbsent ? NaN : decimalIn(text, layout)
      if (!isAbsent && Number.isNaN(value)) return decimalExpected(text, layout)
      batch[column][n] = value
      return undefined
    }
  }
}
