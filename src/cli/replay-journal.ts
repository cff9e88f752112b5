import type { VirtualSystem } from '../app/virtual.ts'
import type { PositionId } from '../domain/ids.ts'
import { WatchkeeperError } from '../errors.ts'
import type { RecordedTick } from '../feeds/replay.ts'
import { isNetEvent, type JournalEvent } from '../ports/journal.ts'
import type { ExitReport } from './exit-report.ts'

/** Where the events of a replay are printed. */
export interface Recording {
  readonly report: ExitReport
  readonly system: VirtualSystem
  readonly failures: WatchkeeperError[]
  /** State of each position when its exit was decided. */
  readonly reached: Map<PositionId, { readonly best: number; readonly at: number }>
  readonly warn: (text: string) => void
}

/** Receives the journal events of the system while a replay runs. */
export function record(
  event: JournalEvent,
  { report, system, failures, reached, warn }: Recording,
): void {
  if (isNetEvent(event)) return
  switch (event.kind) {
    case 'exit-intended': {
      const { decision } = event
      report.decided(decision, decision.tick && (system.lastTick as RecordedTick))
      reached.set(decision.positionId, { best: decision.best, at: decision.at })
      return
    }
    case 'exit-filled':
      report.filled(event.fill)
      return
    case 'exit-failed':
      failures.push(failure(`the exit of ${event.decision.positionId} failed`, event.error))
      return
    case 'monitor-restarted':
      warn(`the monitor of ${event.positionId} crashed and was replaced: ${text(event.reason)}`)
      return
    case 'monitor-gave-up':
      failures.push(failure(`the monitor of ${event.positionId} crashed too often`, event.reason))
      return
    case 'isolated-fault':
      warn(`${event.what}: ${text(event.error)}`)
      return
    case 'exit-below-minimum':
      report.belowMinimum.add(event.decision.positionId)
      warn(belowText(event))
      return
    // A replay has no account, no store, no other actors.
    case 'actor-gave-up':
    case 'actor-restarted':
    case 'common-cause':
    case 'exit-closed':
    case 'exit-dust':
    case 'exit-fault':
    case 'exit-late-fill':
    case 'exit-late-order':
    case 'exit-foreign':
    case 'exit-rejected':
    case 'exit-priceless':
    case 'exit-reserved':
    case 'exit-stuck':
    case 'exit-unknown':
    case 'exit-unproved':
    case 'exit-unverified':
    case 'holding-oversold':
    case 'holding-unknown':
    case 'holding-unowned':
    case 'position-gone':
    case 'position-shrunk':
    case 'reconcile-failed':
    case 'released-order-over':
    case 'second-guard':
    case 'store-failed':
  }
}

const belowText = ({
  decision: { positionId },
  value,
  minimum,
}: Extract<JournalEvent, { readonly kind: 'exit-below-minimum' }>): string =>
  `the exit of ${positionId} is worth ${value}, less than the smallest order of ${minimum}: it waits for a price that makes it large enough`

const text = (reason: unknown): string =>
  reason instanceof Error ? reason.message : String(reason)

const failure = (what: string, cause: unknown): WatchkeeperError =>
  new WatchkeeperError('REPLAY_FAILED', `${what}: ${text(cause)}`, { cause })
