import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../support/docs/blocks.ts'

const SECTION = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8')
  .split('\n## Promises\n')[1]!
  .split('\n## ')[0]!
const ROWS = SECTION.split('\n')
  .filter(line => line.startsWith('| P'))
  .map(line => line.split('|').map(cell => cell.trim()))
/** `| P1 one exit | what it says |`, and `| P1 | test | its title |`. */
const STATED = ROWS.filter(({ length }) => length === 4).map(([, name]) => name!.split(' ')[0]!)
const HELD = ROWS.filter(({ length }) => length === 5)

describe('The promises', () => {
  it('are P1 to P7, each held by two tests or more', () => {
    expect(STATED).to.deep.equal(['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7'])
    for (const promise of STATED)
      expect(HELD.filter(([, its]) => its === promise).length, promise).to.be.at.least(2)
  })

  for (const [, promise, file, title] of HELD) {
    it(`${promise} is held by ${file}: ${title}`, () => {
      const path = `test/${file!.replaceAll('`', '')}.test.ts`
      expect(readFileSync(join(ROOT, path), 'utf8')).to.match(titled(title!))
    })
  }

  it('are cited by their numbers in the code', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    const texts = files
      .filter(file => file.endsWith('.ts'))
      .map(file => readFileSync(join(ROOT, 'src', file), 'utf8'))
    const cited = new Set(texts.flatMap(text => text.match(/\bP\d\b/g) ?? []))
    expect([...cited].toSorted()).to.deep.equal(STATED)
  })
})

/** A test of this title, or of a title that begins so and names a case. */
const titled = (title: string): RegExp => new RegExp(`['\`]${title}`)
