import type { Engine } from '../engine/engine.ts'
import type { RuleFacts } from '../observability/metrics/facts.ts'
import type { WatchState } from '../ports/supervision.ts'
import { armedRules } from '../risk/rule-tally.ts'
import type { RuleSet } from '../risk/rule.ts'
import { RULES } from '../risk/rules/registry.ts'

/** Positions that share a rule set, and how many of them each of its rules could exit. */
interface Holders {
  count: number
  readonly armed: number[]
}

/**
 * What became of each rule, how many positions have something before them, and who watches them: one
 * pass, as a pass over 10,000 of them costs a scrape some ms.
 */
export function rosterFacts({
  roster,
  dispatcher,
}: Pick<Engine<unknown>, 'roster' | 'dispatcher'>): {
  readonly rules: readonly RuleFacts[]
  readonly pending: number
  readonly monitors: Readonly<Record<WatchState, number>>
} {
  // Sets are interned: names are added up once for each set, not for each of 10,000 positions.
  const bySet = new Map<RuleSet, Holders>()
  const monitors = { running: 0, backoff: 0, quarantined: 0 }
  let pending = 0
  for (const { guard, watch } of roster.all()) {
    monitors[watch.kind]++
    if (guard.closed) continue
    if (guard.pending) pending++
    const { ruleSet } = guard
    let holders = bySet.get(ruleSet)
    if (holders === undefined) {
      holders = { count: 0, armed: ruleSet.names.map(() => 0) }
      bySet.set(ruleSet, holders)
    }
    holders.count++
    armedRules(guard, holders.armed)
  }
  const configured = new Map<string, number>()
  const armed = new Map<string, number>()
  for (const [{ names }, holders] of bySet) {
    for (const [index, name] of names.entries()) {
      configured.set(name, (configured.get(name) ?? 0) + holders.count)
      armed.set(name, (armed.get(name) ?? 0) + holders.armed[index]!)
    }
  }
  const rules = RULES.map(({ name }) => {
    const counts = dispatcher.tally.counts.get(name)
    return {
      name,
      configured: configured.get(name) ?? 0,
      armed: armed.get(name) ?? 0,
      evaluated: counts?.evaluated ?? 0,
      errored: counts?.errored ?? 0,
      fired: counts?.fired ?? 0,
    }
  })
  return { rules, pending, monitors }
}
