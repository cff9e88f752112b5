import type { Fields } from './maps.ts'

/** Fields of a position that have a default where neither it nor its rules state them. */
export type FilledIn = readonly ('multiplier' | 'priceSource')[]

/** Those that hold a default; `priceSource` is the one of its rules. */
export const filledInOf = (map: Fields, priceSource: unknown): FilledIn => [
  ...(map['multiplier'] === undefined ? (['multiplier'] as const) : []),
  ...((map['priceSource'] ?? priceSource) === undefined ? (['priceSource'] as const) : []),
]
