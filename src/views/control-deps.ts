import type { Account } from '../account/account.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { LastAnswers } from '../calls/last-answers.ts'
import type { Logger } from '../observability/logger.ts'
import type { Meters } from '../observability/meters.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { ExitableDesk } from './exitable.ts'

/** Dependencies of the control of a running account. */
export interface ControlDeps {
  readonly account: Account
  /** Name of the account, where the configuration names its accounts. */
  readonly name?: string | undefined
  /** The journal of the process, where `store` is only that of the account. */
  readonly processJournal?: OwnedStore['journal']
  readonly store: Pick<OwnedStore, 'journal'>
  readonly clock: Clock
  readonly performance: Meters
  readonly desk: CallDesk
  readonly answers: LastAnswers
  /** Whether a position could be exited; undefined: it is not evaluated. */
  readonly exitable?: Pick<ExitableDesk, 'of' | 'accountWhy'>
  readonly log: Pick<Logger, 'levels' | 'setLevel'>
  /** Figures of the service. */
  metrics(format: MetricsFormat): Promise<string>
  /** See Control. */
  readonly version: string
  readonly isStrict: boolean
  readonly ruleSets: Control['ruleSets']
  readonly healthMaxAgeMs: number
  healthAgeMs(): number
  health(): HealthSnapshot
  /** See Control. */
  freshHealth?(): Promise<HealthSnapshot>
  /** Streams a backup of the whole store, as text. */
  backup(): AsyncIterable<string>
  /** Makes a snapshot of health now, without a wait for the next cycle. */
  refreshHealth(): void
  readiness(): Readiness
}
