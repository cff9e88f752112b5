import { textOf } from './journal-line.ts'

/** Most subjects that are remembered; the next failure of a forgotten one counts as its first. */
const MOST = 10_000

/** Counts repeated failures, so that only the first, tenth, hundredth and so on of one cause has a line. */
export class Repeats {
  private readonly counts = new Map<string, number>()

  /**
   * Counts one more failure of this subject for this cause. Returns the count where a line is due, otherwise
   * undefined.
   */
  add(subject: string, cause: string): number | undefined {
    const key = JSON.stringify([subject, cause])
    const count = (this.counts.get(key) ?? 0) + 1
    // Moved to the end: subjects that fail now are the last to be forgotten.
    this.counts.delete(key)
    this.counts.set(key, count)
    if (this.counts.size > MOST) this.counts.delete(this.counts.keys().next().value!)
    return Number.isInteger(Math.log10(count)) ? count : undefined
  }

  /** Counts a failure by its text, and calls `note` with the detail of a journal line where one is due. */
  report(
    subject: string,
    error: unknown,
    note: (detail: Readonly<Record<string, unknown>>) => void,
  ): void {
    const text = textOf(error)
    const times = this.add(subject, text)
    if (times !== undefined) note({ error: text, ...(times > 1 && { times }) })
  }
}
