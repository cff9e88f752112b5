import { z } from 'zod'

/** Validates an answer: the path of the first field that is wrong; undefined where none is. */
export type Shape<Answer> = ((value: unknown) => string | undefined) & {
  /** Only a type: what a validated value is. */
  readonly answer?: Answer
}

/** A shape from a schema of the fields that a command reads: a newer service may have more. */
export const shape =
  <Answer>(schema: z.ZodType): Shape<Answer> =>
  value => {
    const issue = schema.safeParse(value).error?.issues[0]
    return issue && (issue.path.join('.') || 'as a whole')
  }

/** A number that may be unknown. */
export const level = z.number().nullable()
