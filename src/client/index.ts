/** Client of a running service, for programs. */
export { InputError, WatchkeeperError } from '../errors.ts'
export type {
  AddedView,
  ChangedView,
  PositionView,
  RulesPreview,
} from '../ports/control/positions.ts'
export type { HealthReport } from '../ports/control/health.ts'
export type { KillSwitchRequest, KillSwitchView } from '../ports/control/kill-switch.ts'
export type { PortfolioView } from '../ports/control/portfolio.ts'
export type { RuleView, WhyView } from '../ports/control/why.ts'
export type { JournalLine } from '../ports/journal-lines.ts'
export type { TradeView } from '../ports/trades.ts'
export { ServiceRefusal } from './errors.ts'
export type { StreamOptions } from './journal-stream.ts'
export type {
  ExitsFilter,
  JournalFilter,
  PositionInput,
  PositionsFilter,
  Repeat,
  RulesFlags,
  RulesInput,
} from './requests.ts'
export { type ChangeOptions, type ClientOptions, ServiceClient } from './service-client.ts'
export { type RepeatOptions, WatchkeeperClient } from './watchkeeper-client.ts'
