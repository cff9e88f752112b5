import { execFileSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MANIFEST = join(ROOT, 'dist', 'page', 'manifest.json')

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0

/** When the newest source of the page was written, epoch ms. */
function newestSource(): number {
  const folder = join(ROOT, 'src', 'page')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Math.max(...files.map(name => changedAt(join(folder, name))))
}

/** Builds the page where a service of the source tree finds it, unless it is up to date. */
export function builtPage(): void {
  if (changedAt(MANIFEST) > newestSource()) return
  execFileSync(process.execPath, ['.ci/page.mjs', 'dist/page'], { cwd: ROOT })
}
