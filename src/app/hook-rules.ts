import type { HookConfig } from '../config/hook-schema.ts'
import { expectedName } from '../domain/closest-name.ts'
import { InputError } from '../errors.ts'

/** @throws InputError where a hook names a rule set that the positions file does not have: its alerts would be refused. */
export function assertHookRules(
  hooks: readonly HookConfig[],
  ruleSets: ReadonlyMap<string, unknown>,
): void {
  const known = [...ruleSets.keys()]
  const faults = hooks.flatMap(({ rules }, index) =>
    rules === undefined || ruleSets.has(rules)
      ? []
      : [
          {
            path: `http.hooks.${index}.rules`,
            found: JSON.stringify(rules),
            expected:
              known.length === 0 ? 'a rule set of the positions file' : expectedName(rules, known),
          },
        ],
  )
  if (faults.length > 0) throw new InputError('the configuration', faults)
}
