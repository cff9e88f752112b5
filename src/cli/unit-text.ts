import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UsageError } from '../errors.ts'

/** The unit that is part of the package, and the program that it starts. */
const UNIT = fileURLToPath(new URL('../../config/watchkeeper.service', import.meta.url))
const PACKAGE = fileURLToPath(new URL('../../', import.meta.url))

interface UnitOptions {
  /** Folder with watchkeeper.yaml. */
  readonly folder: string
  /** Path of Node. */
  readonly node: string
}

/**
 * A unit of systemd with the paths of this machine: Node, the installed package and the configuration.
 * @throws UsageError for a path that a unit cannot hold.
 */
export function unitText({ folder, node }: UnitOptions): string {
  const config = join(resolve(folder), 'watchkeeper.yaml')
  const main = join(PACKAGE, 'dist', 'cli', 'main.js')
  for (const path of [node, main, config]) {
    // systemd would take a percent sign, a quote or a space for something else.
    if (/[\s%"'\\$]/.test(path))
      throw new UsageError(`found the path ${path}, which a unit cannot hold`)
  }
  const secrets = join(resolve(folder), 'secrets')
  const data = '/var/lib/watchkeeper'
  const filled: Readonly<Record<string, string>> = {
    Documentation: `file://${join(PACKAGE, 'docs', 'operations.md')}`,
    WorkingDirectory: PACKAGE.replace(/\/$/, ''),
    ExecStart: `${node} ${main} run --config ${config} --data ${data}`,
    EnvironmentFile: `-${secrets}`,
  }
  return Object.entries(filled).reduce(
    (text, [name, value]) =>
      text.replace(new RegExp(`^${name}=.*$`, 'm'), () => `${name}=${value}`),
    readFileSync(UNIT, 'utf8').replace('adjust the paths, then', 'make the user watchkeeper, then'),
  )
}
