import { EXIT_OUTCOMES, type ExitOutcome } from '../domain/reason.ts'
import {
  RESTART_CAUSES,
  SUPERVISED,
  type RestartCause,
  type SupervisedKind,
} from '../ports/supervision.ts'
import type { EventTotals } from '../ports/telemetry.ts'

/** What has happened in this process so far; read at each scrape. */
export class Counters implements EventTotals {
  /** Exits by reason. */
  readonly exitsIntended = new Map<string, number>()
  /** Exits that are over, by outcome and reason. */
  readonly exitsEnded = Object.fromEntries(
    EXIT_OUTCOMES.map(outcome => [outcome, new Map<string, number>()]),
  ) as Readonly<Record<ExitOutcome, Map<string, number>>>
  /** Errors by code. */
  readonly errors = new Map<string, number>()
  /** Attempts that the venue refused, by its reason. */
  readonly rejections = new Map<string, number>()
  /** Orders whose outcome became unknown; an order may count several times. */
  unknowns = 0
  /** Orders found at the venue under the id of an attempt that this store never sent. */
  foreignOrders = 0
  /** Orders of ended exits that were executed after all. */
  lateFills = 0
  /** Orders that left although their holding was not verified. */
  unverified = 0
  /** Positions closed outside of watchkeeper without a decided exit. */
  closedElsewhere = 0
  brokerErrors = 0
  /** Isolated faults of one position or holding, each counted when it began. */
  isolatedFaults = 0
  /** Exceptions of exit followers; the exits continued. */
  followErrors = 0
  /** Restarts of actors by kind and cause. */
  private readonly restartsBy = Object.fromEntries(
    SUPERVISED.map(kind => [kind, Object.fromEntries(RESTART_CAUSES.map(cause => [cause, 0]))]),
  ) as Record<SupervisedKind, Record<RestartCause, number>>

  /** All restarts except those by hand. */
  get restarts(): number {
    let sum = 0
    for (const { cause, count } of this.eachRestart()) if (cause !== 'hand') sum += count
    return sum
  }

  restarted(kind: SupervisedKind, cause: RestartCause): void {
    this.restartsBy[kind][cause]++
  }

  *eachRestart(): Iterable<{
    readonly kind: SupervisedKind
    readonly cause: RestartCause
    readonly count: number
  }> {
    for (const kind of SUPERVISED) {
      for (const cause of RESTART_CAUSES) yield { kind, cause, count: this.restartsBy[kind][cause] }
    }
  }
}
