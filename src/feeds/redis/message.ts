import { isBounded } from '../../domain/bounds.ts'
import { instrumentId, type InstrumentId } from '../../domain/ids.ts'
import { readJson } from '../../domain/json.ts'
import { isName } from '../../domain/plain-text.ts'
import type { Tick } from '../../domain/tick.ts'
import { parseDecimal } from '../csv-layout.ts'
import { parseInstant } from '../instant.ts'

/** Reasons why a message is no price. */
export const MALFORMED = ['syntax', 'instrument', 'price', 'time', 'quote', 'type'] as const

/**
 * `syntax`: neither a JSON object nor fields between bars; `instrument`: none; `price`: none, or no
 * number above zero; `time`: none, or not present-day epoch milliseconds; `quote`: a bid or an ask
 * that is no number; `type`: a key of another type than expected.
 */
export type Malformed = (typeof MALFORMED)[number]

/** Epoch ms of 1973 and of 5138: seconds are below the first, microseconds above the second. */
const EARLIEST = 1e11
const LATEST = 1e14

/** A field as JSON or a hash contains it. */
type Field = unknown

/**
 * Parses the text of a message: `{"instrument", "ts", "price", "bid"?, "ask"?, "size"?}` (or `ltp`
 * for `price`), or `ts|instrument|price[|bid|ask]`. `instrument` is that of the channel, where the
 * channel has one: a message without an instrument takes it, and a message with another one is
 * refused. Never throws.
 */
export function parseMessage(text: string, instrument?: InstrumentId): Tick | Malformed {
  return text.startsWith('{') ? parseJson(text, instrument) : parseBars(text, instrument)
}

function parseJson(text: string, instrument: InstrumentId | undefined): Tick | Malformed {
  let fields: Record<string, Field>
  try {
    // Unknown fields may be numbers with more digits than a double holds, such as ids.
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
    // An empty side: the market has no bid or no ask.
    bid: bid === '' ? undefined : bid,
    ask: ask === '' ? undefined : ask,
  })
}

/** Parses the named fields of a hash or a stream entry. Never throws. */
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
  const id = name === undefined ? instrument : instrumentOf(name)
  if (id === undefined || (instrument !== undefined && id !== instrument)) return 'instrument'
  const ts = timeOf(fields['ts'])
  if (!(ts >= EARLIEST && ts < LATEST)) return 'time'
  const { bid, ask, size } = fields
  const traded = fields['price'] ?? fields['ltp']
  // An instrument that has not traded yet may have a bid or an ask.
  const isQuoted = numberOf(bid) > 0 || numberOf(ask) > 0
  const price = traded === undefined && isQuoted ? NaN : numberOf(traded)
  if (!isBounded(price) && !(traded === undefined && isQuoted)) return 'price'
  // Most ticks have neither: they are made by the hundred thousand a second.
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

const instrumentOf = (name: Field): InstrumentId | undefined =>
  typeof name === 'string' && isName(name) ? instrumentId(name) : undefined

/** A number, or a text that consists of one; NaN for everything else. */
const numberOf = (field: Field): number =>
  typeof field === 'number' ? field : typeof field === 'string' ? parseDecimal(field) : NaN

/** Epoch ms, also from a text or a date of ISO 8601. */
const timeOf = (field: Field): number =>
  typeof field === 'number' ? field : typeof field === 'string' ? parseInstant(field) : NaN
