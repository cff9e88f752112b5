import { appendRow, tickBatch, type TickBatch } from './tick-batch.ts'

const BATCH_ROWS = 4096

/**
 * Merges sources whose rows are in order of time into one such source. At equal times the order of
 * the sources decides, then the row. The merge holds one batch of each source and pulls the next
 * when that is used up. An error of a source is thrown after every row before it was yielded. A
 * single source is passed through.
 */
export function mergeTicks(sources: readonly AsyncIterable<TickBatch>[]): AsyncIterable<TickBatch> {
  return sources.length === 1 ? sources[0]! : merged(sources)
}

/** The unread rows of one source. */
interface Head {
  readonly iterator: AsyncIterator<TickBatch>
  /** Index of the source: decides at equal times. */
  readonly order: number
  batch: TickBatch
  row: number
}

async function* merged(sources: readonly AsyncIterable<TickBatch>[]): AsyncGenerator<TickBatch> {
  const iterators = sources.map(source => source[Symbol.asyncIterator]())
  const out = tickBatch(BATCH_ROWS)
  try {
    const heads: Head[] = []
    for (const [order, iterator] of iterators.entries()) {
      const head = { iterator, order, batch: tickBatch(0), row: 0 }
      if (await refill(head)) heads.push(head)
    }
    while (heads.length > 0) {
      const head = moveRun(heads, out)
      if (head.row < head.batch.length) {
        yield out
        out.length = 0
      } else if (!(await refill(head))) {
        heads.splice(heads.indexOf(head), 1)
      }
    }
  } catch (error) {
    if (out.length > 0) yield out
    throw error
  } finally {
    await Promise.all(iterators.map(async iterator => iterator.return?.()))
  }
  if (out.length > 0) yield out
}

/**
 * Moves rows into `out` until it is full or one head is used up; returns the head at which it
 * stopped.
 */
function moveRun(heads: readonly Head[], out: TickBatch): Head {
  const capacity = out.ts.length
  for (;;) {
    const head = earliest(heads)!
    const rival = earliest(heads, head)
    const { batch } = head
    // Copy all rows before the first row of the next head at once.
    do {
      if (out.length === capacity) return head
      appendRow(out, batch, head.row++)
      if (head.row === batch.length) return head
    } while (rival === undefined || isBefore(head, rival))
  }
}

const isBefore = (a: Head, b: Head): boolean => {
  const difference = a.batch.ts[a.row]! - b.batch.ts[b.row]!
  return difference < 0 || (difference === 0 && a.order < b.order)
}

/** The head whose row is due first, except `except`. */
function earliest(heads: readonly Head[], except?: Head): Head | undefined {
  let first: Head | undefined
  for (const head of heads) {
    if (head !== except && (first === undefined || isBefore(head, first))) first = head
  }
  return first
}

/** Pulls the next rows of a source that is used up; false at its end. */
async function refill(head: Head): Promise<boolean> {
  const next = await head.iterator.next()
  if (next.done === true) return false
  head.batch = next.value
  head.row = 0
  return head.batch.length > 0 || refill(head)
}
