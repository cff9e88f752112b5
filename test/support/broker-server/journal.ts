import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'

/**
 * An append-only file of JSON lines; what was appended is on disk when `append` returns, unless it
 * is lazy.
 */
export class Journal<Entry> {
  /** Makes the next `append` write half of its bytes and call this, which ends the process. */
  tear: (() => void) | undefined

  private readonly file: number

  /** Opens the file, or starts it, and cuts off a last line that was not finished. */
  constructor(path: string) {
    this.file = openSync(path, 'a+')
    ftruncateSync(this.file, wholeLines(readFileSync(path)).length)
  }

  append(entries: readonly Entry[], { isLazy = false } = {}): void {
    const bytes = Buffer.from(entries.map(entry => `${JSON.stringify(entry)}\n`).join(''))
    if (this.tear !== undefined && !isLazy) {
      writeSync(this.file, bytes.subarray(0, bytes.length / 2))
      fsyncSync(this.file)
      this.tear()
      throw new Error('the process was to end')
    }
    writeSync(this.file, bytes)
    if (!isLazy) fsyncSync(this.file)
  }

  /** Deletes everything. */
  empty(): void {
    ftruncateSync(this.file, 0)
    fsyncSync(this.file)
  }

  close(): void {
    closeSync(this.file)
  }
}

/** Every finished line of a journal, also of one that is being written. */
export function readJournal<Entry>(path: string): Entry[] {
  const lines = wholeLines(readFileSync(path)).toString().split('\n').slice(0, -1)
  return lines.map(line => JSON.parse(line) as Entry)
}

const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(10) + 1)
