import { privateText } from '../../disk/private-file.ts'

/** The key that signs the requests to a venue. */
export interface VenueKey {
  readonly key: string
  readonly secret: string
  /** Passphrase chosen by the owner of the key; only OKX has one. */
  readonly passphrase: string | undefined
}

/** Where to read a key. */
export interface KeyPlace {
  readonly key?: string
  readonly secret?: string
  readonly passphrase?: string
  readonly keyFile?: string
}

/** Characters that a header, and thus a key, can have. */
const VISIBLE = /^[\x21-\x7e]+$/
const LINE = /^\s*(key|secret|passphrase)\s*[:=]\s*(.*?)\s*$/

/**
 * Returns the function that supplies the key; it reads the key file anew for each call. It throws
 * an Error that names what is wrong and shows nothing of the key.
 */
export function keySource(place: KeyPlace): () => VenueKey {
  return () =>
    place.keyFile === undefined
      ? checked(place)
      : checked(parseKeyFile(privateText(place.keyFile, 'key file')))
}

/** Parses a key file: one value a line, `key: …`, `secret: …`, `passphrase: …`. */
export function parseKeyFile(text: string): Omit<KeyPlace, 'keyFile'> {
  const values: Record<string, string> = {}
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.trim().startsWith('#')) continue
    const [, name, value] = LINE.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw new Error('the key file has a line other than key, secret and passphrase')
    if (name in values) throw new Error(`the key file has ${name} twice`)
    values[name] = value
  }
  return values
}

function checked({ key, secret, passphrase }: Omit<KeyPlace, 'keyFile'>): VenueKey {
  for (const [name, value] of Object.entries({ key, secret })) {
    if (value === undefined || value === '') throw new Error(`the key has no ${name}`)
    if (!VISIBLE.test(value)) throw new Error(`the ${name} has characters that no key has`)
  }
  if (passphrase !== undefined && !/^[\x20-\x7e]+$/.test(passphrase))
    throw new Error('the passphrase has characters that no header can carry')
  return { key: key!, secret: secret!, passphrase }
}
