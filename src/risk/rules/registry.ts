import type { RuleDefinition } from '../rule.ts'
import { maxHold } from './max-hold.ts'
import { peakDrawdown } from './peak-drawdown.ts'
import { profitFloor } from './profit-floor.ts'
import { profitLock } from './profit-lock.ts'
import { sessionEnd } from './session-end.ts'
import { staleQuote } from './stale-quote.ts'
import { stopLoss } from './stop-loss.ts'
import { takeProfit } from './take-profit.ts'
import { trailingStop } from './trailing-stop.ts'
import { underlying } from './underlying.ts'

/** A definition whose kind of options is its own affair. */
export type AnyRuleDefinition = RuleDefinition<never>

/** Every rule, in the order in which they are listed to users. */
export const RULES = [
  stopLoss,
  takeProfit,
  trailingStop,
  profitLock,
  peakDrawdown,
  profitFloor,
  maxHold,
  sessionEnd,
  underlying,
  staleQuote,
] as unknown as readonly AnyRuleDefinition[]
