import { isWorking, type Book, type BookOrder, type SentOrder } from './book.ts'

/** Whether a price meets the trigger of a stop. */
export const isMet = (
  { action }: Pick<SentOrder, 'action'>,
  trigger: NonNullable<SentOrder['trigger']>,
  price: number,
): boolean => (action === 'sell' ? price <= trigger.price : price >= trigger.price)

/** The stops that rest and that the last prices meet; all that rest where `isForced`. */
export const dueStops = (book: Book, isForced = false): readonly BookOrder[] =>
  restingStops(book).filter(order => {
    const price = book.prices.get(order.instrument)?.price
    return isForced || (price !== undefined && isMet(order, order.rests!, price))
  })

/** The stops that rest. */
export const restingStops = ({ working }: Book): readonly BookOrder[] =>
  [...working].filter(order => order.rests !== null && isWorking(order))
