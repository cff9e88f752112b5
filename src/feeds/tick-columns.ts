import type { InstrumentId } from '../domain/ids.ts'
import { InputError, type Fault } from '../errors.ts'
import { csvLayout, delimiterName, type CsvLayout } from './csv-layout.ts'
import { COMMA } from './csv-record.ts'

/** Meaning of a column of a tick file. */
export type Column = 'time' | 'instrument' | 'price' | 'size' | 'bid' | 'ask' | 'ignored'

/** Meanings that `--columns` can assign. */
export const COLUMN_MEANINGS = ['time', 'instrument', 'price', 'size', 'bid', 'ask'] as const
export type ColumnMeaning = (typeof COLUMN_MEANINGS)[number]

/** Headers by meaning, as the user states them: `{ price: 'Close' }`. */
export type NamedColumns = Partial<Readonly<Record<ColumnMeaning, string>>>

/** watchkeeper's own names; they take precedence over the names that other programs write. */
const OWN: Readonly<Record<ColumnMeaning, readonly string[]>> = {
  time: ['ts', 'tsms'],
  instrument: ['instrument'],
  price: ['price'],
  size: ['size'],
  bid: ['bid'],
  ask: ['ask'],
}

/** Names that other programs write. */
const ALIASES: Readonly<Record<ColumnMeaning, readonly string[]>> = {
  time: [
    'time',
    'timestamp',
    'date',
    'datetime',
    'transacttime',
    'tradetime',
    'exchangetimestamp',
    'orderexecutiontime',
  ],
  instrument: ['symbol', 'ticker', 'tradingsymbol', 'contract'],
  price: ['last', 'close', 'ltp', 'lastprice', 'tradeprice'],
  size: ['qty', 'quantity', 'lastqty', 'lastquantity'],
  bid: ['bidprice', 'bestbid'],
  ask: ['askprice', 'bestask', 'offer'],
}

/** Columns of bars: the order of prices within a bar is unknown. */
const BARS = ['open', 'high', 'low']

const REQUIRED_EXPECTED = 'the columns ts or ts_ms, instrument, price'
const NAME_MISSING = 'a column of the instrument, or --instrument <name> for a file of one'
const REQUIRED: readonly ColumnMeaning[] = ['time', 'instrument', 'price']

/** Columns in the order of the header, with their names. */
export interface Header {
  readonly columns: readonly Column[]
  readonly names: readonly string[]
  readonly layout: CsvLayout
  /** The instrument of every row, where no column names it. */
  readonly instrument?: InstrumentId | undefined
}

/** Normalises a name: no case, blanks, underscores, hyphens and points. */
const plainName = (name: string): string => name.toLowerCase().replace(/[\s_.-]/g, '')

/**
 * How many columns of a header have a known meaning: the delimiter with the most is that of the
 * file.
 */
export const meaningful = (names: readonly string[], named: NamedColumns = {}): number =>
  COLUMN_MEANINGS.filter(meaning => placesOf(meaning, names, named).length > 0).length

/**
 * Interprets the fields of a header.
 *
 * @throws InputError with everything that is wrong with them.
 */
export function readHeader(
  source: string,
  names: readonly string[],
  {
    delimiter = COMMA,
    named = {},
    instrument,
  }: { delimiter?: number; named?: NamedColumns; instrument?: InstrumentId | undefined } = {},
): Header {
  const columns = names.map((): Column => 'ignored')
  const faults: Fault[] = []
  const report = (path: string, found: string, expected: string): void => {
    faults.push({ path, line: 1, found, expected })
  }
  const missing: ColumnMeaning[] = []
  for (const meaning of COLUMN_MEANINGS) {
    const places = placesOf(meaning, names, named)
    const wanted = named[meaning]
    const shown = places.map(place => names[place]!.trim())
    if (places.length === 1) columns[places[0]!] = meaning
    else if (places.length > 1) reportDouble(meaning, shown, report)
    else if (wanted !== undefined) {
      report(`--columns ${meaning}`, shorten(wanted), `one of ${shorten(names.join(','))}`)
    } else if (meaning === 'instrument' && instrument !== undefined) continue
    else if (REQUIRED.includes(meaning)) missing.push(meaning)
  }
  const plain = names.map(plainName)
  if (BARS.every(bar => plain.includes(bar)) && !isOwnPrice(columns, plain, named)) {
    const expected =
      'ticks: the order of prices within a bar is not known (--columns price=… plays one)'
    report('header', 'bars with open, high and low', expected)
  }
  if (missing.length > 0) {
    const isOnlyName = missing.join() === 'instrument'
    report('header', shorten(names.join(',')), isOnlyName ? NAME_MISSING : REQUIRED_EXPECTED)
  }
  if (faults.length > 0) throw new InputError(source, faults)
  const trimmed = names.map(name => name.trim())
  const isNamed = columns.includes('instrument')
  const layout = csvLayout(delimiter)
  return { columns, names: trimmed, layout, ...(!isNamed && { instrument }) }
}

/**
 * Columns of a meaning: as the user states, else by watchkeeper's own names, else by names of other
 * programs.
 */
function placesOf(
  meaning: ColumnMeaning,
  names: readonly string[],
  named: NamedColumns,
): readonly number[] {
  const wanted = named[meaning]
  const isTaken = (name: string): boolean =>
    Object.entries(named).some(([other, its]) => other !== meaning && plainName(its) === name)
  const among = (known: readonly string[]): number[] =>
    names.flatMap((name, place) => (known.includes(plainName(name)) ? [place] : []))
  if (wanted !== undefined) return among([plainName(wanted)])
  const free = (known: readonly string[]): string[] => known.filter(name => !isTaken(name))
  const own = among(free(OWN[meaning]))
  return own.length > 0 ? own : among(free(ALIASES[meaning]))
}

function reportDouble(
  meaning: ColumnMeaning,
  shown: readonly string[],
  report: (path: string, found: string, expected: string) => void,
): void {
  const names = [...new Set(shown)]
  if (names.length === 1) report(names[0]!, `${shown.length} columns of this name`, 'one')
  else if (meaning === 'time' && names.join() === 'ts,ts_ms') {
    report('header', 'both ts and ts_ms', 'one column of time')
  } else {
    const found = `the columns ${names.join(' and ')}`
    report('header', found, `one column of ${meaning} (--columns ${meaning}=${names[0]})`)
  }
}

const isOwnPrice = (
  columns: readonly Column[],
  plain: readonly string[],
  named: NamedColumns,
): boolean => named.price !== undefined || OWN.price.includes(plain[columns.indexOf('price')] ?? '')

/**
 * How a header was interpreted, for messages; undefined where all columns have watchkeeper's own
 * names, between commas.
 */
export function takenText({ columns, names, layout, instrument }: Header): string | undefined {
  const taken = columns.flatMap((column, place) => {
    const name = names[place]!
    const isOwn = column === 'ignored' || OWN[column].includes(plainName(name))
    return isOwn ? [] : [`${column} is ${shorten(name)}`]
  })
  if (instrument !== undefined) taken.push(`every row is of ${shorten(instrument)}`)
  if (layout.delimiter !== COMMA) taken.push(`separated by ${delimiterName(layout.delimiter)}`)
  return taken.length === 0 ? undefined : taken.join(', ')
}

/** The error for a header that cannot be read. */
export function unreadableHeader(source: string, found: string): InputError {
  return new InputError(source, [{ path: 'header', line: 1, found, expected: REQUIRED_EXPECTED }])
}

/** The format that a file seems to have instead of UTF-8 text; undefined if nothing is wrong. */
export function foreignFormat(start: Uint8Array): string | undefined {
  const [first, second] = start
  if (first === 0x1f && second === 0x8b) return 'gzip data (name the file .csv.gz, or unpack it)'
  if (first === 0xff && second === 0xfe) return 'text in UTF-16 (save it as UTF-8)'
  if (first === 0xfe && second === 0xff) return 'text in UTF-16 (save it as UTF-8)'
  return undefined
}

/** A value from a file as one short quoted piece of a message. */
export function shorten(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 79)}…` : text)
}
