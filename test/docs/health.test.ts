import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['src/observability', 'src/app', 'src/views']

/** Names of checks as the code writes them: the keys of objects, `'exits:stuck': …`, and of drafts. */
const ofCode = FOLDERS.flatMap(folder =>
  readdirSync(`${ROOT}/${folder}`, { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .flatMap(file => {
      const text = readFileSync(`${ROOT}/${folder}/${file}`, 'utf8')
      return [...text.matchAll(/'([a-z]+:[a-z-]+)'/g)].map(([, name]) => name!)
    }),
).filter(name => !name.startsWith('node:'))

const ofPage = [
  ...readFileSync(`${ROOT}/docs/health.md`, 'utf8')
    .split('## The checks')[1]!
    .matchAll(/`([a-z]+:[a-z-]+)`/g),
].map(([, name]) => name!)

describe('docs/health.md', () => {
  it('explains every check of health, and none that does not exist', () => {
    expect([...new Set(ofPage)].toSorted()).to.deep.equal([...new Set(ofCode)].toSorted())
  })
})
