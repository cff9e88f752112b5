import type { Position } from '../domain/position.ts'
import { isSame } from '../domain/units.ts'
import type { Fault } from '../errors.ts'
import type { AddRequest } from '../ports/control/positions.ts'
import type { Registered } from '../ports/state-repository.ts'

const COMPARED = [
  'instrument',
  'side',
  'quantity',
  'entryPrice',
  'multiplier',
  'contract',
  'account',
  'ticket',
  'product',
  'underlying',
  'priceSource',
] as const

/** The largest `entries.skewMs`. */
const MOST_SKEW_MS = 60_000

/** A field in which a position differs from the one that the position table has. */
export interface Difference {
  readonly field: (typeof COMPARED)[number] | 'openedAt'
  readonly kept: unknown
  readonly given: unknown
}

/** A position as a source states it; `filledIn`: fields that have a default and are not compared. */
export type Said = Pick<AddRequest, 'position' | 'filledIn'>

/** The fields in which a position differs from a row; its quantity is compared with the quantity that was added. */
export function differencesOf(
  { position: given, filledIn = [] }: Said,
  { position, addedQuantity }: Registered,
): Difference[] {
  const kept: Position = { ...position, quantity: addedQuantity ?? position.quantity }
  return COMPARED.flatMap(field => {
    if (filledIn.some(each => each === field)) return []
    const isLike =
      field === 'quantity' ? isSame(given.quantity, kept.quantity) : given[field] === kept[field]
    return isLike ? [] : [{ field, kept: kept[field], given: given[field] }]
  })
}

/** Whether a position that names its time was opened at another one than the row. */
export function openedAtDiffers(
  { position: { openedAt } }: Said,
  { position }: Registered,
): boolean {
  if (openedAt === undefined) return false
  // A time slightly ahead of the clock was replaced by the time of the request.
  return !(openedAt >= position.openedAt && openedAt - position.openedAt <= MOST_SKEW_MS)
}

/** The differences between a request to add a position and the guarded position, field by field. */
export function conflictsOf(request: AddRequest, row: Registered): Fault[] {
  const differences: Difference[] = [
    ...differencesOf(request, row),
    ...(openedAtDiffers(request, row)
      ? [
          {
            field: 'openedAt' as const,
            kept: row.position.openedAt,
            given: request.position.openedAt,
          },
        ]
      : []),
  ]
  return [
    ...differences.map(({ field, kept, given }) => faultOf(field, given, kept)),
    ...ruleConflicts(request.rules, row.rules),
  ]
}

/** Whether two sets of rules are equal, in any order of their keys. */
export const areSameRules = (given: Registered['rules'], kept: Registered['rules']): boolean =>
  canonical(given) === canonical(kept)

/** The rules that differ, by name. */
function ruleConflicts(given: Registered['rules'], kept: Registered['rules']): Fault[] {
  const names = [...new Set([...Object.keys(given), ...Object.keys(kept)])]
  return names.flatMap(name => {
    const isLike = canonical(given[name]) === canonical(kept[name])
    return isLike ? [] : [faultOf(`rules.${name}`, given[name], kept[name])]
  })
}

const faultOf = (path: string, given: unknown, kept: unknown): Fault => ({
  path,
  found: JSON.stringify(given) ?? 'nothing',
  expected: `${JSON.stringify(kept) ?? 'nothing'}, as the guarded position has`,
})

/** A value as text that does not depend on the order of keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  )
}
