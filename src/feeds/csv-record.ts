/** Default delimiter. */
export const COMMA = 44
const QUOTE = 34
const CR = 13
const LF = 10

/** One record of a CSV text, or why there is none yet. */
export type CsvRecord =
  | {
      readonly kind: 'record'
      readonly fields: readonly string[]
      /** Offset after the record's line break. */
      readonly next: number
      /** Line breaks in the record, including its last one. */
      readonly lines: number
    }
  /** The bytes end inside the record. */
  | { readonly kind: 'incomplete'; readonly insideQuotes: boolean }
  /** A closing quote is followed by something else than a delimiter or line break. */
  | { readonly kind: 'broken' }

/**
 * Reads the record at `start` by RFC 4180: a field that begins with a quote ends with one, may
 * contain delimiters and line breaks, and doubles each quote inside. A quote further inside an
 * unquoted field is a plain character. A record ends with LF or CR LF. Bytes are UTF-8.
 */
export function readRecord(bytes: Buffer, start: number, delimiter = COMMA): CsvRecord {
  const end = bytes.length
  const fields: string[] = []
  let lines = 1
  let at = start
  for (;;) {
    let stop: number
    if (at < end && bytes[at] === QUOTE) {
      const close = closingQuote(bytes, at + 1)
      if (close === -1) return { kind: 'incomplete', insideQuotes: true }
      const text = bytes.toString('utf8', at + 1, close)
      for (let i = at + 1; i < close; i++) if (bytes[i] === LF) lines++
      fields.push(text.replaceAll('""', '"'))
      stop = close + 1
      if (bytes[stop] === CR && bytes[stop + 1] === LF) stop++
      if (bytes[stop] !== delimiter && bytes[stop] !== LF) return { kind: 'broken' }
    } else {
      stop = at
      while (stop < end && bytes[stop] !== delimiter && bytes[stop] !== LF) stop++
      if (stop === end) return { kind: 'incomplete', insideQuotes: false }
      const isCrLf = bytes[stop] === LF && stop > at && bytes[stop - 1] === CR
      fields.push(bytes.toString('utf8', at, isCrLf ? stop - 1 : stop))
    }
    if (bytes[stop] === LF) return { kind: 'record', fields, next: stop + 1, lines }
    at = stop + 1
  }
}

/**
 * Offset of the quote that closes a field whose text begins at `at`; -1 if it has not arrived yet.
 */
function closingQuote(bytes: Buffer, at: number): number {
  const end = bytes.length
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at)
    if (quote === -1 || quote + 1 === end) return -1
    if (bytes[quote + 1] === CR && quote + 2 === end) return -1
    if (bytes[quote + 1] !== QUOTE) return quote
    at = quote + 2
  }
}

/** What is wrong with the quotes of an unreadable record. */
export const quoteFault = (record: CsvRecord): string =>
  record.kind === 'broken' ? 'text behind a closing quote' : 'a quote that is never closed'
