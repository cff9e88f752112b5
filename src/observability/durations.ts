/** Steps within a doubling: a value is known within a thousandth of itself. */
const STEPS = 512

/** Counts durations in steps that grow with them; bounded by the steps between the shortest and the longest. */
export class Durations {
  count = 0
  max = 0
  private sum = 0
  /** Durations by the number of their step. */
  private readonly counts = new Map<number, number>()

  get mean(): number {
    return this.sum / this.count
  }

  /** Adds a duration: a whole number, in any unit. */
  record(value: number): void {
    const step = stepOf(value)
    this.counts.set(step, (this.counts.get(step) ?? 0) + 1)
    this.count++
    this.sum += value
    if (value > this.max) this.max = value
  }

  /** The durations that such shares of all do not exceed, by ascending share, percent. */
  percentiles<Name extends string>(shares: Readonly<Record<Name, number>>): Record<Name, number> {
    const steps = [...this.counts].toSorted(([a], [b]) => a - b)
    let at = 0
    let below = steps[0]?.[1] ?? 0
    const found = Object.entries<number>(shares).map(([name, share]) => {
      const rank = Math.ceil((share / 100) * this.count)
      while (below < rank && at < steps.length - 1) below += steps[++at]?.[1] ?? 0
      return [name, Math.min(this.max, valueOf(steps[at]?.[0] ?? 0))]
    })
    return Object.fromEntries(found) as Record<Name, number>
  }
}

/** Values below twice STEPS have a step each; each doubling after them has STEPS steps. */
function stepOf(value: number): number {
  const doublings = Math.max(0, Math.floor(Math.log2(value / STEPS)))
  return doublings * STEPS + Math.floor(value / 2 ** doublings)
}

/** The middle of a step. */
function valueOf(step: number): number {
  const doublings = Math.max(0, Math.floor(step / STEPS) - 1)
  const from = step - doublings * STEPS
  return doublings === 0 ? from : (from + 0.5) * 2 ** doublings
}
