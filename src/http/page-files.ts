import { existsSync, readFileSync } from 'node:fs'
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
  readonly files: ReadonlyMap<string, PageFile>
}

interface Manifest {
  readonly build: string
  readonly files: Readonly<Record<string, string>>
}

/**
 * Location of the page relative to this file: in the built program, or in a source tree after a
 * build.
 */
const FOLDERS = ['../page/', '../../dist/page/'].map(each =>
  fileURLToPath(new URL(each, import.meta.url)),
)

let known: PageFiles | undefined

/** The built page; undefined where it was not built. A built program reads it once. */
export function pageFiles(): PageFiles | undefined {
  if (known !== undefined) return known
  const folder = FOLDERS.find(each => existsSync(join(each, 'manifest.json')))
  if (folder === undefined) return undefined
  const text = readFileSync(join(folder, 'manifest.json'), 'utf8')
  const { build, files } = JSON.parse(text) as Manifest
  const found = {
    build,
    files: new Map(Object.entries(files).map(([name, type]) => [name, fileAt(folder, name, type)])),
  }
  // A source tree may be built again while the service runs.
  if (folder === FOLDERS[0]) known = found
  return found
}

function fileAt(folder: string, name: string, type: string): PageFile {
  const gzip = readFileSync(join(folder, `${name}.gz`))
  const br = readFileSync(join(folder, `${name}.br`))
  return { type, bodies: { br, gzip, identity: gunzipSync(gzip) } }
}
