import type { Readable } from 'node:stream'
import { readBytes, type Progress } from './byte-source.ts'
import { tickBatch, type TickBatch } from './tick-batch.ts'
import { takenText, type NamedColumns } from './tick-columns.ts'
import { TickRows } from './tick-rows.ts'
import { timeOptions, type TimeOptions } from './tick-time.ts'

const BATCH_ROWS = 4096

export interface TickFileOptions {
  /** Place of the file among the arguments, from 0; stands in every row. */
  readonly file?: number
  /** Leaves out rows with a fault and counts them, instead of an error. Default false. */
  readonly skipBadRows?: boolean
  /** How times are read; default milliseconds, up to a day ahead of now. */
  readonly time?: TimeOptions
  /** Which header means what, where a person says so. */
  readonly columns?: NamedColumns | undefined
  /** Called once, with what was taken for what; not where all has our own names, between commas. */
  readonly onTaken?: (text: string) => void
  /** What the path `-` reads. Default the process's own stdin. */
  readonly stdin?: Readable
  /** Called after each chunk, some 250 KB, with bytes as they lie on the disk. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void
}

/** The rows of one tick file, read as they are pulled. It can be read once. */
export interface TickFile extends AsyncIterable<TickBatch> {
  /** Name for messages: the path, or `stdin`. */
  readonly source: string
  /** Rows left out so far. */
  readonly skippedRows: number
  /** Rows that came a little late, and were played at the time of the row before. */
  readonly lateRows: number
  readonly progress: Readonly<Progress>
}

/**
 * Reads the ticks of a `.csv`, a `.csv.gz` or of stdin (`-`) in batches. Pulling throws an
 * `InputError` that names file, line, column and value at the first fault, after the rows before it.
 */
export function tickFile(path: string, options: TickFileOptions = {}): TickFile {
  const {
    file = 0,
    skipBadRows = false,
    stdin = process.stdin,
    columns,
    onTaken,
    onProgress,
  } = options
  const { time = timeOptions(Date.now()) } = options
  const source = path === '-' ? 'stdin' : path
  const progress: Progress = { bytesRead: 0, totalBytes: undefined }
  const rows = new TickRows({
    source,
    file,
    skipBadRows,
    time,
    columns,
    onHeader: header => {
      const text = takenText(header)
      if (text !== undefined) onTaken?.(text)
    },
  })

  async function* batches(): AsyncGenerator<TickBatch> {
    const batch = tickBatch(BATCH_ROWS)
    for await (const chunk of readBytes(path, stdin, progress)) {
      onProgress?.(progress.bytesRead, progress.totalBytes)
      rows.feed(chunk)
      yield* filled(rows, batch)
    }
    rows.finish()
    yield* filled(rows, batch)
  }

  const iterator = batches()
  return {
    source,
    progress,
    get skippedRows() {
      return rows.skipped
    },
    get lateRows() {
      return rows.late
    },
    [Symbol.asyncIterator]: () => iterator,
  }
}

/** The batches that `rows` can fill before it needs more bytes; at a fault, first the rows before. */
function* filled(rows: TickRows, batch: TickBatch): Generator<TickBatch> {
  for (let isMore = true; isMore;) {
    try {
      isMore = rows.fill(batch)
    } catch (error) {
      if (batch.length > 0) yield batch
      throw error
    }
    if (batch.length > 0) yield batch
  }
}
