import type { Levels, RuleDefinition } from '../risk/rule.ts'
import { schemaOf, type RulePlugin } from './plugin.ts'

const FIELDS: ReadonlySet<string> = new Set(['stop', 'target', 'ratchet', 'exitAt', 'rearmAt'])

/**
 * The definition of a rule that a plugin brings: its levels are checked, so that one that is not a number is
 * a throw, and a throw is a rule error as for our own. Its position is frozen.
 */
export function levelRule(plugin: RulePlugin): RuleDefinition<Readonly<Record<string, unknown>>> {
  const { name, summary = `a rule of a plugin` } = plugin
  return {
    name,
    reason: 'custom',
    summary,
    options: schemaOf(plugin) as RuleDefinition<Readonly<Record<string, unknown>>>['options'],
    rule: options => ({
      kind: 'levels',
      reason: 'custom',
      arm: (position, best, now) => checked(plugin.arm(position, best, now, options), name),
    }),
  }
}

/** Levels as the engine may use them. Throws TypeError for anything else. */
function checked(given: unknown, name: string): Levels {
  if (typeof given !== 'object' || given === null)
    throw new TypeError(`${name} gives ${String(given)} in place of levels`)
  for (const [field, value] of Object.entries(given)) {
    if (!FIELDS.has(field)) throw new TypeError(`${name} gives the unknown level ${field}`)
    if (value !== undefined && !(typeof value === 'number' && Number.isFinite(value)))
      throw new TypeError(`${name} gives ${field} ${String(value)}, expected a finite number`)
  }
  return given
}
