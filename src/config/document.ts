import { isMap, isNode, isScalar, LineCounter, type Node, parseDocument } from 'yaml'
import type { Fault } from '../errors.ts'

/** Keys and indexes that lead to a place in a document. */
export type DocumentPath = readonly (string | number)[]

/** A parsed text, with the lines its values stand on. */
export interface Document {
  readonly value: unknown
  /** Line, from 1, of the place (of its key in a map), or of the nearest place around it. */
  lineOf(path: DocumentPath): number
  /** The scalar at the place as it is written; undefined where there is none. */
  writtenAt(path: DocumentPath): string | undefined
  /** What keeps the text from being read; then there is no value. */
  readonly faults: readonly Fault[]
}

/** Times depth of nesting: far above a file with an alias in each of 50,000 positions. */
const MAX_ALIASES = 100_000

/** Parses YAML 1.2 (core schema), and so JSON too. Never throws: what is wrong is in `faults`. */
export function parseText(text: string, source: string): Document {
  const lines = new LineCounter()
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    uniqueKeys: true,
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    logLevel: 'error',
  })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const faults: Fault[] = document.errors.map(({ code, message, pos }) => ({
    path: source,
    line: lineAt(pos[0]),
    found: code === 'MULTIPLE_DOCS' ? 'a second document' : firstLine(message),
    expected: code === 'MULTIPLE_DOCS' ? 'one document' : 'valid YAML 1.2 or JSON',
  }))
  const nodeAt = (path: DocumentPath): Node | undefined => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true)
    return isNode(node) ? node : undefined
  }
  const offsetOf = (path: DocumentPath): number | undefined =>
    keyAt(nodeAt(path.slice(0, -1)), path.at(-1))?.range?.[0] ?? nodeAt(path)?.range?.[0]
  const lineOf = (path: DocumentPath): number => {
    for (let length = path.length; length >= 0; length--) {
      const offset = offsetOf(path.slice(0, length))
      if (offset !== undefined) return lineAt(offset)
    }
    return 1
  }
  const writtenAt = (path: DocumentPath): string | undefined => {
    const node = nodeAt(path)
    return isScalar(node) ? node.source : undefined
  }
  const read = (value: unknown, list: readonly Fault[]): Document => ({
    value,
    lineOf,
    writtenAt,
    faults: list,
  })
  if (faults.length > 0) return read(undefined, faults)
  const refused = (found: string, expected: string): Document =>
    read(undefined, [{ path: source, line: 1, found, expected }])
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    return holdsItself(value)
      ? refused('an alias inside its own anchor', 'a tree')
      : read(value, [])
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return refused(
      `unusable aliases (${firstLine(error.message)})`,
      'few aliases, each below its anchor',
    )
  }
}

/** Whether a map or list is somewhere inside itself, as an alias in its own anchor makes it. */
function holdsItself(value: unknown, above = new Set<unknown>(), seen = new Set()): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (above.has(value)) return true
  if (seen.has(value)) return false
  seen.add(value)
  above.add(value)
  const found = Object.values(value).some(each => holdsItself(each, above, seen))
  above.delete(value)
  return found
}

/** The node of a key, where the parent is a map that has it. */
function keyAt(parent: Node | undefined, key: string | number | undefined): Node | undefined {
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(each => isScalar(each.key) && each.key.value === key)
  return isScalar(pair?.key) ? pair.key : undefined
}

const firstLine = (message: string): string => message.split('\n')[0]!
