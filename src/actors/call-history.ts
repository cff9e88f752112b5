import type { EndpointGroup } from '../domain/venue.ts'
import type { WindowOptions } from '../resilience/breaker-options.ts'
import { emptyWindow, record, tallyOf } from '../resilience/window.ts'
import type { CallRecord } from './desk-call.ts'

const CALLS_KEPT = 100
/** Kinds of calls that are counted apart; codes come from adapters. */
const MOST_COUNTS = 200
const RECENT = { kind: 'time', windowMs: 60_000 } as WindowOptions

/** Calls of one kind that ended the same way. */
export interface CallCount extends Pick<CallRecord, 'group' | 'operation' | 'outcome'> {
  readonly count: number
}

/** How calls to the broker fared. */
export class CallHistory {
  /** The last calls, oldest first. */
  readonly last: CallRecord[] = []
  private readonly counts = new Map<string, number>()
  private errors = emptyWindow(RECENT)
  private failures = emptyWindow(RECENT)

  /** `isFailure`: it tells against the venue's health; `now` is monotonic ms. */
  add(call: CallRecord, isFailure: boolean, now: number): void {
    const { group, operation, outcome } = call
    const key = JSON.stringify([group, operation, outcome])
    if (this.counts.has(key) || this.counts.size < MOST_COUNTS) {
      this.counts.set(key, (this.counts.get(key) ?? 0) + 1)
    }
    this.errors = record(RECENT, this.errors, { isFailure: outcome !== 'ok', durationMs: 0 }, now)
    this.failures = record(RECENT, this.failures, { isFailure, durationMs: 0 }, now)
    this.last.push(call)
    if (this.last.length > CALLS_KEPT) this.last.shift()
  }

  /** Errors of the last minute, and the share of its calls that failed, at `now` (monotonic ms). */
  recent(now: number): { readonly errors: number; readonly failureShare: number } {
    const { total, failures } = tallyOf(RECENT, this.failures, now)
    return {
      errors: tallyOf(RECENT, this.errors, now).failures,
      failureShare: total === 0 ? 0 : failures / total,
    }
  }

  /** Calls that ended so far, by group, operation and outcome. */
  totals(): CallCount[] {
    return [...this.counts].map(([key, count]) => {
      const [group, operation, outcome] = JSON.parse(key) as [EndpointGroup, string, string]
      return { group, operation, outcome, count }
    })
  }
}
