import type { z } from 'zod'
import { closestName, expectedName } from '../domain/closest-name.ts'
import { expectation, fieldsAt, valueAt } from '../domain/expectation.ts'
import type { Position } from '../domain/position.ts'
import type { Rule, RuleSet, RuleSubject, RuleWarning } from './rule.ts'
import { RULES, type AnyRuleDefinition } from './rules/registry.ts'

/** A fault inside a rule set; `path` starts with the rule's name. */
export interface RuleFault {
  readonly path: readonly (string | number)[]
  readonly found: string
  readonly expected: string
}

/** A compiled set, or every fault of its options. */
export type CompiledRuleSet =
  | { readonly ruleSet: RuleSet; readonly faults?: undefined }
  | { readonly ruleSet?: undefined; readonly faults: readonly RuleFault[] }

/** Rules and sets by the canonical text of their options, so that equal options share one object. */
const rules = new Map<string, Rule>()
const ruleSets = new Map<string, RuleSet>()
const optionsOf = new WeakMap<Rule, unknown>()

/** Rule sets by the object of their options, which is never changed: each is compiled once. */
const compiled = new WeakMap<Readonly<Record<string, unknown>>, CompiledRuleSet>()

/**
 * Checks the options of every rule of a set and makes the rules; reports all faults at once.
 *
 * @example
 * ```ts
 * import { compileRuleSet, instrumentId, positionId, type Position } from 'watchkeeper/risk'
 *
 * const position: Position = {
 *   id: positionId('btc-1'),
 *   instrument: instrumentId('BTCUSD'),
 *   side: 'long',
 *   quantity: 1,
 *   entryPrice: 100,
 *   multiplier: 1,
 *   openedAt: 0,
 *   priceSource: 'trade',
 * }
 * const { ruleSet, faults } = compileRuleSet({ trailingStop: { distancePct: 10 } })
 * faults // => undefined
 * const [rule] = ruleSet!.rules
 * rule!.kind // => 'levels'
 * const stops = [100, 120].map(best => rule!.kind === 'levels' && rule!.arm(position, best, 0).stop)
 * stops // => [90, 108]
 * compileRuleSet({ stopLos: {} }).faults!.length // => 1
 * ```
 */
export function compileRuleSet(options: Readonly<Record<string, unknown>>): CompiledRuleSet {
  const known = compiled.get(options)
  if (known !== undefined) return known
  const made = compileNew(options)
  compiled.set(options, made)
  return made
}

function compileNew(options: Readonly<Record<string, unknown>>): CompiledRuleSet {
  const faults: RuleFault[] = []
  const parsed = new Map<AnyRuleDefinition, unknown>()
  for (const [name, given] of Object.entries(options)) {
    const definition = RULES.find(each => each.name === name)
    if (definition === undefined) {
      faults.push({
        path: [name],
        found: `the rule ${JSON.stringify(name)}`,
        expected: knownRules(name),
      })
      continue
    }
    const result = definition.options.safeParse(given)
    if (result.success) parsed.set(definition, result.data)
    else faults.push(...result.error.issues.flatMap(issue => faultsOf(definition, given, issue)))
  }
  return faults.length > 0 ? { faults } : { ruleSet: intern(parsed) }
}

/**
 * Warnings of every rule of a compiled set for one position; paths start with the rule's name.
 *
 * @example
 * ```ts
 * import { compileRuleSet, instrumentId, positionId, ruleSetWarnings, type Position } from 'watchkeeper'
 *
 * const position: Position = {
 *   id: positionId('acme-1'),
 *   instrument: instrumentId('ACME'),
 *   side: 'long',
 *   quantity: 5,
 *   entryPrice: 100,
 *   multiplier: 1,
 *   openedAt: 0,
 *   priceSource: 'trade',
 * }
 * const warningsOf = (rules: object): string[] =>
 *   ruleSetWarnings(compileRuleSet({ ...rules }).ruleSet!, position).map(({ path }) => path)
 * warningsOf({ stopLoss: { price: 95 } }) // => []
 * warningsOf({ stopLoss: { price: 105 } }) // => ['stopLoss.price']
 * ```
 */
export function ruleSetWarnings(set: RuleSet, subject: RuleSubject): RuleWarning[] {
  return set.rules.flatMap((rule, index) => {
    const name = set.names[index]!
    const definition = RULES.find(each => each.name === name)!
    const warnings = definition.warnings?.(optionsOf.get(rule) as never, subject) ?? []
    return warnings.map(warning => ({ ...warning, path: `${name}.${warning.path}` }))
  })
}

/**
 * What the definition of a rule says of a change of its options: why it loosens, undefined where it
 * does not, false where only the rules themselves show it.
 */
export function looserByOptions(
  name: string,
  [before, after]: readonly [Rule, Rule],
  position: Position,
): string | undefined | false {
  const { loosens } = RULES.find(each => each.name === name)!
  if (loosens === undefined) return false
  return loosens(optionsOf.get(before) as never, optionsOf.get(after) as never, position)
}

function intern(parsed: ReadonlyMap<AnyRuleDefinition, unknown>): RuleSet {
  const present = RULES.filter(definition => parsed.has(definition))
  const keys = present.map(each => `${each.name} ${canonical(parsed.get(each))}`)
  const setKey = keys.join('\n')
  let set = ruleSets.get(setKey)
  if (set === undefined) {
    set = {
      names: present.map(({ name }) => name),
      rules: present.map((definition, index) => internRule(definition, keys[index]!, parsed)),
    }
    ruleSets.set(setKey, set)
  }
  return set
}

function internRule(
  definition: AnyRuleDefinition,
  key: string,
  parsed: ReadonlyMap<AnyRuleDefinition, unknown>,
): Rule {
  let rule = rules.get(key)
  if (rule === undefined) {
    const options = parsed.get(definition)
    rule = definition.rule(options as never)
    rules.set(key, rule)
    optionsOf.set(rule, options)
  }
  return rule
}

/** JSON with sorted keys: equal for equal options. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}

const unknownOption = (name: string, known: readonly string[]): string =>
  known.length === 0 ? 'an option that this rule has' : expectedName(name, known)

function faultsOf(
  definition: AnyRuleDefinition,
  given: unknown,
  issue: z.core.$ZodIssue,
): RuleFault[] {
  const { name: rule, options } = definition
  const path = [rule, ...issue.path.map(key => (typeof key === 'symbol' ? String(key) : key))]
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      path: [...path, key],
      found: `the option ${JSON.stringify(key)}`,
      expected: unknownOption(key, fieldsAt(options, issue.path)),
    }))
  }
  // Of several kinds of value that an option may have, the one that was meant has faults inside.
  const inside = issue.code === 'invalid_union' ? issue.errors.find(isInside) : undefined
  if (inside !== undefined) {
    return inside.flatMap(each =>
      faultsOf(definition, given, { ...each, path: [...issue.path, ...each.path] }),
    )
  }
  const value = valueAt(given, issue.path)
  return [{ path, found: show(value), expected: expectation(issue, value) }]
}

const isInside = (issues: readonly z.core.$ZodIssue[]): boolean =>
  issues.length > 0 && issues.every(({ path }) => path.length > 0)

const LONGEST_SHOWN = 60

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = textOf(value)
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
}

/** Options made by a program may hold what JSON has no text for: a function, a BigInt, a cycle. */
function textOf(value: unknown): string {
  if (value === null) return 'an empty value'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  try {
    return JSON.stringify(value) ?? `a ${typeof value}`
  } catch {
    return Array.isArray(value) ? 'a list' : 'a map'
  }
}

function knownRules(name: string): string {
  const names = RULES.map(each => each.name)
  const close = names.find(each => each.toLowerCase() === name.toLowerCase().replace(/[-_ ]/g, ''))
  const known = `one of ${names.join(', ')}`
  if (close !== undefined) return `${close} (rule names are in camelCase), or ${known}`
  const meant = closestName(name, [...names, 'portfolio.limits'])
  if (meant === 'portfolio.limits') {
    return `${known}; a day's loss is a limit of the service's configuration: portfolio.limits`
  }
  return meant === undefined ? known : `${known}: did you mean ${meant}?`
}
