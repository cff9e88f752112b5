import type { z } from 'zod'
import { expectedWord } from './closest-name.ts'
import { numberHint, WITHOUT_UNIT } from './number-hint.ts'

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
      return typeText(issue, found)
    case 'invalid_key':
      return issue.issues.map(each => expectation(each)).join(', ')
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

/** The expected type; of a number that is given as a text, how to write it, with the unit of a time. */
function typeText({ expected, path }: z.core.$ZodIssueInvalidType, found: unknown): string {
  if (expected !== 'number' && expected !== 'int') return TYPES[expected] ?? `a ${expected}`
  const hint = numberHint(found)
  const isMs = hint === WITHOUT_UNIT && /ms$/i.test(String(path.at(-1)))
  return `${TYPES[expected] ?? 'a number'}${hint}${isMs ? ': milliseconds' : ''}`
}

const UNITS: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' }
const ONE: Readonly<Record<string, string>> = { string: 'one character', array: 'one entry' }

function atLeast({ origin, minimum, inclusive }: z.core.$ZodIssueTooSmall): string {
  const unit = UNITS[origin]
  if (unit !== undefined) return `at least ${minimum === 1 ? ONE[origin] : `${minimum} ${unit}`}`
  return `a number ${inclusive ? 'of at least' : 'above'} ${minimum}`
}

const oneOf = (values: readonly unknown[]): string =>
  (values.length > 1 ? 'one of ' : '') +
  values
    .map(value => (typeof value === 'string' ? JSON.stringify(value) : String(value)))
    .join(', ')

/**
 * Names of the fields at a place of a schema; none of a foreign schema. Where the schema has several variants, those
 * of the variant that `value`, which the schema is of, selects, or else of all.
 */
export function fieldsAt(
  schema: z.ZodType,
  path: readonly PropertyKey[],
  value?: unknown,
): readonly string[] {
  // A plugin may have a schema of its own.
  const { def = {} } = schema as unknown as { def?: SchemaDef }
  if (def.innerType !== undefined) return fieldsAt(def.innerType, path, value)
  // A pipe has settings on one of its sides, a union in each of its variants.
  const parts =
    def.options === undefined
      ? [def.in, def.out].flatMap(each => each ?? [])
      : variantsOf(def.options, def.discriminator, value)
  if (parts.length > 0) return [...new Set(parts.flatMap(each => fieldsAt(each, path, value)))]
  const [key, ...rest] = path
  if (key === undefined) return Object.keys(def.shape ?? {})
  const inner = def.shape?.[String(key)] ?? def.valueType ?? def.element
  return inner === undefined ? [] : fieldsAt(inner, rest, valueAt(value, [key]))
}

/** The variants of a union that the value may be: those that its discriminator names, or else all. */
function variantsOf(
  options: readonly z.ZodType[],
  discriminator: string | undefined,
  value: unknown,
): readonly z.ZodType[] {
  if (discriminator === undefined) return options
  const word = valueAt(value, [discriminator])
  const named = options.filter(each => literalsAt(each, discriminator).includes(word))
  return named.length > 0 ? named : options
}

/** The literals that a field of a variant may be. */
function literalsAt(schema: z.ZodType, key: string): readonly unknown[] {
  const { def = {} } = schema as unknown as { def?: SchemaDef }
  const inner = def.innerType ?? def.in
  if (inner !== undefined) return literalsAt(inner, key)
  const field = def.shape?.[key] as unknown as { def: SchemaDef } | undefined
  return field?.def.values ?? []
}

/** The part of zod's internals that wraps inner schemas. */
interface SchemaDef {
  readonly innerType?: z.ZodType
  readonly in?: z.ZodType
  readonly out?: z.ZodType
  readonly options?: readonly z.ZodType[]
  readonly discriminator?: string
  readonly values?: readonly unknown[]
  readonly shape?: Readonly<Record<string, z.ZodType>>
  readonly valueType?: z.ZodType
  readonly element?: z.ZodType
}
