/** `watchkeeper/risk`: rules, their levels, and what decides on a price. Pure. */
export type { Decision } from '../domain/decision.ts'
export { instrumentId, positionId, type InstrumentId, type PositionId } from '../domain/ids.ts'
export type { Position, PriceSource, Side } from '../domain/position.ts'
export { EXIT_REASONS, type ExitReason } from '../domain/reason.ts'
export { decide, type Moment } from './decide.ts'
export { loosening, type Reached } from './looser.ts'
export {
  compileRuleSet,
  ruleSetWarnings,
  type CompiledRuleSet,
  type RuleFault,
} from './rule-set.ts'
export type {
  Bounds,
  LevelRule,
  Levels,
  Rule,
  RuleDefinition,
  RuleSet,
  RuleSubject,
  RuleWarning,
  StaleQuoteRule,
  UnderlyingRule,
} from './rule.ts'
export { RULES } from './rules/registry.ts'
export { deadRules, type DeadRule } from './self-test.ts'
