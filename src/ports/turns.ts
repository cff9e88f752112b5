/** Resolves in the next turn of the event loop: messages, ticks and answers come first. */
export const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

/**
 * Calls `take` for each item, at most `most` of them in one turn of the event loop. Items that come or go between
 * two turns are met as the iterator meets them.
 *
 * @throws what `take` throws; the items after that one are left out.
 */
export async function inTurns<Item>(
  items: Iterable<Item>,
  most: number,
  take: (item: Item) => void,
): Promise<void> {
  let count = 0
  for (const item of items) {
    take(item)
    if (++count % most === 0) await nextTurn()
  }
}
