import { expectedName } from '../domain/closest-name.ts'
import { show } from '../domain/shown.ts'
import type { FaultList } from './faults.ts'

export type Fields = Readonly<Record<string, unknown>>

/** The value as a map, or a fault. */
export function mapOf(
  value: unknown,
  path: (string | number)[],
  list: FaultList,
  expected = 'a map',
): Fields | undefined {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  list.add(path, show(value), expected)
  return undefined
}

/** Reports a fault for each unknown key. */
export function refuseUnknown(
  map: Fields,
  known: readonly string[],
  path: (string | number)[],
  list: FaultList,
): void {
  for (const key of Object.keys(map)) {
    if (known.includes(key)) continue
    list.add([...path, key], `the unknown field ${JSON.stringify(key)}`, expectedName(key, known))
  }
}
