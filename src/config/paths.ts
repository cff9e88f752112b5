import { isAbsolute, join } from 'node:path'

/** Settings that are paths of files or folders. */
export const PATHS: readonly (readonly string[])[] = [
  ['positions'],
  ['dataFolder'],
  ['broker', 'tokenFile'],
  ['broker', 'keyFile'],
  ['feed', 'redis', 'passwordFile'],
  ['store', 'redis', 'passwordFile'],
]

/** Makes the paths of a configuration absolute that are relative to its folder. */
export function resolvePaths(root: unknown, folder: string): void {
  const { plugins } = Object(root) as { plugins?: unknown }
  if (Array.isArray(plugins)) {
    plugins.forEach((each: unknown, index) => {
      if (typeof each === 'string' && each !== '' && !isAbsolute(each))
        plugins[index] = join(folder, each)
    })
  }
  for (const keys of PATHS) {
    let place = root as Record<string, unknown> | undefined
    for (const key of keys.slice(0, -1)) place = Object(place?.[key]) as Record<string, unknown>
    const last = keys.at(-1)!
    const given = place?.[last]
    if (typeof given !== 'string' || given === '' || isAbsolute(given)) continue
    place![last] = join(folder, given)
  }
}
