import type { Readable } from 'node:stream'
import type { InstrumentId } from '../domain/ids.ts'
import { readBytes, type Progress } from './byte-source.ts'
import { tickBatch, type TickBatch } from './tick-batch.ts'
import { takenText, type NamedColumns } from './tick-columns.ts'
import { TickRows } from './tick-rows.ts'
import { timeOptions, type TimeOptions } from './tick-time.ts'

const BATCH_ROWS = 4096

export interface TickFileOptions {
  /** Index of the file among the arguments, from 0; set in every row. */
  readonly file?: number
  /** Skips and counts rows with a fault, instead of throwing. Default false. */
  readonly skipBadRows?: boolean
  /** How times are parsed; default milliseconds, up to a day ahead of now. */
  readonly time?: TimeOptions
  /** Headers by meaning, as the user states them. */
  readonly columns?: NamedColumns | undefined
  /** The instrument of a file that has no column of instruments. */
  readonly instrument?: InstrumentId | undefined
  /**
   * Called once with how the columns were interpreted; not for a file with watchkeeper's own names
   * and commas.
   */
  readonly onTaken?: (text: string) => void
  /** What the path `-` reads. Default: stdin of the process. */
  readonly stdin?: Readable
  /** Called after each chunk, some 250 KB, with the bytes read, as they are on the disk. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void
}

/** The rows of one tick file, parsed as they are pulled. It can be read once. */
export interface TickFile extends AsyncIterable<TickBatch> {
  /** Name for messages: the path, or `stdin`. */
  readonly source: string
  /** Rows skipped so far. */
  readonly skippedRows: number
  /** Rows that were slightly late, and were played at the time of the row before. */
  readonly lateRows: number
  readonly progress: Readonly<Progress>
}

/**
 * Reads the ticks of a `.csv`, a `.csv.gz` or of stdin (`-`) in batches.
 *
 * @throws InputError on pulling, with file, line, column and value of the first fault, after the
 * rows before it.
 */
export function tickFile(path: string, options: TickFileOptions = {}): TickFile {
  const {
    file = 0,
    skipBadRows = false,
    stdin = process.stdin,
    columns,
    instrument,
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
    instrument,
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

/**
 * The batches that `rows` can fill before it needs more bytes; at a fault, the rows before it come
 * first.
 */
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
