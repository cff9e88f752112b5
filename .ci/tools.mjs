// What tests need beyond npm: programs of the system, installed where that is allowed and wanted.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/**
 * Commands, the Debian packages that contain them, what tests use them for, and the service of a
 * package that has one.
 */
export const TOOLS = [
  {
    command: 'redis-server',
    package: 'redis-server',
    why: 'the tests of Redis start servers of their own',
    service: 'redis-server',
  },
  {
    command: 'promtool',
    package: 'prometheus',
    why: 'the tests of the alerts run its promtool',
    service: 'prometheus',
  },
  {
    command: 'chromium',
    package: 'chromium',
    why: 'the tests of the page open it in a browser',
  },
]

/**
 * Maintainer scripts of Debian call it before they start a service; exit code 101 forbids the
 * start.
 */
const POLICY = '/usr/sbin/policy-rc.d'
const MARK = '# Of the tests of watchkeeper, while they install what they need.'
const FORBIDDEN = `#!/bin/sh\n${MARK}\nexit 101\n`

const NO_INSTALL = '--no-install'
const COVERAGE = '--coverage'

/** The own options of `npm test`, and the arguments for mocha. */
export function parseArgs(given) {
  return {
    isInstallWanted: !given.includes(NO_INSTALL),
    isMeasured: given.includes(COVERAGE),
    forMocha: given.filter(each => each !== NO_INSTALL && each !== COVERAGE),
  }
}

/** Whether a command can be run. */
export function has(command, path = process.env.PATH ?? '') {
  return path.split(delimiter).some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** The tools that this machine lacks. */
export const missingTools = () => TOOLS.filter(({ command }) => !has(command))

/** What to do about missing tools: install them, or skip their tests; and the line that says so. */
export function plan(missing, { isRoot, hasApt, isInstallWanted }) {
  if (missing.length === 0) return { installs: false, line: undefined }
  const packages = missing.map(tool => tool.package).join(' ')
  const commands = missing.map(({ command }) => command).join(' and ')
  if (isInstallWanted && isRoot && hasApt) {
    const reasons = missing.map(tool => `${tool.package} (${tool.why})`).join(' and ')
    const without = 'starts no service of theirs; `npm test -- --no-install` leaves it out'
    return { installs: true, line: `installs ${reasons} by apt-get, ${without}` }
  }
  return { installs: false, line: skipped(commands, packages) }
}

const skipped = (commands, packages) =>
  `tests that need ${commands} are skipped: apt-get install ${packages}`

/**
 * Runs an installation that starts no service, however it ends; restores a policy of the machine.
 */
export function withoutServices(run, policy = POLICY) {
  const kept = `${policy}.watchkeeper`
  if (textOf(policy)?.includes(MARK) === false) renameSync(policy, kept)
  try {
    writeFileSync(policy, FORBIDDEN, { mode: 0o755 })
    run()
  } finally {
    if (textOf(kept) === undefined) rmSync(policy, { force: true })
    else renameSync(kept, policy)
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Installs packages; their services do not run, nor at the next start of the machine. */
function installPackages(missing) {
  // A signal is handled only after the installation: the policy is removed before the process ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1))
  const options = { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }
  const packages = missing.map(tool => tool.package)
  execFileSync('apt-get', ['update'], options)
  withoutServices(() => {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options)
  })
  for (const { service } of missing) {
    if (service === undefined) continue
    try {
      execFileSync('update-rc.d', [service, 'disable'], options)
    } catch {
      // A machine without such services starts none.
    }
  }
}

/**
 * Installs missing tools where that is allowed and wanted, after a line that says so. Returns what
 * is still missing.
 */
export function systemTools(isInstallWanted) {
  const missing = missingTools()
  const isRoot = process.getuid?.() === 0
  const { installs, line } = plan(missing, { isRoot, hasApt: has('apt-get'), isInstallWanted })
  if (line !== undefined) console.error(`watchkeeper: ${line}`)
  if (!installs) return
  try {
    installPackages(missing)
  } catch (error) {
    const commands = missing.map(({ command }) => command).join(' and ')
    const packages = missing.map(tool => tool.package).join(' ')
    console.error(`watchkeeper: apt-get failed (${error.message})`)
    console.error(`watchkeeper: ${skipped(commands, packages)}`)
  }
}
