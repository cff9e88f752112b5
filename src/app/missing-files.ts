import { accessSync, constants, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { credentialsOf } from '../brokers/venue/key.ts'
import { keyOf } from '../brokers/venue/options.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { privateText } from '../disk/private-file.ts'
import type { VenueConfig } from './open-broker.ts'
import { isVenue } from './venue-start.ts'

/** Settings that name a file with a secret, which a start can do without. */
const SECRET_FILES = new Set([
  'tokenFile',
  'keyFile',
  'urlFile',
  'routingKeyFile',
  'secretFile',
  'passwordFile',
  'caFile',
])

type Readers = NonNullable<Parameters<typeof privateText>[2]>

/** Files of secrets that are refused where more can read them; those of the API and of Redis are read in any case. */
const BROKER_FILES: Readonly<Record<string, Readers>> = { tokenFile: 'group' }
const CHANNEL_FILES: Readonly<Record<string, Readers>> = Object.fromEntries(
  [...SECRET_FILES].filter(name => name !== 'caFile').map(name => [name, 'owner']),
)

/**
 * Warnings about what a configuration names and this machine does not have, one line each: files of tokens and secrets
 * that cannot be read or are empty, keys that cannot be used, and programs of advisors. The start goes on without the
 * parts that need them.
 */
export function missingFiles(config: ServiceConfig): readonly string[] {
  const { http, notify, advisors, accounts, broker, feed, feeds, store } = config
  const areNamed = Object.keys(accounts).length > 0
  return [
    ...(areNamed ? [] : brokerFaults('broker', broker)),
    ...Object.entries(accounts).flatMap(([name, each]) =>
      brokerFaults(`accounts.${name}.broker`, each.broker),
    ),
    ...redisFaults('feed', feed),
    ...Object.entries(feeds).flatMap(([name, each]) => redisFaults(`feeds.${name}`, each)),
    ...redisFaults('store', store),
    ...http.tokens.flatMap((each, at) => fileFaults(`http.tokens.${at}`, each)),
    ...http.hooks.flatMap((each, at) => [
      ...fileFaults(`http.hooks.${at}`, each),
      ...fileFaults(`http.hooks.${at}.api`, each.api ?? {}),
    ]),
    ...notify.channels.flatMap((each, at) =>
      fileFaults(`notify.channels.${at}`, each, CHANNEL_FILES),
    ),
    ...advisors.flatMap(({ command, env }, at) => {
      const [program] = command as [string, ...string[]]
      const why = programFault(program, env['PATH'] ?? process.env['PATH'] ?? '')
      return why === undefined ? [] : [`advisors.${at}.command: ${program} ${why}`]
    }),
  ]
}

function brokerFaults(path: string, broker: ServiceConfig['broker']): readonly string[] {
  if (!isVenue(broker)) return fileFaults(path, broker, BROKER_FILES)
  const why = keyFault(broker)
  const setting = broker.keyFile === undefined ? 'key' : 'keyFile'
  return why === undefined ? [] : [`${path}.${setting}: ${why}`]
}

/** Why a venue would refuse a key, or why it cannot be read; undefined: neither is known. */
function keyFault(broker: VenueConfig): string | undefined {
  const key = credentialsOf(keyOf(broker))
  if (key.kind === 'unreadable') return key.why
  const { expiresAt } = key
  if (expiresAt === undefined || expiresAt > Date.now()) return undefined
  return `the key ended at ${new Date(expiresAt).toISOString()}`
}

/** The password of a Redis server. */
const redisFaults = (path: string, section: object): readonly string[] => {
  const { redis } = section as { readonly redis?: object }
  return redis === undefined ? [] : fileFaults(`${path}.redis`, redis)
}

const fileFaults = (
  path: string,
  section: object,
  readers: Readonly<Record<string, Readers>> = {},
): readonly string[] =>
  Object.entries(section).flatMap(([name, file]: [string, unknown]) => {
    if (!SECRET_FILES.has(name) || typeof file !== 'string') return []
    const why = readFault(file) ?? openFault(file, readers[name])
    return why === undefined ? [] : [`${path}.${name}: ${file} ${why}`]
  })

function readFault(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() === '' ? 'is empty' : undefined
  } catch (error) {
    return `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`
  }
}

/** A secret that others can read is refused by every call. */
function openFault(file: string, readers: Readers | undefined): string | undefined {
  if (readers === undefined) return undefined
  try {
    privateText(file, 'file', readers)
    return undefined
  } catch (error) {
    return `is refused: ${error instanceof Error ? error.message : String(error)}`
  }
}

/** As `spawn` finds a program: by its path, or in a folder of PATH. */
function programFault(program: string, path: string): string | undefined {
  const places = program.includes('/')
    ? [program]
    : path.split(delimiter).map(folder => join(folder, program))
  return places.some(isExecutable) ? undefined : 'is no program that can be run here'
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
