import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What each entry of the package is in this repository. */
const ENTRIES: Readonly<Record<string, string>> = {
  watchkeeper: 'src/index.ts',
  'watchkeeper/client': 'src/client/index.ts',
  'watchkeeper/exits': 'src/exits/index.ts',
  'watchkeeper/resilience': 'src/resilience/index.ts',
  'watchkeeper/risk': 'src/risk/index.ts',
}

const IMPORT = /from '(watchkeeper[^']*)'/g
/** A line that shows a value: `expression // => value`. */
const SHOWN = /^(.+?) +\/\/ => (.+)$/gm

/** Values that an example has shown and that are not what it says, one line each. */
export type Wrong = readonly string[]

/** How many values an example shows. */
export const shownValues = (code: string): number => [...code.matchAll(SHOWN)].length

/** Runs an example of the documentation as a module; throws what it throws. `files` lie beside it. */
export async function runExample(
  code: string,
  files: Readonly<Record<string, string>> = {},
): Promise<Wrong> {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-example-'))
  const module = join(folder, 'example.mts')
  const wrong: string[] = []
  const checking = code
    .replace(IMPORT, (_all, name: string) => {
      const entry = ENTRIES[name]
      if (entry === undefined) throw new Error(`the package has no entry ${name}`)
      return `from ${JSON.stringify(pathToFileURL(join(ROOT, entry)).href)}`
    })
    .replace(SHOWN, (_all, shown: string, value: string) => {
      return `await checkExample(${JSON.stringify(shown)}, (${shown}), (${value}))`
    })
  const globals = globalThis as { checkExample?: unknown }
  globals.checkExample = (text: string, found: unknown, expected: unknown) => {
    const [is, should] = [JSON.stringify(found), JSON.stringify(expected)]
    if (is !== should) wrong.push(`${text}: ${is} in place of ${should}`)
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  writeFileSync(module, `declare const checkExample: Function\n${checking}`)
  const before = process.cwd()
  try {
    process.chdir(folder)
    await import(pathToFileURL(module).href)
    return wrong
  } finally {
    process.chdir(before)
    rmSync(folder, { recursive: true, force: true })
  }
}
