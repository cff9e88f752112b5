import type { CallRecord } from './call.ts'

const CALLS_KEPT = 100
/** Most kinds of calls that are counted separately; codes come from adapters. */
const MOST_COUNTS = 200

/** Calls of one kind with the same outcome. */
export interface CallCount extends Pick<CallRecord, 'group' | 'operation' | 'outcome'> {
  readonly count: number
}

/** Statistics of calls to the broker. */
export class CallHistory {
  /** The last calls, oldest first. */
  readonly last: CallRecord[] = []
  private readonly counts = new Map<
    string,
    { -readonly [Key in keyof CallCount]: CallCount[Key] }
  >()
  private readonly minute = new Minute()

  /** `isFailure`: it counts as a failure of the venue; `now` is monotonic ms. */
  add(call: CallRecord, isFailure: boolean, now: number): void {
    const { group, operation, outcome } = call
    const key = `${group} ${operation} ${outcome}`
    const known = this.counts.get(key)
    if (known !== undefined) known.count++
    else if (this.counts.size < MOST_COUNTS) {
      this.counts.set(key, { group, operation, outcome, count: 1 })
    }
    this.minute.add(now, isFailure)
    this.last.push(call)
    if (this.last.length > CALLS_KEPT) this.last.shift()
  }

  /** Share of the calls of the last minute that failed, 0 to 1, at `now` (monotonic ms). */
  failureShare(now: number): number {
    const { calls, failures } = this.minute.sums(now)
    return calls === 0 ? 0 : failures / calls
  }

  /** Calls that ended so far, by group, operation and outcome. */
  totals(): CallCount[] {
    return [...this.counts.values()]
  }
}

const PARTS = 12
const PART_MS = 60_000 / PARTS

/** Counts over the last minute, in twelve parts: the oldest part is dropped as a whole. */
class Minute {
  private readonly parts = Array.from({ length: PARTS }, () => {
    return { index: -1, calls: 0, failures: 0 }
  })

  add(now: number, isFailure: boolean): void {
    const index = Math.floor(now / PART_MS)
    const part = this.parts[index % PARTS]!
    if (part.index !== index) Object.assign(part, { index, calls: 0, failures: 0 })
    part.calls++
    if (isFailure) part.failures++
  }

  sums(now: number): { calls: number; failures: number } {
    const oldest = Math.floor(now / PART_MS) - PARTS
    let [calls, failures] = [0, 0]
    for (const part of this.parts) {
      if (part.index <= oldest) continue
      calls += part.calls
      failures += part.failures
    }
    return { calls, failures }
  }
}
