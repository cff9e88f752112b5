import type { InstrumentTable } from '../domain/instrument.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { ClockView } from '../ports/control/clock.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import type { CycleMetricsReport, PerformanceReport } from '../ports/control/performance.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { LogComponent, LogLevel } from '../ports/log.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { AccountControl } from './control.ts'

export interface ProcessControlDeps {
  readonly accounts: ReadonlyMap<string, AccountControl>
  readonly instruments: InstrumentTable
  readonly store: Pick<OwnedStore, 'journal'> & {
    /** Whether the journal may have lines of an account. */
    knows(account: string): boolean
  }
  health(): HealthSnapshot
  /** See Control. */
  freshHealth?(): Promise<HealthSnapshot>
  healthAgeMs(): number
  metrics(format: MetricsFormat): Promise<string>
  readiness(): Readiness
  record(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void>
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
}

/** The part of the control that is the same in each account, or belongs to the process. */
export class SharedControl {
  readonly accounts: ReadonlyMap<string, AccountControl>
  readonly everything?: Control
  protected readonly deps: ProcessControlDeps

  constructor(deps: ProcessControlDeps, everything?: Control) {
    this.deps = deps
    this.accounts = deps.accounts
    if (everything !== undefined) this.everything = everything
  }

  /** Any account, for what is the same in each. */
  private get any(): AccountControl {
    return this.accounts.values().next().value!
  }

  get version(): string {
    return this.any.version
  }

  get instruments(): InstrumentTable {
    return this.deps.instruments
  }

  get isStrict(): boolean {
    return this.any.isStrict
  }

  get ruleSets(): Control['ruleSets'] {
    return this.any.ruleSets
  }

  get healthMaxAgeMs(): number {
    return this.any.healthMaxAgeMs
  }

  healthAgeMs(): number {
    return this.deps.healthAgeMs()
  }

  health(): HealthSnapshot {
    return this.deps.health()
  }

  async freshHealth(): Promise<HealthSnapshot> {
    return this.deps.freshHealth?.() ?? this.health()
  }

  readiness(): Readiness {
    return this.deps.readiness()
  }

  clock(): ClockView {
    return this.any.clock()
  }

  acceptClock(by: Requester): ClockView {
    return this.any.acceptClock(by)
  }

  metrics(format: MetricsFormat): Promise<string> {
    return this.deps.metrics(format)
  }

  cycleMetrics(): CycleMetricsReport {
    return this.any.cycleMetrics()
  }

  resetMetrics(by: Requester): CycleMetricsReport {
    return this.any.resetMetrics(by)
  }

  report(): PerformanceReport {
    return this.any.report()
  }

  logLevels(): Readonly<Record<string, string>> {
    return this.any.logLevels()
  }

  setLogLevel(component: LogComponent, level: LogLevel, by: Requester): void {
    this.any.setLogLevel(component, level, by)
  }

  record(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void> {
    return this.deps.record(kind, detail)
  }

  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void {
    this.deps.note(kind, detail)
  }

  backup(): AsyncIterable<string> {
    return this.any.backup()
  }
}
