import { numberText } from '../../domain/level-text.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import type { Composer } from './composer.ts'
import { priceText, spanText } from './person-text.ts'

/** A number of a line; fields of another version may be missing. */
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : 0)

const fired: Composer = line => {
  const { quantity, price } = (line['executed'] ?? {}) as { quantity?: number; price?: number }
  const all = numberOf(line['quantity'])
  const units = numberOf(quantity)
  const at = typeof price === 'number' ? ` at ${priceText(price, undefined)}` : ''
  return {
    title: `The venue executes the net of ${line.positionId}`,
    text: [
      `${numberText(units)} of ${numberText(all)}${at}`,
      units < all
        ? 'the rest of it is cancelled, and an exit sells what is left'
        : 'that is its exit',
    ].join('\n'),
    tone: 'warn',
  }
}

/** A refusal is tried again more and more slowly: the first one of a row is a message. */
const refused = ({ positionId, code, rejections }: JournalLine) =>
  rejections === 1 || rejections === undefined
    ? ({
        title: `The broker refuses the net of ${positionId}`,
        text: `${String(code)}; it is tried again, and the own stop guards alone meanwhile`,
        tone: 'warn',
      } as const)
    : undefined

/** Texts of the lines about stops at the venue that a person should know of. */
export const NET_TEXTS = {
  'net-filled': fired,
  'net-rejected': refused,
  'net-unproved': line => ({
    title: `Check ${line.positionId}: its net may still rest at the venue`,
    text: [
      `no proof of its end for ${spanText(numberOf(line['forMs']))}`,
      line['isWaived'] === true
        ? 'its exit went on beside it'
        : 'its exit waits: cancel the stop at the broker',
    ].join('\n'),
    tone: 'bad',
  }),
  'net-orphan': line => ({
    title: 'Check the account: it has a stop of no position',
    text: `${String(line['instrument'])} ${numberText(numberOf(line['remaining']))}, order ${String(line['clientOrderId'])}; watchkeeper does not cancel it: do so at the broker if it is not yours`,
    tone: 'bad',
  }),
} satisfies Readonly<Record<string, Composer>>
