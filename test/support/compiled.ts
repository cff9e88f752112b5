import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The project as plain JavaScript. */
export interface Compiled {
  /** The compiled file of a source file, whose path begins at the root: `src/cli/main.ts`. */
  file(path: string): string
  /** Takes everything away. */
  remove(): void
}

/** Compiles the project: a process of it is then ready three times as soon. */
export function compiled(): Compiled {
  const folder = mkdtempSync(join(tmpdir(), 'watchkeeper-compiled-'))
  const typescript = join(ROOT, 'node_modules', 'typescript')
  const { bin } = JSON.parse(readFileSync(join(typescript, 'package.json'), 'utf8')) as {
    bin: { tsc: string }
  }
  const tsc = join(typescript, bin.tsc)
  execFileSync(process.execPath, [tsc, '-p', ROOT, '--noEmit', 'false', '--outDir', folder])
  // What the compiler leaves alone.
  const watchdog = join('src', 'processes', 'watchdog.mjs')
  for (const file of [watchdog, 'package.json']) cpSync(join(ROOT, file), join(folder, file))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return {
    file: path => join(folder, path.replace(/\.ts$/, '.js')),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

let program: Compiled | undefined

/** The project, compiled once for all tests of this process. */
export function theProgram(): Compiled {
  if (program === undefined) {
    const made = compiled()
    process.once('exit', () => made.remove())
    program = made
  }
  return program
}
