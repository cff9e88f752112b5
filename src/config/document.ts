import {
  Composer,
  isMap,
  isNode,
  isScalar,
  LineCounter,
  Parser,
  visit,
  type Document as YamlDocument,
  type Node,
  type YAMLError,
} from 'yaml'
import { isHeld, KEY_EXPECTED, readJson } from '../domain/json.ts'
import type { Fault } from '../errors.ts'
import { MOST_LEVELS, tooDeepAt } from './nesting.ts'

/** Keys and indexes that lead to a place in a document. */
export type DocumentPath = readonly (string | number)[]

/** A parsed text, with the lines of its values. */
export interface Document {
  readonly value: unknown
  /** Line, from 1, of the place (of its key in a map), or of the nearest place around it. */
  lineOf(path: DocumentPath): number
  /** The raw text of the scalar at the place; undefined where there is none. */
  writtenAt(path: DocumentPath): string | undefined
  /** Syntax faults; with any of them there is no value. */
  readonly faults: readonly Fault[]
}

/** About 200,000 positions; as YAML reading them takes 12 s and 2 GB, and four times as many end the process. */
export const MAX_BYTES = 16 * 2 ** 20

/** The fault of a text beyond the size bound. */
export const tooLong = (source: string): Fault => ({
  path: source,
  found: `more than ${MAX_BYTES / 2 ** 20} MiB`,
  expected: `at most ${MAX_BYTES / 2 ** 20} MiB: split it`,
})

/** A document without a value, for these reasons. */
export const unread = (faults: readonly Fault[]): Document => ({
  value: undefined,
  lineOf: () => 1,
  writtenAt: () => undefined,
  faults,
})

/**
 * A value that was already parsed, as JSON: it has no lines, and its numbers are shown in their
 * shortest form.
 */
export const documentOf = (value: unknown): Document => ({ ...unread([]), value })

/**
 * Bound on aliases times nesting depth: far above a file with an alias in each of 50,000 positions.
 */
const MAX_ALIASES = 100_000

const OPTIONS = {
  version: '1.2',
  schema: 'core',
  uniqueKeys: true,
  prettyErrors: false,
  stringKeys: true,
  // A tag such as !!omap would create an object without own keys: an empty rule set.
  resolveKnownTags: false,
  logLevel: 'error',
} as const

/** Parses YAML 1.2 (core schema), and thus JSON too. Never throws: problems are in `faults`. */
export function parseText(text: string, source: string): Document {
  if (Buffer.byteLength(text) > MAX_BYTES) return unread([tooLong(source)])
  return parseJson(text, source) ?? parseYaml(text, source)
}

/**
 * The document of a text in JSON, read in a twentieth of the time; undefined for any other text, and for one with a
 * fault: the reader of YAML knows its line.
 */
function parseJson(text: string, source: string): Document | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined
  try {
    const value = readJson(text)
    let kept: Document | undefined
    const withLines = (): Document => (kept ??= parseYaml(text, source))
    return {
      value,
      lineOf: path => withLines().lineOf(path),
      writtenAt: path => withLines().writtenAt(path),
      faults: [],
    }
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function parseYaml(text: string, source: string): Document {
  const lines = new LineCounter()
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const document = composed(text, lines)
  if ('found' in document) {
    const { offset, ...fault } = document
    return unread([{ path: source, line: lineAt(offset), ...fault }])
  }
  const faults = [...document.errors, ...document.warnings].map((error): Fault => ({
    path: source,
    line: lineAt(error.pos[0]),
    ...wording(error, text),
  }))
  if (faults.length > 0) return unread(faults)
  visit(document, {
    Scalar: (_key, node) => {
      const { value, source: written = '' } = node
      // NaN, so that no reader accepts it as a number; the raw text stays known.
      if (typeof value === 'number' && DECIMAL.test(written) && !isHeld(written)) node.value = NaN
    },
  })
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
  const refused = (found: string, expected: string): Document =>
    unread([{ path: source, line: 1, found, expected }])
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    return holdsItself(value)
      ? refused('an alias inside its own anchor', 'a tree')
      : { value, lineOf, writtenAt, faults: [] }
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    return refused(
      `unusable aliases (${firstLine(error.message)})`,
      'few aliases, each below its anchor',
    )
  }
}

/** The document of a text, or its fault where it has several, or is nested too deep. */
function composed(
  text: string,
  lines: LineCounter,
): YamlDocument.Parsed | (Pick<Fault, 'found' | 'expected'> & { readonly offset: number }) {
  const tokens = [...new Parser(lines.addNewLine).parse(text)]
  const deep = tooDeepAt(tokens)
  if (deep !== undefined)
    return { offset: deep, found: 'deeper nesting', expected: `at most ${MOST_LEVELS} levels` }
  const [first, another] = new Composer(OPTIONS).compose(tokens, true, text.length)
  if (another !== undefined)
    return { offset: another.range[0], found: 'a second document', expected: 'one document' }
  // An empty text is a document, too.
  return first!
}

const DECIMAL = /^[-+]?[\d.]+(?:[eE][-+]?\d+)?$/

/** The text and expectation for an error of the parser. */
function wording(
  { code, message, pos }: YAMLError,
  text: string,
): Pick<Fault, 'found' | 'expected'> {
  if (code === 'TAG_RESOLVE_FAILED') {
    return { found: text.slice(...pos), expected: 'a value without a tag' }
  }
  if (code === 'DUPLICATE_KEY') {
    const key = /^(?:"[^"\n]*"|[^\s:]+)/.exec(text.slice(pos[0]))?.[0] ?? ''
    const found = `the key ${key.startsWith('"') ? key : JSON.stringify(key)} twice`
    return { found, expected: KEY_EXPECTED }
  }
  if (code === 'TAB_AS_INDENT') {
    return { found: 'a tab in the indentation', expected: 'blanks: YAML takes no tabs there' }
  }
  return { found: `invalid YAML (${firstLine(message)})`, expected: 'valid YAML 1.2 or JSON' }
}

/** Whether a map or list contains itself, through an alias inside its own anchor. */
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
