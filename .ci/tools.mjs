// What tests need beyond npm: programs of the system, installed where that is allowed.
import { execFileSync } from 'node:child_process'

/** Commands, and the Debian packages that have them. */
const TOOLS = [
  { command: 'promtool', package: 'prometheus' },
  { command: 'redis-server', package: 'redis-server' },
]

function has(command) {
  try {
    execFileSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Installs what is missing. What cannot be installed is named in one line; its tests fail then. */
export function systemTools() {
  const missing = TOOLS.filter(({ command }) => !has(command))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map(tool => tool.package))]
  const names = missing.map(({ command }) => command).join(', ')
  const byHand = `apt-get install ${packages.join(' ')}`
  const isRoot = process.getuid?.() === 0
  if (!isRoot || !has('apt-get')) {
    console.error(`watchkeeper: ${names} missing, tests that need it will fail: ${byHand}`)
    return
  }
  console.error(`watchkeeper: installing ${packages.join(', ')} …`)
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  try {
    execFileSync('apt-get', ['update'], options)
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options)
  } catch (error) {
    console.error(`watchkeeper: ${byHand} failed (${error.message}): tests that need it will fail`)
  }
}
