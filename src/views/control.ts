import type { Account } from '../account/account.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import { positionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { Logger } from '../observability/logger.ts'
import type { Meters } from '../observability/meters.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control, MetricsFormat } from '../ports/control.ts'
import type { ClockView } from '../ports/control/clock.ts'
import type { GatewayView } from '../ports/control/gateway.ts'
import type { HealthSnapshot, Readiness } from '../ports/control/health.ts'
import type { KillSwitchRequest, KillSwitchView } from '../ports/control/kill-switch.ts'
import type { CycleMetricsReport, PerformanceReport } from '../ports/control/performance.ts'
import type { PortfolioView, RealisedReport } from '../ports/control/portfolio.ts'
import type {
  AddedView,
  AddRequest,
  ChangedView,
  PositionView,
  RulesPreview,
  RulesRequest,
} from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { WhyView } from '../ports/control/why.ts'
import type { JournalLine, JournalQuery } from '../ports/journal-lines.ts'
import { LOG_COMPONENTS, LOG_LEVELS } from '../ports/log.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { ActorView } from '../ports/supervision.ts'
import type { TradesPage, TradesQuery } from '../ports/trades.ts'
import { explain } from '../risk/explain.ts'
import { standing } from '../risk/standing.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { exitView } from './exit-view.ts'
import { gatewayView, moveBreaker } from './gateway-view.ts'
import { supervisionOf, type SupervisionView } from './supervision.ts'
import { tradesOf } from './trades.ts'

export interface ControlParts {
  readonly system: Account
  readonly store: Pick<OwnedStore, 'journal'>
  readonly clock: Clock
  readonly performance: Meters
  readonly desk: CallDesk
  readonly log: Pick<Logger, 'levels' | 'setLevel'>
  /** Figures of the service. */
  metrics(format: MetricsFormat): Promise<string>
  /** See Control. */
  readonly version: string
  readonly isStrict: boolean
  readonly healthMaxAgeMs: number
  healthAgeMs(): number
  health(): HealthSnapshot
  /** The whole store as it is now, as text. */
  backup(): AsyncIterable<string>
  /** Makes a snapshot of health before the next cycle does. */
  refreshHealth(): void
  readiness(): Readiness
}

/** What http and the command line may ask, answered by the running system. */
export class AccountControl implements Control {
  private readonly parts: ControlParts
  private readonly supervision: SupervisionView

  constructor(parts: ControlParts) {
    this.parts = parts
    this.supervision = supervisionOf(parts.system)
  }

  get instruments(): InstrumentTable {
    return this.parts.system.instruments
  }

  get isStrict(): boolean {
    return this.parts.isStrict
  }

  get version(): string {
    return this.parts.version
  }

  get healthMaxAgeMs(): number {
    return this.parts.healthMaxAgeMs
  }

  healthAgeMs(): number {
    return this.parts.healthAgeMs()
  }

  health(): HealthSnapshot {
    return this.parts.health()
  }

  readiness(): Readiness {
    return this.parts.readiness()
  }

  positions(): readonly PositionView[] {
    const { register } = this.parts.system.state
    return [...register.shownOpen()].map(registered => this.view(registered))
  }

  *openIds(): Iterable<string> {
    for (const { position } of this.parts.system.state.register.shownOpen()) yield position.id
  }

  position(id: string): PositionView | undefined {
    const registered = this.parts.system.state.register.shown(positionId(id))
    return registered?.state === 'open' ? this.view(registered) : undefined
  }

  why(id: string): WhyView | undefined {
    const position = this.position(id)
    const child = this.parts.system.engine.roster.get(positionId(id))
    if (position === undefined) return undefined
    const rules = child === undefined ? [] : explain(child.guard, this.parts.clock.now())
    const exit = exitView(this.parts.system, positionId(id))
    return { position, rules, ...(exit && { exit }) }
  }

  async add({ warnings = [], ...request }: AddRequest, by: Requester): Promise<AddedView> {
    const { system } = this.parts
    await this.endDurable(request.position.id)
    const { wanted, warnings: more } = system.admission.admit(request)
    const registered = await system.changes.add(wanted, nameOf(by))
    return { ...this.view(registered), warnings: [...warnings, ...more] }
  }

  async changeRules(id: string, request: RulesRequest, by: Requester): Promise<ChangedView> {
    const { system } = this.parts
    await this.endDurable(id)
    const { registered, changes } = await system.changeRules(positionId(id), request, nameOf(by))
    return { ...this.view(registered), changes, warnings: request.warnings ?? [] }
  }

  previewRules(id: string, request: RulesRequest): RulesPreview {
    const { changes, next } = this.parts.system.changes.previewRules(positionId(id), request)
    return { changes, ...next, warnings: request.warnings ?? [] }
  }

  async release(id: string, by: Requester): Promise<void> {
    await this.endDurable(id)
    return this.parts.system.release(positionId(id), nameOf(by))
  }

  async exit(id: string, by: Requester): Promise<PositionView> {
    const { system } = this.parts
    await this.endDurable(id)
    const registered = system.state.register.openRow(positionId(id))
    // The intent says when and why; only this line, in a commit before it, says who.
    const told = system.told('exit-asked', { positionId: id, by: nameOf(by) })
    system.manualExits.exit(positionId(id), 'manual')
    await Promise.all([told, system.manualExits.settled(positionId(id))])
    return this.view(registered)
  }

  clock(): ClockView {
    const { clock } = this.parts.system
    const now = clock.now()
    return {
      now,
      machine: clock.machineNow() ?? now,
      jumps: clock.jumps,
      pending: clock.pending() ?? null,
    }
  }

  acceptClock(by: Requester): ClockView {
    this.parts.system.acceptClock(nameOf(by))
    this.parts.refreshHealth()
    return this.clock()
  }

  killSwitch(): KillSwitchView {
    const { killSwitch, openExits } = this.parts.system.state
    const held = killSwitch.state === 'halt' ? [...openExits.keys()] : []
    return { ...killSwitch, held }
  }

  async setKillSwitch({ state, held }: KillSwitchRequest, by: Requester): Promise<KillSwitchView> {
    const present = this.killSwitch()
    if (present.held.length > 0 && state !== 'halt' && held === undefined) {
      const text = `halt holds ${present.held.length} exits: say what becomes of them with held: send or discard`
      throw new WatchkeeperError('HELD_EXITS', text)
    }
    if (held === 'discard') await this.parts.system.killSwitch.discardAll(nameOf(by))
    await this.parts.system.killSwitch.set({ state, since: this.parts.clock.now(), by })
    this.parts.refreshHealth()
    return this.killSwitch()
  }

  portfolio(): Promise<PortfolioView> {
    return portfolioView(this.parts.system)
  }

  async reportRealised(report: RealisedReport, by: Requester): Promise<PortfolioView> {
    await this.parts.system.portfolio.report(report, nameOf(by))
    return this.portfolio()
  }

  async resetLimit(name: string, by: Requester): Promise<PortfolioView> {
    await this.parts.system.portfolio.resetLimit(name, nameOf(by))
    return this.portfolio()
  }

  metrics(format: MetricsFormat): Promise<string> {
    return this.parts.metrics(format)
  }

  cycleMetrics(): CycleMetricsReport {
    return this.parts.performance.cycles.getMetrics()
  }

  resetMetrics(by: Requester): CycleMetricsReport {
    const before = this.cycleMetrics()
    this.parts.performance.reset()
    this.parts.system.tell('metrics-reset', { by: nameOf(by) })
    return before
  }

  report(): PerformanceReport {
    return this.parts.performance.report()
  }

  gateway(): GatewayView {
    const { desk, clock } = this.parts
    return gatewayView(desk, { monotonicMs: clock.monotonic(), now: clock.now() })
  }

  moveBreaker(group: string, act: string, by: Requester): GatewayView {
    const moved = moveBreaker(this.parts.desk, group, act)
    this.parts.system.tell('breaker-moved', { group: moved, act, by: nameOf(by) })
    return this.gateway()
  }

  confirmHoldings(by: Requester): Promise<void> {
    return this.parts.system.confirmation.give(nameOf(by))
  }

  supervisionTree(limit: number): readonly ActorView[] {
    return this.supervision.supervisionTree(limit)
  }

  restartActor(id: string, by: Requester): Promise<ActorView> {
    return this.supervision.restart(id, nameOf(by))
  }

  logLevels(): Readonly<Record<string, string>> {
    return { ...this.parts.log.levels }
  }

  setLogLevel(component: string, level: string, by: Requester): void {
    const known = LOG_COMPONENTS.find(each => each === component)
    const wanted = LOG_LEVELS.find(each => each === level)
    if (known === undefined) throw unknownName('component', component, LOG_COMPONENTS)
    if (wanted === undefined) throw unknownName('level', level, LOG_LEVELS)
    this.parts.log.setLevel(known, wanted)
    this.parts.system.tell('log-level', { component, level, by: nameOf(by) })
  }

  backup(): AsyncIterable<string> {
    return this.parts.backup()
  }

  trades(query: TradesQuery): Promise<TradesPage> {
    return tradesOf(each => this.parts.store.journal(each), query)
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    return this.parts.store.journal(query)
  }

  /** Waits for the end of a position to be durable: before, no answer may say that it has closed. */
  private async endDurable(id: string): Promise<void> {
    const { system } = this.parts
    if (system.state.register.isEnding(positionId(id))) await system.flush()
  }

  /** The last price that was received, also one too old, or of a closed market, to be decided on. */
  private price(
    { instrument }: Position,
    guard: WatchedPosition | undefined,
    now: number,
  ): Pick<PositionView, 'lastPrice' | 'priceAgeMs'> {
    const shown = this.parts.system.intake.shownPrice(instrument)
    if (shown !== undefined) return { lastPrice: shown.price, priceAgeMs: now - shown.ts }
    if (guard === undefined || guard.own.stream.lastAt === -Infinity) {
      return { lastPrice: null, priceAgeMs: null }
    }
    const { lastPrice, lastAt } = guard.own.stream
    return { lastPrice, priceAgeMs: now - lastAt }
  }

  private view(registered: Registered): PositionView {
    const { position, rules, observed } = registered
    const { system, clock } = this.parts
    const { state, cause } = system.coverage.standingOf(registered)
    const now = clock.now()
    const child = system.engine.roster.get(position.id)
    const exit = system.state.openExits.get(position.id)
    const { tickSize } = system.instruments.of(position.instrument)
    const reason = observed?.reason ?? exit?.decision.reason ?? child?.guard.decision?.reason
    return {
      ...position,
      state,
      ...(cause !== undefined && { unguardedBy: cause }),
      unguardedMs: Math.round(system.coverage.unguardedMs(registered)),
      rules,
      ...(child === undefined
        ? { best: position.entryPrice, stop: null, target: null }
        : standing(child.guard, now, system.durableBest(position))),
      ...this.price(position, child?.guard, now),
      ...(tickSize !== undefined && { tickSize }),
      ...(reason !== undefined && { reason }),
    }
  }
}

/** What is added up for a person: start and end of the day, sums and limits. */
async function portfolioView(system: Account): Promise<PortfolioView> {
  const { day, until, standings } = await system.portfolio.standing()
  return {
    day: { from: day.from, until },
    realised: day.realised as readonly RealisedReport[],
    limits: standings.map(({ limit, realised, unrealised, loss, trip }) => ({
      name: limit.name,
      maxLoss: limit.maxLoss,
      warnAtPct: limit.warnAtPct,
      account: limit.account ?? null,
      underlying: limit.underlying ?? null,
      currency: limit.currency ?? null,
      realised,
      unrealised,
      loss,
      trippedAt: trip?.at ?? null,
    })),
  }
}

const unknownName = (path: string, found: string, known: readonly string[]): InputError =>
  new InputError('the body', [{ path, found, expected: `one of ${known.join(', ')}` }])

const nameOf = ({ who, from }: Requester): string => `${who} at ${from}`
