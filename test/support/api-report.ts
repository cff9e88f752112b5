import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatted } from './formatted.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The report, and the command that writes it once `npm run build` has been run. */
export const REPORT = 'docs/api-report.md'
export const COMMAND = 'node --import tsx test/support/api-report.ts'

const HEAD = `# The public surface

What a program that imports the package may rely on: every exported name with its declaration. Made from the
declarations of a build: \`npm run build && ${COMMAND}\`
writes this page. A change of it is a change that users notice: it needs a line in CHANGELOG.md.
`

/** One top-level declaration of a file. */
interface Declared {
  readonly file: string
  readonly name: string
  readonly text: string
}

/** What a declaration file says at its top level. */
interface Module {
  readonly file: string
  readonly declared: ReadonlyMap<string, string>
  /** Local name → where it comes from. */
  readonly imports: ReadonlyMap<string, { readonly file: string; readonly name: string }>
  /** Exported name → where it comes from. */
  readonly reexports: ReadonlyMap<string, { readonly file: string; readonly name: string }>
  readonly stars: readonly string[]
}

const modules = new Map<string, Module>()

function moduleOf(file: string): Module {
  const known = modules.get(file)
  if (known !== undefined) return known
  const declared = new Map<string, string>()
  const imports = new Map<string, { file: string; name: string }>()
  const reexports = new Map<string, { file: string; name: string }>()
  const stars: string[] = []
  for (const statement of statementsOf(readFileSync(file, 'utf8'))) {
    const from = /from ['"](\.[^'"]+)['"]/.exec(statement)?.[1]
    const target = from === undefined ? undefined : declarationOf(file, from)
    const names = /^(import|export)(?: type)? \{([^}]*)\}/.exec(statement)
    if (names !== null) {
      for (const [name, local] of namesIn(names[2]!)) {
        const place = { file: target ?? file, name }
        if (names[1] === 'import') imports.set(local, place)
        else if (target !== undefined) reexports.set(local, place)
      }
    } else if (statement.startsWith('export *')) stars.push(target!)
    else for (const name of declaredBy(statement)) declared.set(name, statement)
  }
  const made = { file, declared, imports, reexports, stars }
  modules.set(file, made)
  return made
}

/** The file that declares what a relative import names. */
function declarationOf(file: string, specifier: string): string {
  const base = normalize(join(dirname(file), specifier)).replace(/\.(ts|js)$/, '')
  const found = `${base}.d.ts`
  if (!existsSync(found)) throw new Error(`${file} imports ${specifier}, which is not there`)
  return found
}

/** Statements begin in the first column, and go on until the next one does. */
function statementsOf(text: string): string[] {
  const plain = text.replace(/^\s*\/\*\*[\s\S]*?\*\/\n/gm, '').replace(/^\s*\/\/.*\n/gm, '')
  return plain
    .split(/\n(?=\S)(?![}\])])/)
    .map(each => each.trim())
    .filter(each => each !== '' && each !== 'export {};')
}

/** Names of `a, type b as c`: pairs of the name there and the name here. */
const namesIn = (list: string): [string, string][] =>
  list
    .split(',')
    .map(each => each.trim().replace(/^type /, ''))
    .filter(each => each !== '')
    .map(each => {
      const [name, local = name] = each.split(' as ')
      return [name!, local!]
    })

/** Names that a statement declares; several where it takes them out of one value. */
function declaredBy(statement: string): string[] {
  const head =
    /^(?:export )?(?:declare )?(?:abstract )?(?:class|interface|type|function|enum) (\w+)/.exec(
      statement,
    )
  if (head !== null) return [head[1]!]
  if (!/^(?:export )?(?:declare )?const /.test(statement)) return []
  return [...statement.matchAll(/(?:const |^ {4}|, )(\w+)(?=:)/g)]
    .map(match => match[1]!)
    .slice(0, 20)
}

/** Where a name that a file exports is declared. */
function find(file: string, name: string): Declared | undefined {
  const { declared, reexports, imports, stars } = moduleOf(file)
  const text = declared.get(name)
  if (text !== undefined) return { file, name, text: withoutPrivate(text) }
  const place = reexports.get(name) ?? imports.get(name)
  if (place !== undefined && place.file !== file) return find(place.file, place.name)
  for (const star of stars) {
    const found = find(star, name)
    if (found !== undefined) return found
  }
  return undefined
}

const withoutPrivate = (text: string): string => text.replace(/^ {4}private .*\n/gm, '')

/** Names that an entry exports, in alphabetical order. */
function exportsOf(file: string): string[] {
  const { declared, reexports, stars } = moduleOf(file)
  const own = [...declared].filter(([, text]) => text.startsWith('export')).map(([name]) => name)
  return [...new Set([...own, ...reexports.keys(), ...stars.flatMap(exportsOf)])].sort()
}

/** The schemas that a declaration is made of. */
const schemasOf = ({ file, text }: Declared): Declared[] =>
  [...text.matchAll(/\btypeof (\w+)/g)].flatMap(([, name]) => find(file, name!) ?? [])

/** The report on a built package. */
export async function apiReport(dist = join(ROOT, 'dist')): Promise<string> {
  modules.clear()
  const { name, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    name: string
    exports: Record<string, { types?: string }>
  }
  const parts = [HEAD]
  for (const [entry, { types }] of Object.entries(exports)) {
    if (types === undefined) continue
    const file = join(dist, relative('dist', types))
    const found = exportsOf(file).map(each => {
      const declared = find(file, each)
      if (declared === undefined) throw new Error(`${entry} exports ${each}, which is not declared`)
      return declared
    })
    const schemas = found.flatMap(schemasOf)
    parts.push(`\n## ${entry.replace('.', name)}\n`, blockOf([...found, ...schemas]))
  }
  return formatted(REPORT, parts.join('\n'))
}

const blockOf = (all: readonly Declared[]): string =>
  `\`\`\`ts\n${[...new Set(all.map(({ text }) => text))].join('\n')}\n\`\`\`\n`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, REPORT), await apiReport())
}
