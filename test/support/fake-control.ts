import { positionId } from '../../src/domain/ids.ts'
import { InstrumentTable } from '../../src/domain/instrument.ts'
import { WatchkeeperError } from '../../src/errors.ts'
import { CycleMetrics } from '../../src/observability/cycle-metrics.ts'
import type { Control, MetricsFormat } from '../../src/ports/control.ts'
import type { ClockView } from '../../src/ports/control/clock.ts'
import type { GatewayView } from '../../src/ports/control/gateway.ts'
import type { HealthSnapshot, Readiness } from '../../src/ports/control/health.ts'
import type { HoldingsView } from '../../src/ports/control/holdings.ts'
import type { KillSwitchRequest, KillSwitchView } from '../../src/ports/control/kill-switch.ts'
import type { CycleMetricsReport, PerformanceReport } from '../../src/ports/control/performance.ts'
import type { PortfolioView, RealisedReport } from '../../src/ports/control/portfolio.ts'
import type { PositionView, RulesPreview, RulesRequest } from '../../src/ports/control/positions.ts'
import type { Requester } from '../../src/ports/control/requester.ts'
import type { RuleView, WhyView } from '../../src/ports/control/why.ts'
import type { JournalLine, JournalQuery } from '../../src/ports/journal-lines.ts'
import type { TradesPage, TradesQuery } from '../../src/ports/trades.ts'
import { tradesOf } from '../../src/views/trades.ts'
import { aPosition } from './builders.ts'

/** A guarded position as the service shows it. */
export const aView = (id = 'p1'): PositionView => ({
  ...aPosition({ id: positionId(id) }),
  state: 'guarded',
  unguardedMs: 0,
  rules: { stopLoss: { pct: 5 } },
  best: 100,
  worst: 99,
  firstStop: 95,
  mfePct: 1,
  maePct: -1,
  r: 0.2,
  stop: 95,
  target: null,
  lastPrice: 101,
  priceAgeMs: 20,
})

const STOP_LOSS: RuleView = {
  rule: 'stopLoss',
  reason: 'stop-loss',
  armed: true,
  level: 95,
  inputAgeMs: 20,
  evaluatedAt: null,
}

const NO_PORTFOLIO: PortfolioView = { day: { from: 0, until: 1 }, realised: [], limits: [] }

/** One requested change. */
export interface Asked {
  readonly what: string
  readonly id?: string
  readonly request?: unknown
  readonly by: Requester
}

/** A control that holds `p1`, records requests, and throws `failure` on every change. */
export class FakeControl implements Control {
  readonly version = '1.2.3'
  readonly instruments = new InstrumentTable()
  readonly isStrict = false
  readonly ruleSets = new Map<string, Readonly<Record<string, unknown>>>()
  readonly healthMaxAgeMs = 10_000
  healthAgeMs = (): number => Date.now() - this.health().at
  readonly asked: Asked[] = []
  readonly lines: JournalLine[] = []
  /** Journal pages that were read. */
  pagesRead = 0
  failure: Error | undefined
  snapshot: HealthSnapshot = { status: 'pass', at: Date.now(), output: [], checks: {} }
  state: Readiness = { ready: true }
  held: HoldingsView = {
    at: 0,
    isUnconfirmed: false,
    isListed: true,
    holdings: [],
    orders: [],
    exits: [],
  }
  private readonly views = new Map<string, PositionView>([['p1', aView()]])
  private switchView: KillSwitchView = { state: 'off', since: null, by: null, held: [] }

  health(): HealthSnapshot {
    return this.snapshot
  }

  readiness(): Readiness {
    return this.state
  }

  positions(): readonly PositionView[] {
    return [...this.views.values()]
  }

  openIds(): Iterable<string> {
    return this.views.keys()
  }

  position(id: string): PositionView | undefined {
    return this.views.get(id)
  }

  /** Changes what a position shows, without a line in the journal. */
  change(id: string, changes: Partial<PositionView>): void {
    this.views.set(id, { ...this.known(id), ...changes })
  }

  why(id: string): WhyView | undefined {
    const position = this.views.get(id)
    return position && { position, rules: [STOP_LOSS] }
  }

  add: Control['add'] = (request, by) =>
    this.noted({ what: 'add', request, by }, () => {
      const { openedAt = 0, ...position } = request.position
      const view = { ...aView(position.id), ...position, openedAt, rules: request.rules }
      this.views.set(view.id, view)
      return { added: { ...view, warnings: request.warnings ?? [] }, isNew: true }
    })

  changeRules: Control['changeRules'] = (id, request, by) =>
    this.noted({ what: 'changeRules', id, request, by }, () => {
      return { ...this.known(id), changes: [], warnings: request.warnings ?? [] }
    })

  amend: Control['amend'] = (id, request, by) =>
    this.noted({ what: 'amend', id, request, by }, () => {
      return { ...this.known(id), changes: [], warnings: request.warnings ?? [] }
    })

  previewRules(id: string, { warnings = [] }: RulesRequest): RulesPreview {
    this.known(id)
    return { changes: [], stop: 95, target: null, warnings }
  }

  release: Control['release'] = (id, by) =>
    this.noted({ what: 'release', id, by }, () => {
      this.known(id)
      this.views.delete(id)
    })

  exit: Control['exit'] = (id, by) =>
    this.noted({ what: 'exit', id, by }, () => ({ ...this.known(id), state: 'exiting' as const }))

  clock(): ClockView {
    const now = 1_732_000_000_000
    const pending = { movedMs: 3_600_000, forMs: 4_000, needsPerson: false }
    return { now, machine: now + 3_600_000, jumps: 1, pending }
  }

  acceptClock(by: Requester): ClockView {
    this.asked.push({ what: 'acceptClock', by })
    return { ...this.clock(), pending: null }
  }

  killSwitch(): KillSwitchView {
    return this.switchView
  }

  setKillSwitch(request: KillSwitchRequest, by: Requester): Promise<KillSwitchView> {
    return this.noted({ what: 'setKillSwitch', request, by }, () => {
      this.switchView = { state: request.state, since: 1, by, held: [] }
      return this.switchView
    })
  }

  portfolio(): Promise<PortfolioView> {
    return Promise.resolve(NO_PORTFOLIO)
  }

  reportRealised(request: RealisedReport, by: Requester): Promise<PortfolioView> {
    return this.noted({ what: 'reportRealised', request, by }, () => NO_PORTFOLIO)
  }

  resetLimit(id: string, by: Requester): Promise<PortfolioView> {
    return this.noted({ what: 'resetLimit', id, by }, () => NO_PORTFOLIO)
  }

  metrics(format: MetricsFormat): Promise<string> {
    return Promise.resolve(`watchkeeper_positions 1\n# ${format}\n`)
  }

  cycleMetrics(): CycleMetricsReport {
    return new CycleMetrics(0).getMetrics()
  }

  resetMetrics(): CycleMetricsReport {
    return this.cycleMetrics()
  }

  report(): PerformanceReport {
    return { at: 0, operations: {}, slowest: [], trends: [] }
  }

  gateway(): GatewayView {
    return { breakers: [], limits: [], calls: [] }
  }

  moveBreaker(): GatewayView {
    return this.gateway()
  }

  holdings(): Promise<HoldingsView> {
    return Promise.resolve(this.held)
  }

  confirmHoldings(): Promise<void> {
    return Promise.resolve()
  }

  supervisionTree() {
    return []
  }

  restartActor(id: string): Promise<never> {
    return Promise.reject(new WatchkeeperError('ACTOR_UNKNOWN', `no actor ${id}`))
  }

  logLevels() {
    return { exits: 'info' }
  }

  setLogLevel(): void {
    this.snapshot = { ...this.snapshot }
  }

  trades(query: TradesQuery): Promise<TradesPage> {
    return tradesOf(each => this.journal(each), query)
  }

  /** Writes the line at once. */
  record: Control['record'] = (kind, detail) => {
    this.lines.push({ ...detail, seq: this.lines.length + 1, at: this.clock().now, kind })
    return Promise.resolve()
  }

  note: Control['note'] = (kind, detail) => void this.record(kind, detail)

  async *backup(): AsyncIterable<string> {
    yield 'a backup\n'
  }

  journal(query: JournalQuery): Promise<readonly JournalLine[]> {
    const { after, limit, last, before = Infinity, positionId } = query
    this.pagesRead++
    const isWanted = (line: JournalLine): boolean =>
      line.seq > after &&
      line.seq < before &&
      (positionId === undefined || line.positionId === positionId)
    const found = this.lines.filter(isWanted)
    return Promise.resolve(last === undefined ? found.slice(0, limit) : found.slice(-last))
  }

  /** Appends that many journal lines. */
  happen(count: number, detail: Readonly<Record<string, unknown>> = {}): void {
    for (let each = 0; each < count; each++) {
      this.lines.push({ kind: 'test', ...detail, seq: this.lines.length + 1, at: 1_000 })
    }
  }

  private known(id: string): PositionView {
    const view = this.views.get(id)
    if (view === undefined) throw new WatchkeeperError('POSITION_UNKNOWN', `no position ${id}`)
    return view
  }

  private async noted<Result>(asked: Asked, act: () => Result): Promise<Result> {
    if (this.failure !== undefined) throw this.failure
    const result = act()
    this.asked.push(asked)
    return Promise.resolve(result)
  }
}
