import { SettledFile } from '../../disk/settled-file.ts'
import type { Credentials } from '../../domain/venue-facts.ts'
import { Unauthorized } from '../../errors.ts'

/** The key that signs the requests to a venue. */
export interface VenueKey {
  readonly key: string
  readonly secret: string
  /** Passphrase chosen by the owner of the key; only OKX has one. */
  readonly passphrase: string | undefined
  /** Epoch ms; absent: it does not end, or nothing says when. */
  readonly expiresAt?: number
}

/** The key cannot be read on this machine: no request was sent. */
export class KeyUnreadable extends Unauthorized {}

/** Where to read a key. */
export interface KeyPlace {
  readonly key?: string
  readonly secret?: string
  readonly passphrase?: string
  readonly keyFile?: string
  /** ISO 8601. */
  readonly expiresAt?: string
}

interface KeyOptions {
  /** Whether the venue asks for a passphrase. Default: no. */
  readonly hasPassphrase?: boolean
  /** Ms; never set. */
  readonly monotonic?: () => number
}

/** Characters that a header, and thus a key, can have. */
const VISIBLE = /^[\x21-\x7e]+$/
/** Quotes around a value are a part of it here, and never one of a key. */
const QUOTED = /^(?:"[^"]*"|'[^']*')$/
const LINES = '`key: …`, `secret: …`, `passphrase: …` and `expiresAt: …`'
const LINE = /^\s*(key|secret|passphrase|expiresAt)\s*[:=]\s*(.*?)\s*$/

/**
 * Returns the function that supplies the key; it reads the key file again when that has changed. It throws
 * an Error that names what is wrong and shows nothing of the key.
 */
export function keySource(
  place: KeyPlace,
  { hasPassphrase = false, monotonic = () => performance.now() }: KeyOptions = {},
): KeySource {
  const { keyFile: file } = place
  const needed = ['key', 'secret', ...(hasPassphrase ? ['passphrase'] : [])]
  if (file === undefined) return () => checked(place, needed)
  const parse = (text: string): VenueKey => checked(parseKeyFile(text), needed)
  const what = 'key file'
  const settled = new SettledFile({ file, what, readers: 'owner', parse, monotonic })
  return Object.assign(() => settled.content(), { failure: () => settled.failure })
}

/** Supplies the key of each call; `failure` says why a newer one in the file cannot be used. */
export interface KeySource {
  (): VenueKey
  failure?(): string | undefined
}

/** What is known of the key that the next call would use. */
export function credentialsOf(read: KeySource): Credentials {
  try {
    const { expiresAt } = read()
    const trouble = read.failure?.()
    return {
      kind: 'usable',
      ...(expiresAt !== undefined && { expiresAt }),
      ...(trouble !== undefined && { trouble }),
    }
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) }
  }
}

/** Parses a key file: one value a line, `key: …`, `secret: …`, `passphrase: …`, `expiresAt: …`. */
export function parseKeyFile(text: string): Omit<KeyPlace, 'keyFile'> {
  const values: Record<string, string> = {}
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue
    const [, name, value] = LINE.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw new Error(`line ${index + 1} of the key file is none of ${LINES}`)
    if (name in values) throw new Error(`the key file has ${name} twice`)
    values[name] = value
  }
  return values
}

/** Where a part of the key is expected. */
const expectedOf = (name: string): string =>
  `expected a line \`${name}: …\` in the key file, or WATCHKEEPER_BROKER_${name.toUpperCase()}`

function checked(place: Omit<KeyPlace, 'keyFile'>, needed: readonly string[]): VenueKey {
  const { key, secret, passphrase, expiresAt } = place
  for (const [name, value = ''] of Object.entries({ key, secret, passphrase })) {
    if (value === '' && needed.includes(name))
      throw new Error(`the key has no ${name}: ${expectedOf(name)}`)
    if (name !== 'passphrase' && !VISIBLE.test(value))
      throw new Error(`the ${name} has characters that no key has`)
    if (name !== 'passphrase' && QUOTED.test(value))
      throw new Error(`the ${name} is in quotes: write it without them`)
  }
  if (passphrase !== undefined && !/^[\x20-\x7e]+$/.test(passphrase))
    throw new Error('the passphrase has characters that no header can carry')
  const endsAt = expiresAt === undefined ? undefined : Date.parse(expiresAt)
  if (Number.isNaN(endsAt))
    throw new Error('expiresAt of the key is no time such as 2027-02-26T00:00:00Z')
  return {
    key: key!,
    secret: secret!,
    passphrase,
    ...(endsAt !== undefined && { expiresAt: endsAt }),
  }
}
