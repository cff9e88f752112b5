import type { CST } from 'yaml'

/** Most levels of lists and maps in a file: what reads them is recursive, and a positions file has seven. */
export const MOST_LEVELS = 100

/**
 * The offset of the first list or map that lies deeper than `MOST_LEVELS` in the tokens of a text; undefined where none
 * does. It is not recursive: a text that is nested thousands of times would end the process in the parser's recursion.
 */
export function tooDeepAt(tokens: readonly CST.Token[]): number | undefined {
  const waiting = tokens.map((token): [CST.Token, level: number] => [token, 1])
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const [token, level] = next
    if (token.type === 'document' && token.value !== undefined) waiting.push([token.value, level])
    if (!('items' in token)) continue
    if (level > MOST_LEVELS) return token.offset
    for (const { key, value } of token.items) {
      for (const each of [key, value]) if (isToken(each)) waiting.push([each, level + 1])
    }
  }
  return undefined
}

const isToken = (token: CST.Token | null | undefined): token is CST.Token =>
  token !== null && token !== undefined
