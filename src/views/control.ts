import type { InstrumentTable } from '../domain/instrument.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { ClockView } from '../ports/control/clock.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import type { HoldingsView } from '../ports/control/holdings.ts'
import type { KillSwitchRequest, KillSwitchView } from '../ports/control/kill-switch.ts'
import type { CycleMetricsReport, PerformanceReport } from '../ports/control/performance.ts'
import type { PortfolioView, RealisedReport } from '../ports/control/portfolio.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import type { LogComponent, LogLevel } from '../ports/log.ts'
import type { ActorView } from '../ports/supervision.ts'
import type { TradesPage, TradesQuery } from '../ports/trades.ts'
import type { ControlDeps } from './control-deps.ts'
import { gatewayView, moveBreaker } from './gateway-view.ts'
import { HoldingsDesk } from './holdings-view.ts'
import { portfolioView } from './portfolio-view.ts'
import { requesterText, PositionControl } from './position-control.ts'
import { supervisionOf, type SupervisionView } from './supervision.ts'
import { tradesOf } from './trades.ts'

/** Answers the requests of HTTP and of the command line for one running account. */
export class AccountControl extends PositionControl implements Control {
  /** Set where the configuration names its accounts and this is the only one. */
  accounts?: ReadonlyMap<string, Control>
  private readonly supervision: SupervisionView
  private readonly holdingsDesk: HoldingsDesk

  constructor(deps: ControlDeps) {
    super(deps)
    this.supervision = supervisionOf(deps.account)
    this.holdingsDesk = new HoldingsDesk(deps)
  }

  get instruments(): InstrumentTable {
    return this.deps.account.instruments
  }

  get isStrict(): boolean {
    return this.deps.isStrict
  }

  get ruleSets(): Control['ruleSets'] {
    return this.deps.ruleSets
  }

  get version(): string {
    return this.deps.version
  }

  get healthMaxAgeMs(): number {
    return this.deps.healthMaxAgeMs
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
    const { clock } = this.deps.account
    const now = clock.now()
    return {
      now,
      machine: clock.machineNow() ?? now,
      jumps: clock.jumps,
      pending: clock.pending() ?? null,
    }
  }

  acceptClock(by: Requester): ClockView {
    this.deps.account.acceptClock(requesterText(by))
    this.deps.refreshHealth()
    return this.clock()
  }

  killSwitch(): KillSwitchView {
    const { killSwitch, openExits } = this.deps.account.state
    const held = killSwitch.state === 'halt' ? [...openExits.keys()] : []
    return { ...killSwitch, held }
  }

  /** Throws HELD_EXITS for an end of `halt` that does not say what becomes of the exits that it holds. */
  assertHeldNamed({ state, held }: KillSwitchRequest): void {
    const present = this.killSwitch()
    if (present.held.length === 0 || state === 'halt' || held !== undefined) return
    const text = `halt holds ${present.held.length} exits: say what becomes of them with held: send or discard`
    throw new WatchkeeperError('HELD_EXITS', text)
  }

  async setKillSwitch(request: KillSwitchRequest, by: Requester): Promise<KillSwitchView> {
    this.assertHeldNamed(request)
    const { state, held } = request
    // An exit that waits for its broker while nothing is halted is not held: it goes on.
    const endsHalt = this.killSwitch().state === 'halt' && state !== 'halt'
    if (endsHalt && held === 'discard') {
      await this.deps.account.killSwitch.discardAll(requesterText(by))
    }
    await this.deps.account.killSwitch.set({ state, since: this.deps.clock.now(), by })
    await this.freshHealth()
    return this.killSwitch()
  }

  portfolio(): Promise<PortfolioView> {
    return portfolioView(this.deps.account)
  }

  async reportRealised(report: RealisedReport, by: Requester): Promise<PortfolioView> {
    await this.deps.account.portfolio.report(report, requesterText(by))
    return this.portfolio()
  }

  async resetLimit(name: string, by: Requester): Promise<PortfolioView> {
    await this.deps.account.portfolio.resetLimit(name, requesterText(by))
    return this.portfolio()
  }

  metrics(format: MetricsFormat): Promise<string> {
    return this.deps.metrics(format)
  }

  cycleMetrics(): CycleMetricsReport {
    return this.deps.performance.cycles.getMetrics()
  }

  resetMetrics(by: Requester): CycleMetricsReport {
    const before = this.cycleMetrics()
    this.deps.performance.reset()
    this.deps.account.note('metrics-reset', { by: requesterText(by) })
    return before
  }

  report(): PerformanceReport {
    return this.deps.performance.report()
  }

  gateway(): GatewayView {
    const { desk, clock } = this.deps
    return gatewayView(desk, { monotonicMs: clock.monotonic(), now: clock.now() })
  }

  moveBreaker(group: string, act: string, by: Requester): GatewayView {
    const moved = moveBreaker(this.deps.desk, group, act)
    this.deps.account.note('breaker-moved', { group: moved, act, by: requesterText(by) })
    return this.gateway()
  }

  holdings(): Promise<HoldingsView> {
    return this.holdingsDesk.view()
  }

  confirmHoldings(by: Requester): Promise<void> {
    return this.deps.account.confirmation.give(requesterText(by))
  }

  supervisionTree(limit: number): readonly ActorView[] {
    return this.supervision.supervisionTree(limit)
  }

  restartActor(id: string, by: Requester): Promise<ActorView> {
    return this.supervision.restart(id, requesterText(by))
  }

  logLevels(): Readonly<Record<string, string>> {
    return { ...this.deps.log.levels }
  }

  setLogLevel(component: LogComponent, level: LogLevel, by: Requester): void {
    this.deps.log.setLevel(component, level)
    this.deps.account.note('log-level', { component, level, by: requesterText(by) })
  }

  record(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void> {
    return this.deps.account.record(kind, detail)
  }

  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void {
    this.deps.account.note(kind, detail)
  }

  backup(): AsyncIterable<string> {
    return this.deps.backup()
  }

  trades(query: TradesQuery): Promise<TradesPage> {
    return tradesOf(each => this.everyLine(each), query, this.deps.name)
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    return this.deps.store.journal(query)
  }

  everyLine(query: JournalQuery): Promise<readonly JournalLine[]> {
    const { store, processJournal } = this.deps
    return processJournal?.(query) ?? store.journal(query)
  }
}
