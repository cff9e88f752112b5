import type { InstrumentId } from '../../domain/ids.ts'
import type { Tick } from '../../domain/tick.ts'
import { parseFields, parseMessage, type Malformed } from './message.ts'

/** An entry of a stream: its id, and its fields and values alternating. */
export type Entry = readonly [id: string, fields: readonly string[]]

/**
 * Parses the price of an entry: either named fields, or a single field of any name that contains a
 * message. Without `ts` its time is that of its id.
 */
export function parseEntry(
  [id, fields]: Entry,
  instrument: InstrumentId | undefined,
): Tick | Malformed {
  if (fields.length === 2 && fields[0] !== 'price' && fields[0] !== 'ltp')
    return parseMessage(fields[1]!, instrument)
  const named: Record<string, string> = Object.create(null) as Record<string, string>
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index]!
    // Two different values for one field are ambiguous.
    if (name in named) return 'syntax'
    named[name] = fields[index + 1]!
  }
  named['ts'] ??= id.slice(0, id.indexOf('-'))
  return parseFields(named, instrument)
}

/** Compares ids as the server does: by time, then by sequence number. */
export function compareIds(a: string, b: string): number {
  const [timeA, numberA] = partsOf(a)
  const [timeB, numberB] = partsOf(b)
  return timeA - timeB || numberA - numberB
}

const partsOf = (id: string): [number, number] => {
  const dash = id.indexOf('-')
  return [Number(id.slice(0, dash)), Number(id.slice(dash + 1))]
}

/** Entries of several streams, as a server returns them. */
export type StreamAnswer = readonly (readonly [key: string, entries: readonly Entry[]])[]

/** The entries of all streams, in the order of their ids. */
export function inOrder(answer: StreamAnswer): Iterable<readonly [key: string, Entry]> {
  const all = answer.flatMap(([key, entries]) => entries.map(entry => [key, entry] as const))
  return all.toSorted(([, [a]], [, [b]]) => compareIds(a, b))
}
