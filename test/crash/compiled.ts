import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The guarded program as plain JavaScript. */
export interface Compiled {
  readonly main: string
  /** Takes it away. */
  remove(): void
}

/** Compiles the program once: a process that is started a thousand times is then ready three times as soon. */
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
    main: join(folder, 'test', 'crash', 'guarded.js'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
