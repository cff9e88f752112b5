import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ERROR_CODES, FAULT_CODES } from '../src/errors/codes.ts'
import { JOURNAL_KINDS } from '../src/ports/journal-kinds.ts'
import { ROOT } from './support/docs/blocks.ts'

/** The texts of all files of a folder, but for the `without`, by path. */
function textsIn(folder: string, without: readonly string[] = []): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(path => /\.tsx?$/.test(path) && !without.includes(`${folder}/${path}`))
    .map(path => readFileSync(join(ROOT, folder, path), 'utf8'))
}

/** What stands before a name that is only compared, listed as possible, or named by a type. */
const READ = /(?:\bcase|[=!]==|\|)\s*$/

/** What stands before a name that is given, chosen or returned; a name in a list is none of these. */
const MADE = /(?:[(?:=]|\breturn|\b(?:true|false|now\(\)),)\s*$/

/** Names in quotes that code uses to make something: neither a key, nor compared, nor a type. */
function madeBy(texts: readonly string[]): ReadonlySet<string> {
  const found = texts.flatMap(text =>
    [...text.matchAll(/'([\w-]+)'(?!:| \|)/g)].flatMap(({ 1: name, index }) => {
      const start = text.slice(Math.max(0, index - 80), index)
      return READ.test(start) || !MADE.test(start) ? [] : [name!]
    }),
  )
  return new Set(found)
}

/** Names that no test has a word of; `words`: others that stand for a name. */
const unmet = (
  names: readonly string[],
  tests: readonly string[],
  words: Readonly<Record<string, string>> = {},
): readonly string[] =>
  names.filter(
    name => !tests.some(text => text.includes(name) || text.includes(words[name] ?? name)),
  )

/** Codes that tests know by the class of the error. */
const classes = (text: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    text.split(/^export class /m).flatMap(each => {
      const [, code] = /\bsuper\('([A-Z_]+)'/.exec(each) ?? []
      return code === undefined ? [] : [[code, each.split(' ')[0]!] as const]
    }),
  )

/** Codes without a test, and why. */
const UNMET: Readonly<Record<string, string>> = {
  HEAP_TOO_LARGE: 'needs a heap of more than 300 MiB',
  UNCAUGHT: 'needs a fault in the program itself',
  WATCHDOG_FAILED: 'needs a thread that the system cannot start',
}

describe('source and tests, read as text', () => {
  const tests = textsIn('test', ['test/kinds-in-use.test.ts'])

  describe('journal', () => {
    const kinds = Object.keys(JOURNAL_KINDS)

    it('have code for each kind of line that makes one', () => {
      const made = madeBy(textsIn('src', ['src/ports/journal-kinds.ts', 'src/ports/journal.ts']))
      // `account/account.ts` composes these.
      for (const kind of ['moved', 'followed', 'returned']) expect(made).to.include(kind)
      const composed = /^clock-/
      expect(kinds.filter(kind => !made.has(kind) && !composed.test(kind))).to.deep.equal([])
    })

    it('have a test for each kind of line', () => expect(unmet(kinds, tests)).to.deep.equal([]))
  })

  describe('errors', () => {
    const codes = Object.keys({ ...ERROR_CODES, ...FAULT_CODES })

    it('have code for each code of an error that makes one', () => {
      const made = madeBy(textsIn('src', ['src/errors/codes.ts']))
      expect(codes.filter(code => !made.has(code))).to.deep.equal([])
    })

    it('have a test for each code of an error, but for the named ones', () => {
      const known = {
        ...classes(readFileSync(join(ROOT, 'src/errors.ts'), 'utf8')),
        // The program prints the text of what ends its start.
        ACCOUNT_REMOVED: 'put each account back',
      }
      expect(unmet(codes, tests, known)).to.have.members(Object.keys(UNMET))
    })
  })
})
