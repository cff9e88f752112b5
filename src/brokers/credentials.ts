import { execFile, type ExecFileException } from 'node:child_process'
import { z } from 'zod'
import { SettledFile } from '../disk/settled-file.ts'
import type { Credentials } from '../domain/venue-facts.ts'

/** A token, and when it ends (epoch ms) where that is known. */
export interface Token {
  readonly value: string
  readonly expiresAt: number | undefined
}

/** Supplies the token of each request. */
export interface TokenSource {
  /** @throws Error that shows nothing of the token, where there is none that can be used. */
  value(): string
  /** What is known of the token that the next request would use; makes no call. */
  state(): Credentials
  /** Resolves when there is a token to use, as far as one can be had now. */
  ready(): Promise<void>
  /** The broker has refused the token: another one is fetched, where that is possible. */
  refused(): void
}

export interface TokenOptions {
  readonly token?: string
  /** Epoch ms; with `token`. */
  readonly tokenExpiresAt?: number
  readonly tokenFile?: string
  /** A program and its arguments; it prints the token. */
  readonly tokenCommand?: readonly string[]
}

/** Characters that an HTTP header value can carry. */
const TOKEN = /^[\x21-\x7e]+$/

const timed = z.object({
  value: z.string().regex(TOKEN),
  expiresAt: z
    .union([z.number().positive(), z.iso.datetime({ offset: true }).transform(Date.parse)])
    .exactOptional(),
})

/**
 * A token as a file or a program has it: the token alone, or `{ "value": …, "expiresAt": … }` with epoch ms or a
 * time as ISO 8601 writes it. A token that is a JSON Web Token says itself when it ends.
 *
 * @throws Error that shows nothing of it.
 */
export function parseToken(text: string): Token {
  const trimmed = text.trim()
  if (trimmed === '') throw new Error('the token is empty')
  if (!trimmed.startsWith('{')) return tokenOf(trimmed, undefined)
  const parsed = timed.safeParse(objectIn(trimmed))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new Error(`the token has no ${issue!.path.join('.') || 'value'} that can be read`)
  }
  return tokenOf(parsed.data.value, parsed.data.expiresAt)
}

function objectIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error('the token is no JSON object, or only a part of one')
  }
}

function tokenOf(value: string, expiresAt: number | undefined): Token {
  if (!TOKEN.test(value)) throw new Error('the token has characters that no token has')
  return { value, expiresAt: expiresAt ?? endOfJwt(value) }
}

/** `exp` of a JSON Web Token (RFC 7519), epoch ms; undefined where it is none. */
function endOfJwt(value: string): number | undefined {
  const [, claims, signature] = value.split('.')
  if (claims === undefined || signature === undefined) return undefined
  try {
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as {
      exp?: unknown
    }
    return typeof exp === 'number' && exp > 0 ? exp * 1_000 : undefined
  } catch {
    return undefined
  }
}

const usable = ({ expiresAt }: Token, trouble?: string): Credentials => ({
  kind: 'usable',
  ...(expiresAt !== undefined && { expiresAt }),
  ...(trouble !== undefined && { trouble }),
})

const unreadable = (error: unknown): Credentials => ({
  kind: 'unreadable',
  why: error instanceof Error ? error.message : String(error),
})

/** The source that the configuration names; one of its ways to get a token is set. */
export function tokenSource(
  { token, tokenExpiresAt, tokenFile, tokenCommand }: TokenOptions,
  clock: CommandClock = { now: Date.now, monotonic: () => performance.now() },
): TokenSource {
  if (tokenCommand !== undefined) return new CommandToken(tokenCommand, clock)
  if (tokenFile !== undefined) return fileToken(tokenFile, clock)
  return tokenFrom(() => token!, tokenExpiresAt)
}

/** A token that a function gives anew for each request; `expiresAt`: epoch ms. */
export function tokenFrom(text: () => string, expiresAt?: number): TokenSource {
  const read = (): Token => tokenOf(text(), expiresAt)
  return {
    value: () => read().value,
    state: () => stateOf(read),
    ready: () => Promise.resolve(),
    refused: () => undefined,
  }
}

function fileToken(file: string, { monotonic }: CommandClock): TokenSource {
  const settled = new SettledFile({
    file,
    what: 'token file',
    readers: 'group',
    parse: parseToken,
    monotonic,
  })
  return {
    value: () => settled.content().value,
    state: () =>
      stateOf(
        () => settled.content(),
        () => settled.failure,
      ),
    ready: () => Promise.resolve(),
    refused: () => undefined,
  }
}

function stateOf(
  read: () => Token,
  failure: () => string | undefined = () => undefined,
): Credentials {
  try {
    return usable(read(), failure())
  } catch (error) {
    return unreadable(error)
  }
}

export interface CommandClock {
  /** Epoch ms. */
  now(): number
  /** Ms; never set. */
  monotonic(): number
}

/** Longest run of the command, ms, and its longest output, bytes. */
const COMMAND_MS = 10_000
const COMMAND_BYTES = 65_536
/** Time before the end of a token from which the command is run again, ms. */
const RENEW_MS = 300_000
/** A token without a known end is fetched again after so long, ms. */
const EVERY_MS = 600_000
/** Shortest time between two runs, ms. */
const PAUSE_MS = 10_000

/** The token that a program prints; it is run before the token ends, and when the broker has refused one. */
class CommandToken implements TokenSource {
  private readonly command: readonly string[]
  private readonly clock: CommandClock
  private token: Token | undefined
  private failure: string | undefined
  private ranAt = -Infinity
  private wasRefused = false
  private running: Promise<void> | undefined

  constructor(command: readonly string[], clock: CommandClock) {
    this.command = command
    this.clock = clock
  }

  value(): string {
    this.renew()
    if (this.token === undefined) throw new Error(this.failure ?? 'the command has not ended yet')
    return this.token.value
  }

  state(): Credentials {
    this.renew()
    if (this.token !== undefined) return usable(this.token, this.failure)
    return unreadable(this.failure ?? 'the command of the token has not ended yet')
  }

  async ready(): Promise<void> {
    this.renew()
    if (this.token === undefined) await this.running
  }

  refused(): void {
    this.wasRefused = true
  }

  private renew(): void {
    const pausedMs = this.clock.monotonic() - this.ranAt
    if (this.running !== undefined || pausedMs < PAUSE_MS) return
    const { expiresAt } = this.token ?? {}
    const isDue =
      this.token === undefined ||
      this.wasRefused ||
      (expiresAt === undefined ? pausedMs >= EVERY_MS : expiresAt - this.clock.now() < RENEW_MS)
    if (isDue) this.running = this.run().finally(() => (this.running = undefined))
  }

  private async run(): Promise<void> {
    this.ranAt = this.clock.monotonic()
    this.wasRefused = false
    try {
      this.token = parseToken(await outputOf(this.command))
      this.failure = undefined
    } catch (error) {
      this.failure = error instanceof Error ? error.message : String(error)
    }
  }
}

/** What a program prints; what it says of a failure may hold a secret, and is not repeated. */
function outputOf([program, ...args]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(
      program!,
      args,
      { timeout: COMMAND_MS, maxBuffer: COMMAND_BYTES, killSignal: 'SIGKILL', windowsHide: true },
      (error, stdout) => {
        if (error === null) resolve(stdout)
        else reject(new Error(`the command of the token failed (${reasonOf(error)})`))
      },
    )
  })
}

function reasonOf(error: ExecFileException): string {
  if (error.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed too much'
  if (error.killed === true) return `no end within ${COMMAND_MS / 1_000} s`
  if (typeof error.code === 'number') return `exit code ${error.code}`
  return error.code ?? error.signal ?? 'it did not start'
}
