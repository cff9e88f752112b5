/** What the names of watchkeeper's variables begin with. */
export const PREFIX = 'WATCHKEEPER_'

/**
 * `WATCHKEEPER_HTTP_PORT` is `http.port`; a capital letter is written as two underscores:
 * `DATA__FOLDER`.
 */
export const keysOf = (name: string): string[] =>
  name
    .slice(PREFIX.length)
    .toLowerCase()
    .split(/(?<!_)_(?!_)/)
    .map(part => part.replace(/__(\w)/g, (_match, letter: string) => letter.toUpperCase()))

/** A value as YAML has it. */
export function scalar(text: string): unknown {
  if (text === 'true' || text === 'false') return text === 'true'
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/**
 * The variable that gave a setting, or one inside a section that nothing else names; undefined where the file has
 * the setting.
 */
export function variableOf(
  path: string,
  variables: ReadonlyMap<string, string>,
  inFile: unknown,
): string | undefined {
  const exact = variables.get(path)
  if (exact !== undefined) return exact
  const written = path
    .split('.')
    .reduce<unknown>((place, key) => (Object(place) as Record<string, unknown>)[key], inFile)
  if (written !== undefined) return undefined
  return [...variables].find(([setting]) => setting.startsWith(`${path}.`))?.[1]
}
