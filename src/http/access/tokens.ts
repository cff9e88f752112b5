import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { HttpConfig, Role } from '../../config/http-schema.ts'

/** Who has a token, and what it may do. */
export interface Holder {
  readonly name: string
  readonly role: Role
}

interface Kept extends Holder {
  readonly file: string | undefined
  /** Of the token; undefined: it is revoked. */
  digest: Buffer | undefined
}

/** Time between two reads of the files of tokens, ms. */
const READ_MS = 1_000
/** A longer file holds no token. */
const LONGEST = 4_096

export type TokenSettings = Pick<HttpConfig, 'token' | 'tokens'>

/** The tokens of a service. Those of files are read again once a second: a token whose file is gone is revoked. */
export class Tokens {
  private readonly kept: readonly Kept[]
  private readonly listeners = new Set<() => void>()
  private timer: NodeJS.Timeout | undefined

  constructor({ token, tokens }: TokenSettings) {
    const named = tokens.map(({ name, role, token: inline, tokenFile: file }): Kept => {
      const text = inline ?? tokenIn(file!)
      return { name, role, file, digest: text === undefined ? undefined : digestOf(text) }
    })
    this.kept = [
      ...(token === undefined
        ? []
        : [
            {
              name: 'token',
              role: 'operate' as const,
              file: undefined,
              digest: digestOf(token),
            },
          ]),
      ...named,
    ]
  }

  /** Whether any token is configured, revoked ones too. */
  get isEmpty(): boolean {
    return this.kept.length === 0
  }

  /** Reads the files of tokens from now on. */
  start(): void {
    if (!this.kept.some(({ file }) => file !== undefined)) return
    this.timer = setInterval(() => this.readAgain(), READ_MS).unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /**
   * Who holds a token. Digests are compared, in constant time and with every token: neither length nor
   * content nor place shows in how long it takes.
   */
  holderOf(given: string): Holder | undefined {
    const wanted = digestOf(given)
    let found: Holder | undefined
    for (const each of this.kept) {
      const isSame = timingSafeEqual(each.digest ?? NO_TOKEN, wanted)
      if (isSame && each.digest !== undefined) found = each
    }
    return found
  }

  /** Calls back whenever a token was revoked or replaced; gives what ends that. */
  onChange(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Reads every file once; a token that is another one now is revoked. */
  readAgain(): void {
    let isChanged = false
    for (const each of this.kept) {
      if (each.file === undefined) continue
      const text = tokenIn(each.file)
      const next = text === undefined ? undefined : digestOf(text)
      if (next === each.digest || (next && each.digest?.equals(next) === true)) continue
      each.digest = next
      isChanged = true
    }
    if (isChanged) for (const listener of this.listeners) listener()
  }
}

/** The token in a file; undefined where it is gone, empty, too short or cannot be read. */
function tokenIn(file: string): string | undefined {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text.length >= 16 && text.length <= LONGEST ? text : undefined
  } catch {
    return undefined
  }
}

const digestOf = (text: string): Buffer => createHash('sha256').update(text).digest()
/** No text has this digest: what a revoked token is compared with. */
const NO_TOKEN = Buffer.alloc(32)
