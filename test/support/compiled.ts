import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The project as plain JavaScript. */
export interface Compiled {
  /** The compiled file of a source file, whose path begins at the root: `src/cli/main.ts`. */
  file(path: string): string
  /** Deletes the compiled project. */
  remove(): void
}

const fileIn =
  (folder: string) =>
  (path: string): string =>
    join(folder, path.replace(/\.ts$/, '.js'))

/** Compiles the project: a process of it is then ready three times as soon. */
export function compiled(): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-compiled-'))
  const typescript = join(ROOT, 'node_modules', 'typescript')
  const { bin } = JSON.parse(readFileSync(join(typescript, 'package.json'), 'utf8')) as {
    bin: { tsc: string }
  }
  const tsc = join(typescript, bin.tsc)
  execFileSync(process.execPath, [tsc, '-p', ROOT, '--noEmit', 'false', '--outDir', folder])
  // Files that the compiler does not copy.
  const watchdog = join('src', 'processes', 'watchdog.mjs')
  for (const file of [watchdog, 'package.json']) cpSync(join(ROOT, file), join(folder, file))
  // The page is built into `dist` by the tests that need it.
  for (const name of ['node_modules', 'dist']) symlinkSync(join(ROOT, name), join(folder, name))
  return {
    file: fileIn(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

let program: Compiled | undefined = whole()

/** The project as a run of all tests has compiled it; undefined in a run of some files. */
function whole(): Compiled | undefined {
  const folder = process.env['COMPILED_PROGRAM']
  return folder === undefined ? undefined : { file: fileIn(folder), remove: () => undefined }
}

/** The project, compiled once for all tests of this process, or of the whole run. */
export function theProgram(): Compiled {
  if (program === undefined) {
    const made = compiled()
    process.once('exit', () => made.remove())
    program = made
  }
  return program
}

/** Arguments of Node that run a source file, whose path may be absolute: compiled where that has been done. */
export function running(path: string): string[] {
  const source = resolve(ROOT, path)
  if (program === undefined) return ['--import', 'tsx', source]
  return [program.file(relative(ROOT, source))]
}

/** The environment of a process of the compiled program: what it executes counts for no source file. */
export function runningEnv(): NodeJS.ProcessEnv {
  const { NODE_V8_COVERAGE: coverage, ...rest } = process.env
  return program === undefined && coverage !== undefined
    ? { ...rest, NODE_V8_COVERAGE: coverage }
    : rest
}
