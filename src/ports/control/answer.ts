import { z } from 'zod'

/** What a schema of an answer stands for; nothing changes an answer. */
export type Answer<Schema extends z.ZodType> = Fixed<z.infer<Schema>>

type Plain = string | number | boolean | null | undefined

/** JSON has no undefined: an optional field is absent. */
type Fixed<Value> = Value extends Plain
  ? Value
  : Value extends readonly (infer Item)[]
    ? readonly Fixed<Item>[]
    : Value extends object
      ? { readonly [Key in keyof Value]: Fixed<Exclude<Value[Key], undefined>> }
      : Value

/**
 * One of `known` words. The check takes any text: a newer service may have more of them, and a command
 * that shows the word need not know it.
 */
export const word = <Word extends string>(known: readonly Word[]): z.ZodType<Word> =>
  z.string().meta({ examples: [...known] }) as unknown as z.ZodType<Word>

/** A name that is its own type in the program. */
export const brandedName = <Name extends string>(): z.ZodType<Name> =>
  z.string() as unknown as z.ZodType<Name>

/** A time, epoch ms. */
export const time = z.number().describe('Epoch ms.')

/** A number that may be unknown, or not be there. */
export const maybe = z.number().nullable()

/** A time that may not be there yet. */
export const maybeTime = maybe.describe('Epoch ms; null where there is none.')

/** How far a position went, and its gain as a multiple of its first risk. */
export const excursionFields = {
  mfePct: maybe.describe(
    'Most favourable excursion: gain at the best price, percent of the entry price.',
  ),
  maePct: maybe.describe(
    'Most adverse excursion: gain at the worst price, percent of the entry price, 0 or less; null: unknown.',
  ),
  r: maybe.describe(
    'Gain as a multiple of the loss at `firstStop`; null without a first stop or a price.',
  ),
}

/** Counts by name. */
export const counts = z.record(z.string(), z.number())
