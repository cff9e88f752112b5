import { NUMBER_EXPECTED } from '../domain/json.ts'
import { onOneLine } from '../domain/plain-text.ts'
import { LONGEST_SHOWN } from '../domain/shown.ts'
import type { Fault } from '../errors.ts'
import type { Document, DocumentPath } from './document.ts'

/** Messages for system error codes of unreadable files. */
const UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  ENOTDIR: 'no such file',
  EISDIR: 'a directory',
  EACCES: 'a file that may not be read (permission denied)',
}

/** Why a file cannot be read, from the error code of the system. */
export const unreadable = (code: string): string => UNREADABLE[code] ?? code

/** A path as users write it: `positions[2].rules.stopLoss`; on one line, whatever its keys contain. */
export const pathText = (path: DocumentPath): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`
    return text === '' ? onOneLine(key) : `${text}.${onOneLine(key)}`
  }, '')

/** Collects the faults of one document. */
export class FaultList {
  readonly faults: Fault[] = []
  private readonly document: Document
  private readonly prefix: string

  /** `prefix` names the file in every path, where there are several. */
  constructor(document: Document, prefix = '') {
    this.document = document
    this.prefix = prefix
  }

  /** The raw text of the scalar at the place; undefined where there is none. */
  writtenAt(path: DocumentPath): string | undefined {
    return this.document.writtenAt(path)
  }

  add(path: DocumentPath, found: string, expected: string): void {
    const text = pathText(path)
    // A number whose raw text differs was not read as a number.
    const source = found === 'NaN' ? this.writtenAt(path) : undefined
    const written = /\d/.test(source ?? '') ? source : undefined
    this.faults.push({
      path: `${this.prefix}${text === '' ? 'the file' : text}`,
      line: this.document.lineOf(path),
      found: written === undefined ? found : `the number ${written.slice(0, LONGEST_SHOWN)}`,
      expected: written === undefined ? expected : NUMBER_EXPECTED,
    })
  }
}
