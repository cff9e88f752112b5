import { expectedName } from '../domain/closest-name.ts'
import { InputError } from '../errors.ts'
import { chaosSchema, type ChaosPlan } from '../resilience/chaos-plan.ts'
import { RULES } from '../risk/rules/registry.ts'
import { parseText } from './document.ts'
import { FaultList } from './faults.ts'
import { reportIssue } from './service-file.ts'
import { readText } from './text-file.ts'

/** Names that a chaos file may use. */
export interface ChaosNames {
  readonly positions: readonly string[]
  readonly instruments: readonly string[]
}

/**
 * Parses the faults to inject.
 *
 * @throws InputError with every fault of the file at once, unknown names included.
 */
export function loadChaos(file: string, known: ChaosNames): ChaosPlan {
  const document = parseText(readText(file), file)
  if (document.faults.length > 0) throw new InputError(file, document.faults)
  const list = new FaultList(document)
  const value = document.value ?? {}
  const result = chaosSchema.safeParse(value)
  for (const issue of result.error?.issues ?? []) reportIssue(list, value, issue)
  refuseUnknown(value, { ...known, rules: RULES.map(({ name }) => name) }, list)
  if (!result.success || list.faults.length > 0) throw new InputError(file, list.faults)
  return result.data
}

/**
 * Checks the raw document, not the parsed value: a file with other faults gets these reported too.
 */
function refuseUnknown(
  value: unknown,
  known: Readonly<Record<string, readonly string[]>>,
  list: FaultList,
): void {
  const { acts } = value as { acts?: unknown }
  if (!Array.isArray(acts)) return
  for (const [index, act] of acts.entries()) {
    for (const [field, names] of Object.entries(known)) {
      const given = (Object(act) as Record<string, unknown>)[field]
      if (!Array.isArray(given)) continue
      for (const [at, name] of given.entries()) {
        if (typeof name !== 'string' || name === '*' || names.includes(name)) continue
        const found = `${JSON.stringify(name)}, which does not exist`
        list.add(['acts', index, field, at], found, expectedName(name, names))
      }
    }
  }
}
