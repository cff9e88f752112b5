import { difference, sum } from '../../../src/domain/decimal.ts'
import { remainingOf, type Book, type SentOrder } from './book.ts'
import type { Settings } from './script.ts'
import { isMet } from './stops.ts'

/** Why a venue refuses an order; undefined where it takes it. */
export function refusalOf(
  sent: SentOrder,
  { book, settings }: { book: Book; settings: Settings },
): { code: string } | undefined {
  const { instruments, marketClosed, capabilities, reserves, maxQuantity } = settings
  const { instrument, quantity } = sent
  if (instruments?.includes(instrument) === false) return { code: 'unknown-instrument' }
  if (marketClosed === true || (marketClosed && marketClosed.includes(instrument)))
    return { code: 'market-closed' }
  if (isNeverTaken(sent, capabilities.styles) || quantity > (maxQuantity ?? Infinity))
    return { code: 'refused' }
  const price = book.prices.get(instrument)?.price
  if (sent.trigger !== undefined && price !== undefined && isMet(sent, sent.trigger, price))
    return { code: 'would-trigger' }
  const holding = book.nameOf(sent, capabilities.holdings)
  const closable = closableOf({ ...sent, holding }, book)
  const isApart = capabilities.holdings !== 'net'
  const isReducing = isApart || (capabilities.reduceOnly && sent.reduceOnly)
  const reserved = reserves ? reservedIn(holding, book) : 0
  const isShort = isApart && !sent.reduceOnly && quantity > closable
  const isTaken = reserves && quantity > difference(closable, reserved)
  if ((isReducing && closable === 0) || isShort || isTaken) return { code: 'insufficient-quantity' }
  return undefined
}

/** Whether the venue takes no order of that type; of a stop it is the order that it becomes. */
export const isNeverTaken = (
  { type }: Pick<SentOrder, 'type'>,
  styles: Settings['capabilities']['styles'],
): boolean => !styles.includes(type === 'market' ? 'market' : 'marketable-limit')

/** Units that an order can take without going through zero. */
export function closableOf(
  { holding, action }: { holding: string; action: 'buy' | 'sell' },
  book: Book,
): number {
  const held = book.quantity(holding)
  return Math.max(0, action === 'sell' ? held : -held)
}

function reservedIn(holding: string, book: Book): number {
  const working = [...book.working].filter(order => order.holding === holding)
  return working.map(order => remainingOf(order)).reduce(sum, 0)
}
