import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

let isBuilt = false

/** Builds the page to where a service of the source tree finds it, once for all tests of this process. */
export function builtPage(): void {
  if (isBuilt) return
  execFileSync(process.execPath, ['.ci/page.mjs', 'dist/page'], { cwd: ROOT })
  isBuilt = true
}
