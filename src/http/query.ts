import type { Request } from 'express'
import { z } from 'zod'
import { expectedName } from '../domain/closest-name.ts'
import type { Operation, QueryShape } from './operation.ts'
import { assertKnown, badInput } from './route.ts'

/** The largest number of a journal line. */
const LAST_SEQ = Number.MAX_SAFE_INTEGER
/** Latest time that a query may name, epoch ms: the end of the year 9999. */
const LAST_TIME = 253_402_300_799_999
const LONGEST_TEXT = 200

/** A whole number within bounds. */
export function count(least: number, most: number, description: string) {
  const error = `a whole number from ${least} to ${most}`
  return z
    .string({ error })
    .regex(/^\d{1,16}$/, { error })
    .transform(Number)
    .pipe(z.int({ error }).min(least, { error }).max(most, { error }))
    .describe(description)
}

/** The number of a journal line. */
export const seq = (least: 0 | 1, description: string) => count(least, LAST_SEQ, description)

/** A text, given once. */
export function text(name: string, description: string) {
  const error = `one ${name}`
  return z.string({ error }).min(1, { error }).max(LONGEST_TEXT, { error }).describe(description)
}

/** A time in epoch milliseconds. */
export function time(description: string) {
  const error = 'a time in epoch milliseconds'
  return z
    .string({ error })
    .regex(/^\d{1,15}$/, { error })
    .transform(Number)
    .pipe(z.int({ error }).max(LAST_TIME, { error }))
    .describe(description)
}

/** One of some words. */
export const choice = <Word extends string>(
  words: readonly [Word, ...Word[]],
  description: string,
) =>
  z.enum(words, { error: ({ input }) => expectedName(String(input), words) }).describe(description)

const NOTHING = z.object({})

/** The parameters of a request. Throws BAD_INPUT for one that the operation does not take, or a wrong value. */
export function queryOf<Query extends QueryShape>(
  request: Request,
  { query = NOTHING as unknown as Query, takesAnyQuery }: Operation<Query>,
): z.infer<Query> {
  if (takesAnyQuery === true) return {} as z.infer<Query>
  const given = request.query as Readonly<Record<string, unknown>>
  assertKnown('parameter', Object.keys(given), Object.keys(query.shape))
  const { success, data, error } = query.safeParse(given)
  if (success) return data
  const issue = error.issues[0]!
  const name = String(issue.path[0] ?? 'the query')
  throw badInput(name, given[name], issue.message)
}
