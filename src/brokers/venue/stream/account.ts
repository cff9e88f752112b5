import type { AccountHint, AccountStreamName } from '../../../domain/account-hint.ts'
import { objectOf } from './dialect.ts'
import { VenueSocket, type SocketDeps } from './socket.ts'

/** One message of the stream of an account. */
export type AccountMessage =
  | { readonly kind: 'hints'; readonly hints: readonly AccountHint[] }
  /** The venue accepted the login. */
  | { readonly kind: 'logged-in' }
  /** The venue accepted one subscription. */
  | { readonly kind: 'subscribed' }
  /** The venue refuses the login or a subscription, or announces the end: nothing more comes on this connection. */
  | { readonly kind: 'over'; readonly text: string }
  /** An answer to a heartbeat, or something that concerns neither orders nor holdings. */
  | { readonly kind: 'other' }

/** How the stream of an account is used at a venue. */
export interface AccountDialect {
  readonly stream: AccountStreamName
  /** The address of the next connection, after what it needs: a session, the key, the venue's time. */
  open(signal: AbortSignal): Promise<{ readonly url: string; readonly login?: string }>
  /** Text of a heartbeat, which the venue answers. */
  readonly ping: string
  /** Texts of the subscriptions. */
  readonly subscriptions: readonly string[]
  /** Reads a message that is a JSON object. @throws where a field is missing or wrong. */
  read(message: Readonly<Record<string, unknown>>): AccountMessage
  /** A text that answers a heartbeat and is no JSON. */
  readonly pong?: string
  /** Keeps the session of the connection; rejects where it has ended. Called every `RENEW_MS`. */
  renew?(signal: AbortSignal): Promise<void>
  /** Differs with each key; undefined where the key cannot be read. */
  keyIdentity(): string | undefined
}

export interface AccountStreamOptions {
  readonly dialect: AccountDialect
  readonly connectTimeoutMs: number
  readonly heartbeatMs: number
  readonly onHint: (hint: AccountHint) => void
}

/** Longest wait for the answers to the login and to the subscriptions, ms. */
const READY_MS = 10_000
/** Time between two checks of the key, ms. */
const CHECK_MS = 30_000
/** Time between two renewals of a session, ms: the shortest session of the venues lasts 60 minutes. */
const RENEW_MS = 1_800_000

/**
 * The stream of an account at a venue: logs in, subscribes, and passes on what the venue says as hints. A connection
 * that is lost, silent, refused or without an answer is made again after a growing delay, with the key as it is then.
 */
export class AccountStream {
  private readonly options: AccountStreamOptions
  private readonly deps: SocketDeps
  private readonly socket: VenueSocket
  private readonly ending = new AbortController()
  /** Subscriptions of this connection that were not accepted yet; 0: what changes is pushed. */
  private left = Infinity
  private renewAt = Infinity
  /** The last reported reason why it is down; undefined: it is up. */
  private reported: string | undefined
  private login: string | undefined
  private keyIdentity: string | undefined
  private stopTimers: (() => void)[] = []

  /** Starts to connect and does not wait for it. */
  constructor(options: AccountStreamOptions, deps: SocketDeps) {
    this.options = options
    this.deps = deps
    const { dialect, connectTimeoutMs, heartbeatMs } = options
    this.socket = new VenueSocket(
      {
        url: () => this.open(),
        connectTimeoutMs,
        heartbeatMs,
        ping: dialect.ping,
        onUp: () => this.connected(),
        onDown: why => {
          this.over()
          if (this.reported === why) return
          this.reported = why
          options.onHint({ kind: 'down', why, stream: dialect.stream })
        },
        onText: text => this.take(text),
      },
      deps,
    )
  }

  close(): void {
    this.ending.abort()
    this.over()
    this.socket.close()
  }

  private connected(): void {
    const { dialect } = this.options
    this.left = dialect.subscriptions.length
    this.renewAt = this.deps.monotonic() + RENEW_MS
    this.later(READY_MS, () => {
      if (this.left > 0) this.socket.restart('the login or a subscription was not answered')
    })
    this.check()
    if (this.login === undefined) this.subscribe()
    else this.socket.send(this.login)
  }

  private async open(): Promise<string> {
    const { dialect, connectTimeoutMs } = this.options
    this.keyIdentity = dialect.keyIdentity()
    const { url, login } = await dialect.open(this.signal(connectTimeoutMs))
    this.login = login
    return url
  }

  private subscribe(): void {
    for (const text of this.options.dialect.subscriptions) this.socket.send(text)
    if (this.left === 0) this.nowUp()
  }

  private nowUp(): void {
    const { dialect, onHint } = this.options
    this.reported = undefined
    onHint({ kind: 'up', stream: dialect.stream })
  }

  private take(text: string): void {
    const { dialect, onHint } = this.options
    if (text === dialect.pong) return
    const value = objectOf(text)
    if (value === undefined) return onHint({ kind: 'odd', what: 'syntax' })
    let message: AccountMessage
    try {
      message = dialect.read(value)
    } catch {
      return onHint({ kind: 'odd', what: 'shape' })
    }
    switch (message.kind) {
      case 'hints':
        for (const hint of message.hints) onHint(hint)
        return
      case 'logged-in':
        return this.subscribe()
      case 'subscribed':
        if (this.left === 0) return
        this.left--
        if (this.left === 0) this.nowUp()
        return
      case 'over':
        return this.socket.restart(message.text)
      case 'other':
        return
    }
  }

  /** Connects again with another key, and keeps the session. */
  private check(): void {
    this.later(CHECK_MS, () => {
      const { dialect, connectTimeoutMs } = this.options
      if (dialect.keyIdentity() !== this.keyIdentity)
        return this.socket.restart('the key has changed')
      this.check()
      if (dialect.renew === undefined || this.deps.monotonic() < this.renewAt) return
      this.renewAt = this.deps.monotonic() + RENEW_MS
      dialect.renew(this.signal(connectTimeoutMs)).catch((error: unknown) => {
        if (!this.ending.signal.aborted) this.socket.restart(textOf(error))
      })
    })
  }

  private over(): void {
    this.left = Infinity
    for (const stop of this.stopTimers.splice(0)) stop()
  }

  private later(ms: number, call: () => void): void {
    const stop = this.deps.timers.after(ms, () => {
      this.stopTimers = this.stopTimers.filter(each => each !== stop)
      call()
    })
    this.stopTimers.push(stop)
  }

  private signal(ms: number): AbortSignal {
    return AbortSignal.any([this.ending.signal, AbortSignal.timeout(ms)])
  }
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
