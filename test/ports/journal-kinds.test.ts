import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { JOURNAL_KINDS } from '../../src/ports/journal-kinds.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const KINDS = Object.keys(JOURNAL_KINDS)
/** Events that are counted, and change no position and no exit: the journal has no line of them. */
const COUNTED = ['store-failed', 'reconcile-failed']

const textOf = (file: string): string => readFileSync(join(ROOT, file), 'utf8')

/** What the code that writes lines says, without the lists of kinds. */
function sources(folder = 'src'): string {
  const lists = ['ports/journal-kinds.ts', 'ports/journal.ts', 'app/log.ts']
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !lists.includes(file.replaceAll('\\', '/')))
    .map(file => textOf(join(folder, file)))
    .join('\n')
}

describe('the kinds of journal lines', () => {
  it('are written somewhere, each of them', () => {
    const code = sources()
    const events = [...code.matchAll(/kind: '(moved|followed|returned)'/g)].map(([, kind]) => kind)
    const clock = code.includes('`clock-${kind}`') ? events.map(kind => `clock-${kind}`) : []
    const silent = KINDS.filter(kind => !code.includes(`'${kind}'`) && !clock.includes(kind))
    expect(silent).to.deep.equal([])
  })

  it('hold every event that is declared, but for those that are counted alone', () => {
    const declared = [...textOf('src/ports/journal.ts').matchAll(/kind: '([a-z-]+)'/g)]
    const missing = declared.map(([, kind]) => kind!).filter(kind => !KINDS.includes(kind))
    expect(missing.toSorted()).to.deep.equal(COUNTED.toSorted())
  })

  it('hold no event that no actor and no exit ever tells', () => {
    const tellers = sources('src/actors') + sources('src/exits')
    const declared = [...textOf('src/ports/journal.ts').matchAll(/kind: '([a-z-]+)'/g)]
    const silent = declared.map(([, kind]) => kind!).filter(kind => !tellers.includes(`'${kind}'`))
    expect(silent).to.deep.equal([])
  })

  it('are described in the docs, each in the same words', () => {
    const rows = textOf('docs/observability.md').matchAll(/^\| `([a-z-]+)` +\| (.*?) +\|$/gm)
    const described = Object.fromEntries([...rows].map(([, kind, text]) => [kind, text]))
    expect(Object.fromEntries(KINDS.map(kind => [kind, described[kind]]))).to.deep.equal(
      JOURNAL_KINDS,
    )
  })
})
