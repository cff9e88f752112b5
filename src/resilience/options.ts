import { z } from 'zod'

/** Longest duration that options may name, ms: one day. Timers cannot carry 25 days or more. */
const LONGEST_MS = 86_400_000

/** A duration in whole milliseconds, above zero and at most a day. */
export const positiveMs = z.int().positive().max(LONGEST_MS)

/** For refinements of options that may have other faults too: all are reported at once. */
export const always = {
  when: ({ value }: { readonly value: unknown }) =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
}

/** A refinement that reports at `field` when it is below the field `other`. */
export function notBelow(field: string, other: string) {
  const refine = (options: object, context: z.RefinementCtx): void => {
    const { [field]: value, [other]: least } = options as Record<string, unknown>
    if (typeof value !== 'number' || typeof least !== 'number' || value >= least) return
    const message = `a number of at least ${other}, ${least}`
    context.addIssue({ code: 'custom', path: [field], message })
  }
  return [refine, always] as const
}
