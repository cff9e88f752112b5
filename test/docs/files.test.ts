import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../support/docs/blocks.ts'

describe('The files of src/exits in docs/exits.md', () => {
  it('are all of them, each once', () => {
    const page = readFileSync(join(ROOT, 'docs/exits.md'), 'utf8')
    const section = page.split('\n## The files of `src/exits/`\n')[1]!.split('\n## ')[0]!
    const rows = section.split('\n').filter(line => line.startsWith('| '))
    const named = rows.flatMap(row => [...row.matchAll(/`([a-z-]+)`/g)].map(([, name]) => name))
    const files = readdirSync(join(ROOT, 'src/exits')).map(file => file.replace('.ts', ''))
    expect(named).to.have.members(files.filter(file => file !== 'index'))
  })
})
