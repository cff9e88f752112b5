import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { JOURNAL_KINDS, journalKindRow } from '../../src/ports/journal-kinds.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KINDS = Object.keys(JOURNAL_KINDS)
/**
 * Events that are counted, and change no position and no exit: the journal has no line for them.
 */
const COUNTED = ['store-failed', 'reconcile-failed']

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** The code that writes lines, without the declarations of kinds. */
function sources(folder = 'src'): string {
  const declarations = ['journal-kinds.ts', 'journal.ts']
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map(file => file.replaceAll('\\', '/'))
    .filter(file => file.endsWith('.ts'))
    .filter(file => !declarations.some(name => join(folder, file) === `src/ports/${name}`))
    .map(file => textOf(join(folder, file)))
    .join('\n')
}

/** Kinds of the union of events. */
const declared = [...textOf('src/ports/journal.ts').matchAll(/kind: '([a-z-]+)'/g)].map(
  ([, kind]) => kind!,
)

describe('the kinds of journal lines', () => {
  it('are written by some code, each of them', () => {
    const code = sources()
    const events = [...code.matchAll(/kind: '(moved|followed|returned)'/g)].map(([, kind]) => kind)
    const clock = code.includes('`clock-${kind}`') ? events.map(kind => `clock-${kind}`) : []
    const silent = KINDS.filter(kind => !code.includes(`'${kind}'`) && !clock.includes(kind))
    expect(silent).to.deep.equal([])
  })

  it('are each named by a test other than that of the texts of notifications', () => {
    const others = ['ports/journal-kinds.test.ts', 'observability/notify/compose.test.ts']
    const tests = readdirSync(join(ROOT, 'test'), { recursive: true, encoding: 'utf8' })
      .map(file => file.replaceAll('\\', '/'))
      .filter(file => file.endsWith('.test.ts') && !others.includes(file))
      .map(file => textOf(join('test', file)))
      .join('\n')
    const words = new Set(tests.match(/[a-z]+(?:-[a-z]+)*/g))
    expect(KINDS.filter(kind => !words.has(kind))).to.deep.equal([])
  })

  it('have a row for every declared event, except those that are counted alone', () => {
    const missing = declared.filter(kind => !KINDS.includes(kind))
    expect(missing.toSorted()).to.deep.equal(COUNTED.toSorted())
  })

  it('have no declared event that no actor, no exit and no net emits', () => {
    const emitters = sources('src/actors') + sources('src/exits') + sources('src/nets')
    expect(declared.filter(kind => !emitters.includes(`'${kind}'`))).to.deep.equal([])
  })

  it('have one row each: no group of rows repeats the kind of another', () => {
    const table = textOf('src/ports/journal-kinds.ts')
    const rows = [...table.matchAll(/^ {4}'?([a-z][a-z-]*)'?:(?: '|\n)/gm)].map(([, kind]) => kind!)
    expect(rows.toSorted()).to.deep.equal(KINDS.toSorted())
  })

  it('agree with the documented table, which has no other kinds', () => {
    const page = textOf('docs/observability.md').split('## Kinds of journal lines')[1]!
    const rows = page.matchAll(/^\| `([a-z-]+)` +\| (\w+) +\| (\w+) +\| (.*?) +\|$/gm)
    const documented = [...rows].map(
      ([, kind, level, component, meaning]) => [kind!, { level, component, meaning }] as const,
    )
    expect(Object.fromEntries(documented)).to.deep.equal(JOURNAL_KINDS)
    expect(documented).to.have.length(KINDS.length)
  })

  it('log a line of a kind that this version does not have at info, of the service', () => {
    expect(journalKindRow('exit-of-a-later-release')).to.deep.equal({
      level: 'info',
      component: 'service',
    })
    expect(journalKindRow('toString')).to.deep.equal({ level: 'info', component: 'service' })
    expect(journalKindRow('exit-stuck')).to.include({ level: 'error', component: 'exits' })
  })
})
