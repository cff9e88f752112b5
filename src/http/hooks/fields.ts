import { expectedName } from '../../domain/closest-name.ts'
import { isHeld, readJson, UnclearJson } from '../../domain/json.ts'
import { WatchkeeperError } from '../../errors.ts'
import { badInput, badPlace } from '../route.ts'

/** Fields of a webhook as text: some programs send numbers as text, others as numbers. */
export type Fields = ReadonlyMap<string, string>

const NUMBER = /^\d+(?:\.\d*)?(?:e[-+]?\d{1,3})?$/i

/** Reads a body: an object of JSON, or a form, without a doubled field. Throws BAD_JSON, BAD_INPUT. */
export function fieldsOf(body: unknown, contentType: string): Fields {
  const text = typeof body === 'string' ? body : ''
  if (/^application\/x-www-form-urlencoded\b/i.test(contentType)) {
    const pairs = [...new URLSearchParams(text)]
    const doubled = pairs.find(([name], at) => pairs.findIndex(([each]) => each === name) !== at)
    if (doubled !== undefined) throw badPlace(doubled[0], 'the field twice', 'the field once')
    return new Map(pairs)
  }
  const value = jsonOf(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw badInput('the body', value, 'an object of JSON')
  }
  return new Map(
    Object.entries(value).map(([name, field]) => {
      if (typeof field === 'string' || typeof field === 'number') return [name, String(field)]
      throw badInput(name, field, 'a text or a number')
    }),
  )
}

function jsonOf(text: string): unknown {
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof UnclearJson) throw badPlace('the body', error.found, error.expected)
    if (error instanceof SyntaxError) {
      const text = `the body: ${error.message}; expected an object of JSON, or a form with its content-type`
      throw new WatchkeeperError('BAD_JSON', text)
    }
    throw error
  }
}

/** A text that is there, without a placeholder that the program has not filled. */
export function textOf(fields: Fields, name: string): string {
  const text = fields.get(name)?.trim() ?? ''
  if (text !== '' && text.length <= 200 && !/[{}]/.test(text)) return text
  throw badInput(
    name,
    fields.get(name),
    'a text of 1 to 200 characters, with its placeholder filled',
  )
}

/** One of some words, in lower or upper case. */
export function wordOf<Word extends string>(
  fields: Fields,
  name: string,
  words: readonly Word[],
): Word {
  const text = textOf(fields, name)
  const found = words.find(each => each === text.toLowerCase())
  if (found !== undefined) return found
  throw badInput(name, text, expectedName(text, words))
}

/** A number above 0, written as one or as text. */
export function numberOf(fields: Fields, name: string): number {
  const text = fields.get(name)?.trim() ?? ''
  const value = Number(text)
  if (NUMBER.test(text) && Number.isFinite(value) && value > 0 && isHeld(text)) return value
  throw badInput(name, fields.get(name), 'a number above 0')
}
