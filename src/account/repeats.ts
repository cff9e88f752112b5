/** Most subjects that are remembered; of an older one the next failure counts as its first. */
const MOST = 10_000

/**
 * Counts what fails again and again, so that it gets one line and not one at each try: the first time, then
 * the tenth, the hundredth and so on.
 */
export class Repeats {
  private readonly counts = new Map<string, number>()

  /** Counts one more failure of this subject for this cause. How many by now; undefined: not due. */
  add(subject: string, cause: string): number | undefined {
    const key = JSON.stringify([subject, cause])
    const count = (this.counts.get(key) ?? 0) + 1
    // Last in order: what fails at present is not what is forgotten.
    this.counts.delete(key)
    this.counts.set(key, count)
    if (this.counts.size > MOST) this.counts.delete(this.counts.keys().next().value!)
    return Number.isInteger(Math.log10(count)) ? count : undefined
  }
}
