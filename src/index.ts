/** Public face of watchkeeper: the service to embed, the system in virtual time, and what measures. */
import { measurements } from './observability/measurements.ts'

export { startWatchkeeper, type EmbedOptions, type RunningWatchkeeper } from './app/embed.ts'
export { EXIT_REASONS, type ExitReason } from './domain/reason.ts'
export type { Decision, DecidingTick } from './domain/decision.ts'
export { type InstrumentId, instrumentId, type PositionId, positionId } from './domain/ids.ts'
export type { Fill } from './domain/order.ts'
export type { Position, PriceSource, Side } from './domain/position.ts'
export type { Tick } from './domain/tick.ts'
export { type Fault, InputError, WatchkeeperError } from './errors.ts'
export type { Journal, JournalEvent } from './ports/journal.ts'
export type { Levels, Rule, RuleDefinition, RuleSet } from './risk/rule.ts'
export { compileRuleSet, ruleSetWarnings } from './risk/rule-set.ts'
export { explain, type RuleExplanation } from './risk/explain.ts'
export type { Standing } from './risk/standing.ts'
export { VirtualSystem } from './app/virtual.ts'
export type { VirtualSystemOptions } from './app/virtual-options.ts'
export type { CycleRecord } from './observability/cycle-metrics.ts'
export { type HealthFacts, healthStatus } from './observability/health.ts'
export {
  type Measurements,
  measurements,
  type MeasuringClock,
} from './observability/measurements.ts'
export type { HealthCheck, HealthSnapshot } from './ports/control/health.ts'
export type {
  CycleMetricsReport,
  Percentiles,
  PerformanceReport,
  SlowCycle,
  Spread,
  Total,
  Trend,
} from './ports/control/performance.ts'
export type { AddedView, ChangedView, PositionView } from './ports/control/positions.ts'
export type { WhyView } from './ports/control/why.ts'

export type {
  BrokerPlugin,
  ChannelPlugin,
  FeedDeps,
  FeedPlugin,
  OpenFeed,
  Plugin,
  RulePlugin,
  StorePlugin,
} from './plugins/plugin.ts'
export type { BrokerAtVenue } from './plugins/broker-venue.ts'
export type { Broker, Capabilities } from './ports/broker.ts'
export { NotSent, OutcomeUnknown, RateLimited, Unauthorized } from './errors.ts'

const shared = measurements()

/** The measurements of this process; `measurements` makes others. */
export const {
  profileCycle,
  phase,
  incrementMetric,
  recordCycleMetrics,
  getMetrics,
  resetMetrics,
  getPerformanceReport,
} = shared
