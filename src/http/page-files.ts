import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'

/** Content encodings of a file, the best first. */
export const ENCODINGS = ['br', 'gzip', 'identity'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** One file of the page, in all encodings. */
export interface PageFile {
  readonly type: string
  readonly bodies: Readonly<Record<Encoding, Buffer>>
}

/** The built page. */
export interface PageFiles {
  /** Changes with every file of the page. */
  readonly build: string
  /** Hash of the style sheet in the document, as a policy names it. */
  readonly styleHash: string
  readonly files: ReadonlyMap<string, PageFile>
}

interface Manifest {
  readonly build: string
  readonly styleHash: string
  readonly files: Readonly<Record<string, string>>
}

/**
 * Location of the page relative to this file: in the built program, or in a source tree after a
 * build.
 */
const FOLDERS = [
  fileURLToPath(new URL('../page/', import.meta.url)),
  fileURLToPath(new URL('../../dist/page/', import.meta.url)),
] as const

let built: PageFiles | undefined
let source: { readonly page: PageFiles; readonly builtAt: number } | undefined

/**
 * The built page; undefined where it was not built. A built program reads it once: files of another version that are
 * installed while it runs do not fit its API. A source tree may be built again while the service runs.
 */
export function pageFiles(): PageFiles | undefined {
  if (built !== undefined) return built
  const [own, tree] = FOLDERS
  if (existsSync(manifestIn(own))) return (built = pageIn(own))
  const builtAt = statSync(manifestIn(tree), { throwIfNoEntry: false })?.mtimeMs
  if (builtAt === undefined) return undefined
  if (source?.builtAt !== builtAt) source = { page: pageIn(tree), builtAt }
  return source.page
}

const manifestIn = (folder: string): string => join(folder, 'manifest.json')

function pageIn(folder: string): PageFiles {
  const { build, styleHash, files } = JSON.parse(
    readFileSync(manifestIn(folder), 'utf8'),
  ) as Manifest
  const entries = Object.entries(files)
  return {
    build,
    styleHash,
    files: new Map(entries.map(([name, type]) => [name, fileAt(folder, name, type)])),
  }
}

function fileAt(folder: string, name: string, type: string): PageFile {
  const gzip = readFileSync(join(folder, `${name}.gz`))
  const br = readFileSync(join(folder, `${name}.br`))
  return { type, bodies: { br, gzip, identity: gunzipSync(gzip) } }
}
