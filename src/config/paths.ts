import { statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'

/** Settings that are paths of files or folders; `*` stands for each entry of a list or a map. */
export const PATHS: readonly (readonly string[])[] = [
  ['positions'],
  ['dataFolder'],
  ['broker', 'tokenFile'],
  ['broker', 'keyFile'],
  ['broker', 'report'],
  ['accounts', '*', 'broker', 'tokenFile'],
  ['accounts', '*', 'broker', 'keyFile'],
  ['accounts', '*', 'broker', 'report'],
  ['feed', 'redis', 'passwordFile'],
  ['feeds', '*', 'redis', 'passwordFile'],
  ['store', 'redis', 'passwordFile'],
  ['http', 'tokens', '*', 'tokenFile'],
  ['http', 'hooks', '*', 'secretFile'],
  ['http', 'hooks', '*', 'api', 'passwordFile'],
  ['notify', 'channels', '*', 'tokenFile'],
  ['notify', 'channels', '*', 'urlFile'],
  ['notify', 'channels', '*', 'routingKeyFile'],
  ['notify', 'channels', '*', 'secretFile'],
  ['notify', 'channels', '*', 'passwordFile'],
  ['notify', 'channels', '*', 'caFile'],
]

/**
 * Makes the paths of a configuration absolute that are relative to its folder. Of the command of an advisor those are
 * the program where it has a slash, and an argument that is the path of a file there.
 */
export function resolvePaths(root: unknown, folder: string): void {
  const { plugins, advisors } = Object(root) as { plugins?: unknown; advisors?: unknown }
  if (Array.isArray(advisors)) {
    for (const each of advisors) resolveCommand(Object(each) as { command?: unknown }, folder)
  }
  if (Array.isArray(plugins)) {
    plugins.forEach((each: unknown, index) => {
      if (typeof each === 'string' && each !== '' && !isAbsolute(each))
        plugins[index] = join(folder, each)
    })
  }
  for (const keys of PATHS) resolvePath(root, keys, folder)
}

function resolveCommand({ command }: { command?: unknown }, folder: string): void {
  if (!Array.isArray(command)) return
  command.forEach((each: unknown, index) => {
    if (typeof each !== 'string' || isAbsolute(each)) return
    const file = join(folder, each)
    const isPath = index === 0 ? each.includes('/') : isFile(file)
    if (isPath) command[index] = file
  })
}

const isFile = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true

function resolvePath(place: unknown, [key, ...rest]: readonly string[], folder: string): void {
  if (key === '*') {
    for (const each of Object.values(Object(place) as object)) resolvePath(each, rest, folder)
    return
  }
  if (typeof place !== 'object' || place === null || key === undefined) return
  const fields = place as Record<string, unknown>
  const given = fields[key]
  if (rest.length > 0) resolvePath(given, rest, folder)
  else if (typeof given === 'string' && given !== '' && !isAbsolute(given)) {
    fields[key] = join(folder, given)
  }
}
