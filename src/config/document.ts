import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Fault } from '../errors.ts'

/** Keys and indexes that lead to a place in a document. */
export type DocumentPath = readonly (string | number)[]

/** A parsed text, with the lines its values stand on. */
export interface Document {
  readonly value: unknown
  /** Line, from 1, of the place, or of the nearest place around it that exists. */
  lineOf(path: DocumentPath): number
  /** What keeps the text from being read; then there is no value. */
  readonly faults: readonly Fault[]
}

/** More repetitions of anchors than any honest file has. */
const MAX_ALIASES = 1000

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
  })
  const lineAt = (offset: number): number => lines.linePos(offset).line
  const faults: Fault[] = document.errors.map(({ message, pos }) => ({
    path: source,
    line: lineAt(pos[0]),
    found: firstLine(message),
    expected: 'valid YAML 1.2 or JSON',
  }))
  const lineOf = (path: DocumentPath): number => {
    for (let length = path.length; length >= 0; length--) {
      const node = document.getIn(path.slice(0, length), true)
      if (isNode(node) && node.range != null) return lineAt(node.range[0])
    }
    return 1
  }
  if (faults.length > 0) return { value: undefined, lineOf, faults }
  try {
    return { value: document.toJS({ maxAliasCount: MAX_ALIASES }), lineOf, faults }
  } catch (error) {
    const found = firstLine(error instanceof Error ? error.message : String(error))
    const fault = { path: source, line: 1, found, expected: 'fewer aliases' }
    return { value: undefined, lineOf, faults: [fault] }
  }
}

const firstLine = (message: string): string => message.split('\n')[0]!
