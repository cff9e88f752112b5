import type { z } from 'zod'
import { expectedWord } from '../domain/closest-name.ts'

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'true or false',
  int: 'a whole number',
  object: 'a map',
  record: 'a map',
  array: 'a list',
}

/** How zod's own messages begin; any other was written for users. */
const OWN_WORDS = /^(?:Too (?:small|big)|Invalid )/

/**
 * What was expected in place of `found`, the value of an issue, with a guess at the word that was meant: zod says
 * it in many ways, users get one.
 */
export function expectation(issue: z.core.$ZodIssue, found?: unknown): string {
  if (!OWN_WORDS.test(issue.message)) return issue.message
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected] ?? `a ${issue.expected}`
    case 'too_small':
      return atLeast(issue)
    case 'too_big': {
      const unit = UNITS[issue.origin]
      if (unit !== undefined) return `at most ${issue.maximum} ${unit}`
      return `a number ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`
    }
    case 'invalid_value':
      return expectedWord(found, wordsOf(issue.values), oneOf(issue.values))
    case 'invalid_union':
      if ('options' in issue) {
        return expectedWord(found, wordsOf(issue.options), oneOf(issue.options))
      }
      return issue.errors
        .map(([each]) => expectation(each!, valueAt(found, each!.path)))
        .join(', or ')
    default:
      return issue.message
  }
}

const wordsOf = (values: readonly unknown[]): string[] =>
  values.filter(value => typeof value === 'string')

/** What stands at a path inside a value; undefined where there is nothing. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (each, key) =>
      typeof each === 'object' && each !== null
        ? (each as Record<PropertyKey, unknown>)[key]
        : undefined,
    value,
  )
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' }

function atLeast({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): string {
  const unit = UNITS[origin]
  if (unit !== undefined) return minimum === 1 ? 'at least one' : `at least ${minimum} ${unit}`
  return `a number ${inclusive ? 'of at least' : 'above'} ${minimum}`
}

const oneOf = (values: readonly unknown[]): string =>
  (values.length > 1 ? 'one of ' : '') +
  values
    .map(value => (typeof value === 'string' ? JSON.stringify(value) : String(value)))
    .join(', ')
