import type { Decision } from '../domain/decision.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { Merged } from './merge.ts'
import type { RuleSet } from './rule.ts'
import { RULES } from './rules/registry.ts'
import type { Armed } from './watched-state.ts'

/** How often a rule was asked, has thrown, and was among those that decided an exit. */
export interface RuleCounts {
  evaluated: number
  errored: number
  fired: number
}

/** How many positions have a set of rules, and how many of them each of its rules could exit as things stand. */
export interface Holders {
  count: number
  /** By the rules of the set, in its order. */
  readonly armed: number[]
  /** The rules of the set, copied: those of a set whose monitor crashes may be what throws. */
  readonly rules: RuleSet['rules']
}

/** A watched position as its rules are counted. */
interface Tallied {
  readonly ruleSet: RuleSet
  readonly merged: Merged
  /** Rules that are counted as armed: bit `1 << index`. */
  readonly armedRules: number
  readonly isFrozen: boolean
  /** Its place on the stream of its underlying; undefined: none. */
  readonly other: unknown
  countArmed(rules: number): void
}

/** With the reason by which decisions name the rule. */
type NamedCounts = RuleCounts & { readonly reason: ExitReason | undefined }

/**
 * Counts the results of rules, by name. It is updated where a monitor or a fold has evaluated,
 * which few ticks cause; a tick that wakes no monitor costs nothing here.
 */
export class RuleTally {
  readonly counts = new Map<string, NamedCounts>()
  /** Who has which rules, by set: sets are interned, so that there are far fewer of them than positions. */
  readonly holders = new Map<RuleSet, Holders>()
  /** The counts of a set's rules, in its order: sets are interned, and names are looked up once. */
  private readonly bySet = new WeakMap<RuleSet, readonly NamedCounts[]>()

  /** A position is watched. */
  entered({ ruleSet }: Pick<Tallied, 'ruleSet'>): void {
    const holders = this.holders.get(ruleSet)
    if (holders !== undefined) holders.count++
    else {
      const rules = [...ruleSet.rules]
      this.holders.set(ruleSet, { count: 1, armed: rules.map(() => 0), rules })
    }
  }

  /** A position is watched no more. */
  left(watched: Tallied): void {
    const holders = this.holders.get(watched.ruleSet)!
    this.countArmed(watched, 0)
    if (--holders.count === 0) this.holders.delete(watched.ruleSet)
  }

  /** A catch-up has asked the rules; call it before the position takes it over. */
  evaluated(watched: Tallied, armed: Armed): void {
    const { ruleSet, merged: before } = watched
    const { merged } = armed
    this.countArmed(watched, armedBits(watched, armed, this.holders.get(ruleSet)!.rules))
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
  decided({ ruleSet }: Pick<Tallied, 'ruleSet'>, { matched }: Decision): void {
    for (const each of this.of(ruleSet)) {
      each.evaluated++
      if (each.reason !== undefined && matched.includes(each.reason)) each.fired++
    }
  }

  private countArmed(watched: Tallied, bits: number): void {
    const changed = watched.armedRules ^ bits
    if (changed === 0) return
    const { armed } = this.holders.get(watched.ruleSet)!
    for (let index = 0; index < armed.length; index++) {
      if ((changed & (1 << index)) !== 0) armed[index]! += (bits & (1 << index)) === 0 ? -1 : 1
    }
    watched.countArmed(bits)
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

/** The rules of a position, as bits by their places in its set, that could exit it after an evaluation. */
function armedBits(
  watched: Tallied,
  evaluated: Pick<Armed, 'merged' | 'anchor'>,
  rules: RuleSet['rules'],
): number {
  let bits = 0
  for (let index = 0; index < rules.length; index++) {
    if (isArmed(watched, { rule: rules[index]!, index }, evaluated)) bits |= 1 << index
  }
  return bits
}

function isArmed(
  { other, isFrozen }: Tallied,
  { rule, index }: { rule: RuleSet['rules'][number]; index: number },
  { merged, anchor }: Pick<Armed, 'merged' | 'anchor'>,
): boolean {
  switch (rule.kind) {
    case 'levels':
      return (merged.armed & (1 << index)) !== 0
    case 'underlying':
      return !isFrozen && other !== undefined && (!rule.needsAnchor || anchor !== undefined)
    case 'stale-quote':
      return !isFrozen && rule.action === 'exit'
  }
}
