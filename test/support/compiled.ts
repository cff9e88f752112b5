import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The programs that tests start, as plain JavaScript. */
export interface Compiled {
  /**
   * The bundle of a program, by the path of its source from the root: `src/cli/main.ts`.
   * @throws where `.ci/program.mjs` does not bundle that program.
   */
  file(path: string): string
  /** Removes the bundles. */
  remove(): void
}

/** `src/cli/main.ts` → `<folder>/bundle/all/src-cli-main.cjs` (or `.js`), as `.ci/program.mjs` names it. */
const fileIn =
  (folder: string) =>
  (path: string): string => {
    const name = path.replace(/\.ts$/, '').replaceAll('/', '-')
    const files = ['cjs', 'js'].map(end => join(folder, 'bundle', 'all', `${name}.${end}`))
    const file = files.find(each => existsSync(each))
    if (file === undefined) throw new Error(`.ci/program.mjs bundles no ${path}`)
    return file
  }

/** Bundles the programs: a process of one is ready in a sixth of the time that it needs with tsx. */
export function compiled(): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-compiled-'))
  execFileSync(process.execPath, [join(ROOT, '.ci', 'program.mjs'), folder])
  return {
    file: fileIn(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

let program: Compiled | undefined = whole()

/** The programs as a run of all tests has bundled them; undefined in a run of some files. */
function whole(): Compiled | undefined {
  const folder = process.env['COMPILED_PROGRAM']
  return folder === undefined ? undefined : { file: fileIn(folder), remove: () => undefined }
}

/** The programs, bundled once for all tests of this process, or of the whole run. */
export function theProgram(): Compiled {
  if (program === undefined) {
    const made = compiled()
    process.once('exit', () => made.remove())
    program = made
  }
  return program
}

/** Arguments of Node that run the bundle of a source file, whose path may be absolute. */
export const running = (path: string): string[] => [
  theProgram().file(relative(ROOT, resolve(ROOT, path)).replaceAll('\\', '/')),
]

/**
 * The environment of a process of a bundle: what it executes counts for no source file, and it reads no certificates
 * that only a connection to another machine needs.
 */
export function runningEnv(): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE: _v8, NODE_EXTRA_CA_CERTS: _ca, ...rest } = process.env
  return rest
}
