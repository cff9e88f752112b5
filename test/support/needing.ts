import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { hasNamespaces } from './namespace.ts'
import { smallDisk } from './small-disk.ts'

/** Why a program cannot run here; undefined where it can. */
function missing(command: string, from: string): string | undefined {
  const isThere = (process.env['PATH'] ?? '').split(delimiter).some(folder => {
    try {
      accessSync(join(folder, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
  return isThere ? undefined : `${command} is missing: apt-get install ${from}`
}

/** Whether pip of this Python builds a package without a network. */
function canBuild(): boolean {
  try {
    execFileSync('python3', ['-c', 'import pip, setuptools, wheel'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Needs of tests: why the machine lacks each, or undefined where it is present. */
const NEEDS = {
  'redis-server': () => missing('redis-server', 'redis-server'),
  chromium: () => missing('chromium', 'chromium'),
  promtool: () => missing('promtool', 'prometheus'),
  python3: () => missing('python3', 'python3'),
  'python3 that builds packages': () =>
    canBuild() ? undefined : 'apt-get install python3-pip python3-setuptools python3-wheel',
  curl: () => missing('curl', 'curl'),
  'systemd-analyze': () => missing('systemd-analyze', 'systemd'),
  jq: () => missing('jq', 'jq'),
  flock: () => missing('flock', 'util-linux'),
  '/proc': () => (existsSync('/proc/self') ? undefined : 'there is no /proc here'),
  namespaces: () => (hasNamespaces() ? undefined : 'unshare may make no pid namespace here'),
  'a small disk': () => {
    const disk = smallDisk(1)
    disk?.end()
    return disk === undefined ? 'mounting is not allowed here' : undefined
  },
} as const

export type Need = keyof typeof NEEDS

const known = new Map<Need, string | undefined>()

function reasonFor(need: Need): string | undefined {
  if (!known.has(need)) known.set(need, NEEDS[need]())
  return known.get(need)
}

/**
 * `describe` and `it` of tests with needs. Where one is missing they are skipped by name, with the
 * reason in their titles.
 */
export function needing(need: Need): {
  describe(title: string, body: (this: Mocha.Suite) => void): void
  it(title: string, body: Mocha.Func | Mocha.AsyncFunc): void
} {
  const reason = reasonFor(need)
  if (reason === undefined) return { describe, it }
  return {
    describe: (title, body) => void describe.skip(`${title} (${reason})`, body),
    it: (title, body) => void it.skip(`${title} (${reason})`, body),
  }
}
