import type { z } from 'zod'
import { expectedName } from '../domain/closest-name.ts'
import { expectation, fieldsAt, valueAt } from '../domain/expectation.ts'
import { show } from '../domain/shown.ts'
import { describeFault } from '../errors.ts'

/** What is wrong with the arguments of a tool, one line each: what was found, where, and what is expected. */
export function argumentFaults(
  issues: readonly z.core.$ZodIssue[],
  args: unknown,
  input: z.ZodType,
): string[] {
  return issues.flatMap(issue => {
    if (issue.code === 'unrecognized_keys') {
      const known = fieldsAt(input, issue.path)
      return issue.keys.map(key =>
        describeFault({
          path: [...issue.path, key].join('.'),
          found: `the unknown argument ${show(key)}`,
          expected: expectedName(key, known),
        }),
      )
    }
    const found = valueAt(args, issue.path)
    const path = issue.path.join('.') || 'arguments'
    return [describeFault({ path, found: show(found), expected: expectation(issue, found) })]
  })
}
