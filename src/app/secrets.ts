import { readFileSync } from 'node:fs'
import { parseKeyFile } from '../brokers/venue/key.ts'
import type { ServiceConfig } from '../config/schema.ts'
import { CHANNEL_SECRETS } from '../observability/notify/registry.ts'

/** Settings whose values must not appear anywhere, wherever in the configuration they stand. */
const SECRET = new Set(['token', 'password', 'routingKey', 'key', 'secret', 'passphrase'])
/** Settings that name a file with such a value. */
const SECRET_FILE = new Set([
  'tokenFile',
  'passwordFile',
  'routingKeyFile',
  'secretFile',
  'urlFile',
])
/** Settings that name a file with several, a line each. */
const KEY_FILE = new Set(['keyFile'])

/**
 * Every value of the configuration that must never appear: found by the names of settings, so that
 * an adapter that is added need not think of it. What a file holds counts as it is now.
 */
export function secretsOf(config: ServiceConfig): readonly string[] {
  const { channels, heartbeat } = config.notify
  const ofChannels = channels.flatMap(channel =>
    // The address of a hook is as good as a password.
    channel.kind === 'webhook'
      ? [channel.url, ...Object.values(channel.headers)]
      : [...(CHANNEL_SECRETS.get(channel.kind) ?? [])].flatMap(name =>
          textsOf((channel as Readonly<Record<string, unknown>>)[name]),
        ),
  )
  const found = [...namedIn(config), ...ofChannels, ...textsOf(heartbeat?.url)]
  return [...new Set(found)]
}

const textsOf = (value: unknown): string[] => (typeof value === 'string' ? [value] : [])

function namedIn(section: object): string[] {
  return Object.entries(section).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return namedIn(value)
    if (typeof value !== 'string') return []
    if (SECRET.has(name)) return [value]
    if (KEY_FILE.has(name)) return contentsOf(value).flatMap(valuesIn)
    return SECRET_FILE.has(name) ? contentsOf(value) : []
  })
}

function valuesIn(text: string): string[] {
  try {
    const values: readonly unknown[] = Object.values(parseKeyFile(text))
    return values.filter(value => typeof value === 'string' && value !== '') as string[]
  } catch {
    return [text]
  }
}

/** The part that needs the file reports what is wrong with it. */
function contentsOf(file: string): string[] {
  try {
    return [readFileSync(file, 'utf8').trim()]
  } catch {
    return []
  }
}
