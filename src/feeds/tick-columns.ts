import { InputError, type Fault } from '../errors.ts'

/** What a column of a tick file means to us; `time` is called `ts` or `ts_ms`. */
export type Column = 'time' | 'instrument' | 'price' | 'size' | 'bid' | 'ask' | 'ignored'

const TIME_NAMES = ['ts', 'ts_ms']
const REQUIRED_EXPECTED = 'the columns ts or ts_ms, instrument, price'

/** Columns in the order of the header, with the names that stand there. */
export interface Header {
  readonly columns: readonly Column[]
  readonly names: readonly string[]
}

/** Takes the header's fields. Throws an `InputError` with everything that is wrong with them. */
export function readHeader(source: string, names: readonly string[]): Header {
  const columns = names.map(columnOf)
  const faults: Fault[] = []
  const report = (path: string, found: string, expected: string): void => {
    faults.push({ path, line: 1, found, expected })
  }
  const times = names.filter(name => TIME_NAMES.includes(name))
  if (new Set(times).size > 1) report('header', 'both ts and ts_ms', 'one column of time')
  for (const name of new Set(names)) {
    const count = names.filter(other => other === name).length
    if (count > 1 && columnOf(name) !== 'ignored') {
      report(name, `${count} columns of this name`, 'one')
    }
  }
  const required: Column[] = ['time', 'instrument', 'price']
  const missing = required.filter(column => !columns.includes(column))
  if (missing.length > 0) report('header', shorten(names.join(',')), REQUIRED_EXPECTED)
  if (faults.length > 0) throw new InputError(source, faults)
  return { columns, names }
}

/** What stands in place of a header that cannot be read. */
export function unreadableHeader(source: string, found: string): InputError {
  return new InputError(source, [{ path: 'header', line: 1, found, expected: REQUIRED_EXPECTED }])
}

/** What a file that is not a text in UTF-8 seems to be; undefined if nothing is wrong. */
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

function columnOf(name: string): Column {
  if (TIME_NAMES.includes(name)) return 'time'
  switch (name) {
    case 'instrument':
    case 'price':
    case 'size':
    case 'bid':
    case 'ask':
      return name
    default:
      return 'ignored'
  }
}
