import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { Option } from 'commander'
import { ROOT } from '../support/docs/blocks.ts'

const CLI = join(ROOT, 'src/cli')

const textOf = (file: string): string => readFileSync(file, 'utf8')

/** The files of the command line that a file imports. */
const importsOf = (file: string): readonly string[] =>
  [...textOf(file).matchAll(/from '(\.[^']+)'/g)]
    .map(([, path]) => join(dirname(file), path!))
    .filter(path => path.startsWith(CLI))

/** Code without comments, texts, and the declarations of fields. */
const bare = (text: string): string =>
  text
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/'(?:[^'\\\n]|\\.)*'/g, "''")
    .replaceAll(/`(?:[^`\\]|\\.)*`/g, text => [...text.matchAll(/\$\{[^}]*\}/g)].join(' '))
    .replaceAll(/^ {2}readonly \w+\??:.*$/gm, '')

const DECLARED = /\.(?:required)?[oO]ption\(|new Option\(/

/** Options that no code reads by their names, and why. */
const UNREAD = [
  // It sets `format`.
  'connection.ts: json',
  // The fields of a position are sent whole.
  ...'instrument side quantity entryPrice ticket product underlying openedAt'
    .split(' ')
    .map(name => `commands/positions-add.ts: ${name}`),
]

/** Each option that a file declares, by the name under which its action gets it. */
const optionsIn = (text: string): readonly string[] =>
  [...text.matchAll(/(?:[oO]ption\(\s*)'((?:-\w, )?--[^']+)'/g)].map(([, flags]) =>
    new Option(flags!).attributeName(),
  )

/** The options of each file of commands are read, by their names, in it or in a file of the command line that it imports. */
describe('each option of a command', () => {
  const files = readdirSync(CLI, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.ts'))
    .map(path => join(CLI, path))

  it('is read by code of the command', () => {
    const unread = files.flatMap(file => {
      const code = [file, ...importsOf(file)].map(each => bare(textOf(each))).join('\n')
      return optionsIn(textOf(file))
        .filter(name => !new RegExp(`\\b${name}\\b`).test(code))
        .map(name => `${file.slice(CLI.length + 1)}: ${name}`)
    })
    expect(unread).to.have.members(UNREAD)
  })

  it('is found in its file', () => {
    const count = files.reduce((sum, file) => sum + optionsIn(textOf(file)).length, 0)
    const written = files.reduce((sum, file) => sum + textOf(file).split(DECLARED).length - 1, 0)
    expect(count).to.equal(written)
    expect(count).to.be.above(80)
  })
})
