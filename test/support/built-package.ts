import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** The path of a file in `dist`, which is built before unless it is up to date. */
export function builtFile(path: string): string {
  execFileSync(process.execPath, ['.ci/build.mjs'], { cwd: ROOT })
  return join(ROOT, 'dist', path)
}
