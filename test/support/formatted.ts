import { readFileSync } from 'node:fs'
import { format, type FormatConfig } from 'oxfmt'

const OPTIONS = JSON.parse(
  readFileSync(new URL('../../.oxfmtrc.json', import.meta.url), 'utf8'),
) as FormatConfig

/** A text as `npm run format` leaves it. The path decides the language. @throws where it cannot be parsed. */
export async function formatted(path: string, text: string): Promise<string> {
  const { code, errors } = await format(path, text, OPTIONS)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0]!.message}`)
  return code
}
