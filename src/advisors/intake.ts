import { LONGEST_LINE } from './protocol.ts'

/** Lines in one second that are a flood, in multiples of those that are read. */
const FLOOD_FACTOR = 20
const NEWLINE = 10

/** Why an advisor is killed for what it has written; undefined: it is not. */
export type Offence = 'a line that is too long' | 'a flood of lines'

/**
 * Takes the output of an advisor apart, bounded in memory and in lines a second: what is beyond is counted and
 * neither decoded nor kept.
 */
export class Intake {
  /** Lines that were left out because they were too many. */
  dropped = 0
  private rest = Buffer.alloc(0)
  private second = -1
  private lines = 0
  private readonly perSecond: number
  private readonly take: (line: string) => void

  constructor(perSecond: number, take: (line: string) => void) {
    this.perSecond = perSecond
    this.take = take
  }

  /** Takes what has come at `now` (monotonic ms). */
  chunk(data: Buffer, now: number): Offence | undefined {
    const second = Math.floor(now / 1_000)
    if (second !== this.second) {
      this.second = second
      this.lines = 0
    }
    let from = 0
    for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, from)) {
      const offence = this.line(data.subarray(from, end))
      if (offence !== undefined) return offence
      from = end + 1
    }
    this.rest = Buffer.concat([this.rest, data.subarray(from)])
    return this.rest.length > LONGEST_LINE ? 'a line that is too long' : undefined
  }

  private line(data: Buffer): Offence | undefined {
    const before = this.rest
    if (before.length > 0) this.rest = Buffer.alloc(0)
    if (before.length + data.length > LONGEST_LINE) return 'a line that is too long'
    this.lines++
    if (this.lines > this.perSecond * FLOOD_FACTOR) return 'a flood of lines'
    if (this.lines > this.perSecond) {
      this.dropped++
      return undefined
    }
    this.take((before.length === 0 ? data : Buffer.concat([before, data])).toString('utf8'))
    return undefined
  }
}
