import { readable, type TextStream } from './output.ts'

const WIDTH = 30
const EVERY_MS = 100

/** A progress line on a terminal, redrawn in place; prints nothing where stderr is a file. */
export class ProgressLine {
  private readonly stream: TextStream
  private readonly startedAt = performance.now()
  private drawnAt = 0
  private isDrawn = false

  constructor(stream: TextStream) {
    this.stream = stream
  }

  /** Seconds since the start. */
  get seconds(): number {
    return (performance.now() - this.startedAt) / 1000
  }

  /**
   * Redraws, a few times a second. `share` is the completed fraction, 0 to 1, where that is known.
   */
  update(share: number | undefined, rows: number): void {
    const now = performance.now()
    if (this.stream.isTTY !== true || now - this.drawnAt < EVERY_MS) return
    this.drawnAt = now
    this.isDrawn = true
    const rate = `${readable(rows, 0)} rows  ${readable(rows / this.seconds, 0)} rows/s`
    this.stream.write(`\r${share === undefined ? '' : bar(share)}${rate}\u001B[K`)
  }

  /** Clears the line. */
  clear(): void {
    if (this.isDrawn) this.stream.write('\r\u001B[K')
    this.isDrawn = false
  }
}

function bar(share: number): string {
  const done = Math.round(Math.min(1, share) * WIDTH)
  const percent = `${Math.floor(Math.min(1, share) * 100)}`.padStart(3)
  return `[${'█'.repeat(done)}${'░'.repeat(WIDTH - done)}] ${percent} %  `
}
