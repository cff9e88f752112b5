import type { RuleDefinition } from '../rule.ts'
import { maxHold } from './max-hold.ts'
import { net } from './net.ts'
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

const all = [
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
  net,
] as unknown as AnyRuleDefinition[]

/** Every rule, in the order in which they are listed to users; those of plugins come last. */
export const RULES: readonly AnyRuleDefinition[] = all

/** The rules are known, and `forget` takes them away again; or a name is taken, and none is known. */
export type RulesRegistered =
  | { readonly kind: 'registered'; forget(): void }
  | { readonly kind: 'taken'; readonly name: string }

/** Makes rules of plugins known, before any rule set is compiled: all of them or none. */
export function registerRules(
  definitions: readonly RuleDefinition<Readonly<Record<string, unknown>>>[],
): RulesRegistered {
  const fresh = definitions as unknown as readonly AnyRuleDefinition[]
  const names = all.map(({ name }) => name)
  for (const { name } of fresh) {
    if (names.includes(name)) return { kind: 'taken', name }
    names.push(name)
  }
  all.push(...fresh)
  const forget = (): void => {
    for (const each of fresh) all.splice(all.indexOf(each), 1)
  }
  return { kind: 'registered', forget }
}
