// Makes a fresh checkout ready: installs what the lock file names, builds what is outdated.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))

const OLDEST_NODE = [20, 19]

/** Gets a checkout ready step by step. False, and one clear line, at the first step that fails. */
export function ready(...steps) {
  try {
    for (const step of steps) step()
    return true
  } catch (error) {
    console.error(`watchkeeper: ${error.message}`)
    return false
  }
}

/** Throws where this Node is too old. */
export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  const wanted = OLDEST_NODE.join('.')
  throw new Error(`found Node ${process.versions.node}, expected ${wanted} or later`)
}

/** Runs npm ci unless the installed packages are those of the lock file. */
export function install() {
  const lock = hashOf(['package-lock.json'])
  const marker = join(root, 'node_modules', '.installed')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === lock) return
  console.error('watchkeeper: installing packages (npm ci) …')
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  })
  writeFileSync(marker, lock)
}

/**
 * Compiles src/ to dist/ unless dist/ was made from the very same files. Checks no types, which takes twice as long:
 * `npm run typecheck` does.
 */
export function build() {
  const sources = hashOf([
    'package-lock.json',
    'tsconfig.json',
    '.ci/tsconfig.build.json',
    '.ci/page.mjs',
    'src',
  ])
  const marker = join(root, 'dist', '.built')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === sources) return
  console.error('watchkeeper: building …')
  rmSync(join(root, 'dist'), { recursive: true, force: true })
  execFileSync(process.execPath, [binary('typescript', 'tsc'), '-p', '.ci/tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  // A worker thread starts from a file of plain JavaScript, which the compiler leaves alone.
  const watchdog = join('processes', 'watchdog.cjs')
  cpSync(join(root, 'src', watchdog), join(root, 'dist', watchdog))
  // A process of its own: esbuild is there only once the packages are.
  execFileSync(process.execPath, ['.ci/page.mjs', join('dist', 'page')], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  chmodSync(join(root, 'dist', 'cli', 'main.js'), 0o755)
  writeFileSync(marker, sources)
}

/** Path of the script behind a package's command. */
export function binary(name, command = name) {
  const folder = join(root, 'node_modules', name)
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return join(folder, typeof bin === 'string' ? bin : bin[command])
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths) addTo(hash, path)
  return hash.digest('hex')
}

function addTo(hash, path) {
  const full = join(root, path)
  const entries = readdirIfFolder(full)
  if (entries === undefined) hash.update(`${path}\0`).update(readFileSync(full))
  else for (const entry of entries.toSorted()) addTo(hash, join(path, entry))
}

function readdirIfFolder(path) {
  try {
    return readdirSync(path)
  } catch (error) {
    if (error.code === 'ENOTDIR') return undefined
    throw error
  }
}
