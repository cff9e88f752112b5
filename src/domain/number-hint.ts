/** What to leave out of a number with a unit. */
export const WITHOUT_UNIT = ', without a unit'

/** How a text that was meant as a number is written, and what to leave out. */
const HINTS: readonly (readonly [pattern: RegExp, hint: string])[] = [
  [/^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i, ', without quotes'],
  [/^[-+]?\d{1,3}(?:[ ,._'\u00a0\u2019\u202f]\d{3})+(?:[.,]\d+)?$/, ', without separators'],
  [/^[-+]?\d+(?:\.\d+)?\s*%$/, ', without %'],
  [/^[-+]?(?:\d+(?:\.\d+)?\s*(?:\p{Sc}|\p{L}+)|\p{Sc}\s*\d[\d.,]*)$/u, WITHOUT_UNIT],
]

/**
 * The end of an expectation that says how to write a number that is a text: `, without quotes` for `"100"`,
 * `, without separators` for `"61,837.50"`. Empty where the value is no such text.
 */
export function numberHint(found: unknown): string {
  if (typeof found !== 'string') return ''
  return HINTS.find(([pattern]) => pattern.test(found.trim()))?.[1] ?? ''
}
