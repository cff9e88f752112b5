import { isBounded } from '../../domain/bounds.ts'
import { instrumentId, type InstrumentId } from '../../domain/ids.ts'
import { readJson } from '../../domain/json.ts'
import { isName } from '../../domain/plain-text.ts'
import type { Tick } from '../../domain/tick.ts'
import { parseDecimal } from '../csv-layout.ts'
import { parseInstant } from '../instant.ts'

/** What can be wrong with something that should be a price. */
export const MALFORMED = ['syntax', 'instrument', 'price', 'time', 'quote', 'type'] as const

/**
 * `syntax`: neither JSON of an object nor fields between bars; `instrument`: none; `price`: none, or
 * no number above zero; `time`: none, or not epoch milliseconds of our days; `quote`: a bid or an ask
 * that is no number; `type`: a key that holds something else than it should.
 */
export type Malformed = (typeof MALFORMED)[number]

/** Epoch ms of 1973 and of 5138: seconds are below the first, microseconds above the second. */
const EARLIEST = 1e11
const LATEST = 1e14

/** A field as JSON or a hash gives it. */
type Field = unknown

/**
 * One price from the text of a message: `{"instrument", "ts", "price", "bid"?, "ask"?, "size"?}` (or
 * `ltp` for `price`), or `ts|instrument|price[|bid|ask]`. `instrument` is that of the channel, where
 * it has one: a message that names none takes it, and one that names another is refused. Never throws.
 */
export function parseMessage(text: string, instrument?: InstrumentId): Tick | Malformed {
  return text.startsWith('{') ? parseJson(text, instrument) : parseBars(text, instrument)
}

function parseJson(text: string, instrument: InstrumentId | undefined): Tick | Malformed {
  let fields: Record<string, Field>
  try {
    // Fields that are not known may be numbers with more digits, such as ids.
    fields = readJson(text, { numbers: 'nearest' }) as Record<string, Field>
  } catch {
    return 'syntax'
  }
  return tickOf(fields['instrument'], instrument, fields)
}

function parseBars(text: string, instrument: InstrumentId | undefined): Tick | Malformed {
  const parts = text.split('|')
  if (parts.length !== 3 && parts.length !== 5) return 'syntax'
  const [ts, name, price, bid, ask] = parts
  return tickOf(name === '' ? undefined : name, instrument, {
    ts,
    price,
    // An empty side is one that the market does not have.
    bid: bid === '' ? undefined : bid,
    ask: ask === '' ? undefined : ask,
  })
}

/** One price from named fields, as a hash or an entry of a stream has them. Never throws. */
export function parseFields(
  fields: Readonly<Record<string, Field>>,
  instrument?: InstrumentId,
): Tick | Malformed {
  return tickOf(fields['instrument'], instrument, fields)
}

function tickOf(
  name: Field,
  instrument: InstrumentId | undefined,
  fields: Readonly<Record<string, Field>>,
): Tick | Malformed {
  const id = name === undefined ? instrument : nameOf(name)
  if (id === undefined || (instrument !== undefined && id !== instrument)) return 'instrument'
  const ts = timeOf(fields['ts'])
  if (!(ts >= EARLIEST && ts < LATEST)) return 'time'
  const { bid, ask, size } = fields
  const traded = fields['price'] ?? fields['ltp']
  // An instrument that has not traded yet may have a bid or an ask.
  const isQuoted = numberOf(bid) > 0 || numberOf(ask) > 0
  const price = traded === undefined && isQuoted ? NaN : numberOf(traded)
  if (!isBounded(price) && !(traded === undefined && isQuoted)) return 'price'
  // Most ticks have neither: these are made by the hundred thousand a second.
  if (bid === undefined && ask === undefined && size === undefined) {
    return { instrument: id, ts, price }
  }
  return quoted({ instrument: id, ts, price }, { bid, ask, size })
}

function quoted(
  tick: Tick,
  given: Readonly<Record<'bid' | 'ask' | 'size', Field>>,
): Tick | Malformed {
  const full: { -readonly [Key in keyof Tick]: Tick[Key] } = tick
  for (const side of ['bid', 'ask', 'size'] as const) {
    if (given[side] === undefined || given[side] === null) continue
    const value = numberOf(given[side])
    if (!isBounded(value)) return 'quote'
    full[side] = value
  }
  return full
}

const nameOf = (name: Field): InstrumentId | undefined =>
  typeof name === 'string' && isName(name) ? instrumentId(name) : undefined

/** A number, or a text that is one and nothing else; NaN for all other things. */
const numberOf = (field: Field): number =>
  typeof field === 'number' ? field : typeof field === 'string' ? parseDecimal(field) : NaN

/** Epoch ms, also where they are written as text or as a date of ISO 8601. */
const timeOf = (field: Field): number =>
  typeof field === 'number' ? field : typeof field === 'string' ? parseInstant(field) : NaN
