import { expectedName } from '../domain/closest-name.ts'
import { isName, NAME_EXPECTED } from '../domain/plain-text.ts'
import type { Position, PriceSource } from '../domain/position.ts'
import { show } from '../domain/shown.ts'
import { neverExits } from '../risk/guarded.ts'
import { compileRuleSet, ruleSetWarnings, type RuleFault } from '../risk/rule-set.ts'
import type { RuleSet } from '../risk/rule.ts'
import { RULES } from '../risk/rules/registry.ts'
import { deadRules } from '../risk/self-test.ts'
import type { FaultList } from './faults.ts'

/** A rule set as a position uses it. */
export interface UsedRuleSet {
  readonly ruleSet: RuleSet
  /** Options that it was made from. */
  readonly options: Readonly<Record<string, unknown>>
  /** The same with `priceSource`, as it is written. */
  readonly written: Readonly<Record<string, unknown>>
  /** The price that its rules compare, unless the position states another. */
  readonly priceSource: PriceSource | undefined
  /** Place of the set in the document, for warnings. */
  readonly path: Path
  readonly warnings: FaultList
}

/** Name of the set that a position without `rules` gets. */
const DEFAULT_SET = 'default'

/** The faults and the warnings of a document. */
export interface Findings {
  readonly faults: FaultList
  readonly warnings: FaultList
}

type Path = readonly (string | number)[]

interface Named {
  /** Undefined where the set has faults, which are reported at its place. */
  readonly set: UsedRuleSet | undefined
}

/** The named rule sets of all files; the first set of a name counts. */
export class RuleSets {
  private readonly named = new Map<string, Named>()
  private isComplete = true
  /** Sides for which the rules of a set were tested: once is enough for many positions. */
  private readonly tested = new Map<RuleSet, Set<string>>()

  /** True where some sets could not be read: unknown names may be among them. */
  markIncomplete(): void {
    this.isComplete = false
  }

  /** The options of every set that has no fault, as they are written. */
  get written(): ReadonlyMap<string, Readonly<Record<string, unknown>>> {
    return new Map(
      [...this.named].flatMap(([name, { set }]) =>
        set === undefined ? [] : [[name, set.written]],
      ),
    )
  }

  /** Reads the map from name to rule set under `rules`. */
  readNamed(value: unknown, findings: Findings): void {
    if (!isMap(value)) {
      findings.faults.add(['rules'], show(value), 'a map from name to rule set')
      this.markIncomplete()
      return
    }
    for (const [name, options] of Object.entries(value)) {
      if (!isName(name)) {
        findings.faults.add(['rules', name], `the name ${show(name)}`, NAME_EXPECTED)
        this.markIncomplete()
        continue
      }
      const set = compile(options, ['rules', name], findings)
      if (!this.named.has(name)) this.named.set(name, { set })
    }
  }

  /** The set of a position's `rules`: a name, an inline set, or none for `default`. */
  resolve(rules: unknown, path: Path, findings: Findings): UsedRuleSet | undefined {
    if (rules !== undefined && typeof rules !== 'string') {
      return compile(rules, path, findings)
    }
    const name = rules ?? DEFAULT_SET
    const found = this.named.get(name)
    if (found !== undefined) return found.set
    if (!this.isComplete) return undefined
    const list = findings.faults
    const known = [...this.named.keys()]
    if (rules === undefined) {
      list.add(path, 'nothing', 'rules, or a rule set named default')
    } else {
      const unknown = `the unknown rule set ${show(name)}`
      list.add(path, unknown, expectedName(name, known))
    }
    return undefined
  }

  /** Checks a set for one position; reports faults and warnings. */
  judge(
    { ruleSet, path: place, warnings: odd }: UsedRuleSet,
    subject: Omit<Position, 'openedAt'> & { readonly openedAt: number | undefined },
    path: Path,
    { faults, warnings }: Findings,
  ): void {
    if (neverExits(ruleSet)) {
      const found =
        ruleSet.rules.length === 0
          ? 'a rule set without a rule'
          : `only rules that exit no position: ${ruleSet.names.join(', ')}`
      warnings.add(path, found, 'at least one rule that exits: nothing guards the position')
    }
    for (const rule of ruleSet.rules) {
      if (rule.kind !== 'underlying') continue
      const watched = rule.instrument ?? subject.underlying
      if (watched === undefined) {
        const expected = 'an instrument, here or as `underlying` of the position'
        faults.add([...path], 'an underlying rule without an instrument', expected)
      } else if (watched === subject.instrument) {
        const expected = 'another one: use stopLoss or takeProfit with a price'
        faults.add([...path], `an underlying rule on the own instrument ${watched}`, expected)
      }
    }
    const found = ruleSetWarnings(ruleSet, subject)
    for (const warning of found) {
      odd.add([...place, ...keysOf(warning.path)], warning.found, warning.expected)
    }
    if (this.isTested(ruleSet, subject.side)) return
    for (const { rule, why } of deadRules(ruleSet, {
      ...subject,
      openedAt: subject.openedAt ?? 0,
    })) {
      // Other warnings about its options say more.
      if (found.some(({ path: odd }) => odd.startsWith(`${rule}.`))) continue
      odd.add([...place, rule], `a rule that can never fire: ${why}`, 'one that can')
    }
  }

  private isTested(set: RuleSet, side: string): boolean {
    const sides = this.tested.get(set) ?? new Set()
    const isTested = sides.has(side)
    this.tested.set(set, sides.add(side))
    return isTested
  }
}

function compile(
  value: unknown,
  path: Path,
  { faults: list, warnings }: Findings,
): UsedRuleSet | undefined {
  if (!isMap(value)) {
    list.add(path, show(value), 'a map from rule name to options')
    return undefined
  }
  const { priceSource, ...options } = value
  const isKnown = priceSource === undefined || priceSource === 'trade' || priceSource === 'quote'
  if (!isKnown) list.add([...path, 'priceSource'], show(priceSource), 'trade or quote')
  const { ruleSet, faults = [] } = compileRuleSet(options)
  for (const fault of faults) {
    list.add([...path, ...fault.path], fault.found, hintFor(fault) ?? plainly(fault.expected))
  }
  return ruleSet === undefined || !isKnown
    ? undefined
    : { ruleSet, options, written: value, priceSource, path, warnings }
}

/** A suggestion for the mistyped name of a rule. */
function hintFor({ path, found }: RuleFault): string | undefined {
  if (path.length !== 1 || !found.startsWith('the rule ')) return undefined
  return expectedName(
    String(path[0]),
    RULES.map(({ name }) => name),
  )
}

/** YAML's terms for the types that the schemas of rules name. */
const YAML_WORDS: Readonly<Record<string, string>> = { 'a object': 'a map', 'a array': 'a list' }

const plainly = (expected: string): string => YAML_WORDS[expected] ?? expected

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The keys of a path such as `steps[0].atPct`. */
const keysOf = (path: string): (string | number)[] =>
  path.split(/[.[\]]+/).flatMap(key => (key === '' ? [] : /^\d+$/.test(key) ? Number(key) : key))
