import type { Decision } from '../domain/decision.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { RuleSet } from './rule.ts'
import { RULES } from './rules/registry.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Armed } from './watched-state.ts'

/** How often a rule was asked, has thrown, and was among those that decided an exit. */
export interface RuleCounts {
  evaluated: number
  errored: number
  fired: number
}

/** With the reason by which decisions name the rule. */
type NamedCounts = RuleCounts & { readonly reason: ExitReason | undefined }

/**
 * Counts the results of rules, by name. It is updated where a monitor or a fold has evaluated,
 * which few ticks cause; a tick that wakes no monitor costs nothing here.
 */
export class RuleTally {
  readonly counts = new Map<string, NamedCounts>()
  /** The counts of a set's rules, in its order: sets are interned, and names are looked up once. */
  private readonly bySet = new WeakMap<RuleSet, readonly NamedCounts[]>()

  /** A catch-up has asked the rules; call it before the guard takes it over. */
  evaluated({ ruleSet, merged: before }: WatchedPosition, { merged }: Armed): void {
    // A fold of levels that stay as they are has asked no rule.
    if (merged === before) return
    const counts = this.of(ruleSet)
    for (let index = 0; index < counts.length; index++) {
      const each = counts[index]!
      each.evaluated++
      if ((merged.failed & (1 << index)) !== 0) each.errored++
    }
  }

  /** A decision was made; one by hand or for want of a monitor belongs to no rule. */
  decided({ ruleSet }: WatchedPosition, { matched }: Decision): void {
    for (const each of this.of(ruleSet)) {
      each.evaluated++
      if (each.reason !== undefined && matched.includes(each.reason)) each.fired++
    }
  }

  /** Asks the names alone: the rules of a position whose monitor crashes may be what throws. */
  private of(set: RuleSet): readonly NamedCounts[] {
    const known = this.bySet.get(set)
    if (known !== undefined) return known
    const counts = set.names.map(name => {
      const reason = RULES.find(each => each.name === name)?.reason
      const each = this.counts.get(name) ?? { reason, evaluated: 0, errored: 0, fired: 0 }
      this.counts.set(name, each)
      return each
    })
    this.bySet.set(set, counts)
    return counts
  }
}

/** Adds 1 for each rule of a position, by its place in the set, that could exit it as things stand. */
export function armedRules(guard: WatchedPosition, counts: number[]): void {
  const { ruleSet, merged, isFrozen } = guard
  for (let index = 0; index < ruleSet.rules.length; index++) {
    if (isArmed(guard, index, merged.armed, isFrozen)) counts[index]!++
  }
}

function isArmed(
  { ruleSet, other, anchor }: WatchedPosition,
  index: number,
  armed: number,
  isFrozen: boolean,
): boolean {
  const rule = ruleSet.rules[index]!
  switch (rule.kind) {
    case 'levels':
      return (armed & (1 << index)) !== 0
    case 'underlying':
      return !isFrozen && other !== undefined && (!rule.needsAnchor || anchor !== undefined)
    case 'stale-quote':
      return !isFrozen && rule.action === 'exit'
  }
}
