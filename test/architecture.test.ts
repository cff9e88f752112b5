import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

/** What each folder of src/ may import from the others. All may import errors.ts and zod. */
const ALLOWED: Record<string, readonly string[]> = {
  domain: [],
  resilience: [],
  risk: ['domain'],
  exits: ['domain'],
  nets: ['domain', 'exits'],
  ports: ['domain'],
  calls: ['domain', 'resilience', 'ports'],
  actors: ['domain', 'risk', 'exits', 'nets', 'resilience', 'ports'],
  engine: ['domain', 'risk', 'exits', 'nets', 'resilience', 'ports', 'actors'],
  account: ['domain', 'risk', 'exits', 'nets', 'resilience', 'ports', 'actors', 'engine'],
  chaos: ['domain', 'ports', 'risk', 'resilience', 'actors', 'account'],
  views: [
    'domain',
    'risk',
    'exits',
    'nets',
    'resilience',
    'ports',
    'actors',
    'engine',
    'account',
    'calls',
    'observability',
    'redis',
  ],
  disk: [],
  redis: ['domain', 'resilience', 'ports'],
  brokers: ['domain', 'ports', 'disk', 'resilience'],
  feeds: ['domain', 'ports', 'redis'],
  stores: ['domain', 'ports', 'disk', 'redis'],
  advisors: ['domain', 'ports', 'resilience', 'observability'],
  observability: ['domain', 'ports', 'disk'],
  telegram: ['domain', 'ports', 'observability'],
  freqtrade: ['domain', 'ports', 'observability'],
  plugins: ['domain', 'risk', 'ports', 'observability'],
  processes: ['domain', 'ports', 'risk'],
  config: [
    'advisors',
    'freqtrade',
    'domain',
    'risk',
    'resilience',
    'brokers',
    'feeds',
    'stores',
    'redis',
    'observability',
  ],
  http: ['domain', 'ports', 'observability', 'config'],
  page: ['ports'],
  client: ['domain', 'ports'],
  mcp: ['client', 'domain'],
  cli: [
    'client',
    'mcp',
    'plugins',
    'app',
    'chaos',
    'config',
    'domain',
    'risk',
    'feeds',
    'ports',
    'observability',
    'processes',
    'disk',
  ],
}

/** Files of src/ itself that may import everything. */
const ROOTS = ['app', 'index']

/** Packages that these files alone may import. */
const ONLY_IN: Record<string, readonly string[]> = {
  nact: ['actors/actor.ts', 'actors/small-actor.ts'],
  nodemailer: ['observability/notify/email.ts'],
  '@opentelemetry/api': ['observability/tracing.ts'],
  ioredis: ['redis/connection.ts'],
  ws: ['brokers/venue/stream/socket.ts'],
  lmdb: [
    'stores/lmdb/store.ts',
    'stores/lmdb/journal.ts',
    'stores/lmdb/open.ts',
    'stores/lmdb/ownership.ts',
    'stores/lmdb/schema.ts',
    'stores/lmdb/snapshots.ts',
    'disk/commit.ts',
    'brokers/paper-book.ts',
    'brokers/paper-folder.ts',
  ],
}

/** Folders that touch nothing outside the program: what they may import from elsewhere. */
const PURE = ['domain', 'risk', 'exits', 'nets', 'resilience']
const PURE_PACKAGES = ['zod', 'node:crypto']

const IMPORT =
  /^\s*(?:import|export)\b[^'"]*?from\s*'([^']+)'|^\s*import\s*'([^']+)'|\bimport\('([^']+)'\)/gm

/** Examples in docstrings import the package by its name. */
const DOCSTRING = /\/\*\*[\s\S]*?\*\//g

const src = fileURLToPath(new URL('../src', import.meta.url))

interface SourceFile {
  /** Path inside src/, with slashes. */
  readonly path: string
  readonly text: string
}

function sourceFiles(folder = src): SourceFile[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(path => /\.(tsx?|mjs)$/.test(path))
    .map(path => ({
      path: path.split(sep).join('/'),
      text: readFileSync(join(folder, path), 'utf8'),
    }))
}

const folderOf = (path: string): string =>
  path.includes('/') ? path.split('/')[0]! : path.replace(/\.(tsx?|mjs)$/, '')

/** The files that each file imports, type-only imports included. */
function importsOf(files: readonly SourceFile[]): Map<string, readonly string[]> {
  const paths = new Set(files.map(({ path }) => path))
  return new Map(
    files.map(({ path, text }) => {
      const targets = [...text.replace(DOCSTRING, '').matchAll(IMPORT)]
        .map(match => match[1] ?? match[2] ?? match[3]!)
        .filter(target => target.startsWith('.'))
        .map(target =>
          normalize(join(dirname(path), target))
            .split(sep)
            .join('/'),
        )
      return [path, targets.filter(target => paths.has(target))]
    }),
  )
}

/** The files of each circle of imports: taken away is whatever imports no file that is left, until nothing is. */
function circles(files: readonly SourceFile[]): string[] {
  const left = importsOf(files)
  for (;;) {
    const ends = [...left].filter(([, targets]) => targets.every(target => !left.has(target)))
    if (ends.length === 0) break
    for (const [path] of ends) left.delete(path)
  }
  return [...left.keys()].toSorted()
}

/** `nact/lib/actor.js` → `nact`. */
const packageOf = (target: string): string =>
  target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')

/** Everything in a file that the table forbids, one line each. */
function violations({ path, text }: SourceFile): string[] {
  const folder = folderOf(path)
  const code = text.replace(DOCSTRING, '')
  const targets = [...code.matchAll(IMPORT)].map(match => match[1] ?? match[2] ?? match[3]!)
  const found = targets.flatMap(target => {
    if (!target.startsWith('.')) {
      const only = ONLY_IN[packageOf(target)]
      if (only?.includes(path) === false) return [`${target} outside ${only.join(', ')}`]
      const forbidden = PURE.includes(folder) && !PURE_PACKAGES.includes(target)
      return forbidden ? [`${target} in a pure folder`] : []
    }
    const to = folderOf(
      normalize(join(dirname(path), target))
        .split(sep)
        .join('/'),
    )
    const isFree = to === folder || to === 'errors' || ROOTS.includes(folder)
    return isFree || ALLOWED[folder]?.includes(to) === true ? [] : [`${folder} imports ${to}`]
  })
  if (folder !== 'cli' && /\bconsole\./.test(text)) found.push('console outside cli')
  return found.map(each => `${path}: ${each}`)
}

describe('the architecture', () => {
  it('notices what it is there to notice', () => {
    const planted = (path: string, text: string): string[] => violations({ path, text })
    expect(planted('domain/a.ts', "import { x } from '../risk/x.ts'")).to.have.length(1)
    expect(planted('risk/rules/a.ts', "import type { x } from '../../feeds/x.ts'")).to.have.length(
      1,
    )
    expect(planted('http/a.ts', "export { x } from '../actors/x.ts'")).to.have.length(1)
    expect(planted('risk/a.ts', "import { spawn } from 'nact'")).to.have.length(1)
    expect(planted('cli/a.ts', "import x from 'nact/lib/actor.js'")).to.have.length(1)
    expect(planted('risk/a.ts', "import fs from 'node:fs'")).to.have.length(1)
    expect(planted('risk/a.ts', "import { Command } from 'commander'")).to.have.length(1)
    expect(planted('feeds/a.ts', "const x = await import('../stores/x.ts')")).to.have.length(1)
    expect(planted('feeds/a.ts', 'console.log(1)')).to.have.length(1)
    expect(planted('actors/a.ts', "import { x } from '../risk/x.ts'\nimport 'zod'")).to.deep.equal(
      [],
    )
    expect(planted('domain/a.ts', "import { x } from '../errors.ts'")).to.deep.equal([])
  })

  it('holds: every import goes in the one direction', () => {
    expect(sourceFiles().flatMap(violations)).to.deep.equal([])
  })

  it('has no circle of imports, of types neither', () => {
    const planted = (path: string, target: string) => ({
      path,
      text: `import type { x } from '${target}'`,
    })
    const circle = [planted('a/x.ts', './y.ts'), planted('a/y.ts', '../b/z.ts')]
    expect(circles([...circle, planted('b/z.ts', '../a/x.ts')])).to.have.length(3)
    expect(circles(circle)).to.deep.equal([])
    expect(circles(sourceFiles())).to.deep.equal([])
  })

  it('has no folder that the table does not know', () => {
    const folders = new Set(sourceFiles().map(({ path }) => folderOf(path)))
    const known = [...Object.keys(ALLOWED), ...ROOTS, 'errors']
    expect([...folders].filter(folder => !known.includes(folder))).to.deep.equal([])
  })
})
