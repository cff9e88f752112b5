import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { ROOT } from '../support/docs/blocks.ts'

const FOLDERS = [
  ['docs/exits.md', 'src/exits'],
  ['docs/architecture.md', 'src/account'],
] as const

describe('The list of files', () => {
  for (const [name, folder] of FOLDERS) {
    it(`of ${folder} in ${name} has each file once`, () => {
      const page = readFileSync(join(ROOT, name), 'utf8')
      const section = page.split(`\n## The files of \`${folder}/\`\n`)[1]!.split('\n## ')[0]!
      const rows = section.split('\n').filter(line => line.startsWith('| '))
      const named = rows.flatMap(row => [...row.matchAll(/`([a-z-]+)`/g)].map(([, file]) => file))
      const files = readdirSync(join(ROOT, folder)).map(file => file.replace('.ts', ''))
      expect(named).to.have.members(files.filter(file => file !== 'index'))
    })
  }
})
