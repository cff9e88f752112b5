import type { AccountHint } from '../domain/account-hint.ts'
import type { Trouble } from '../observability/health.ts'
import type { StreamFacts } from '../observability/metrics/facts.ts'
import type { Broker } from '../ports/broker.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'

/** What the stream of an account is called in journal lines and metrics. */
const STREAM = 'account'
/** Changes between two cycles that are journaled; further ones are counted only. */
const MOST_NOTED = 20

interface Noted {
  readonly kind: JournalKind
  readonly detail: Readonly<Record<string, unknown>>
}

export interface AccountHintsDeps {
  /** Name of the kind of broker, for journal lines. */
  readonly venue: string
  /** Ms; never set. */
  monotonic(): number
}

/** Watches what a venue pushes about an account, on its way to the gateway: whether it is up, and how much came. */
export class AccountHints {
  private readonly deps: AccountHintsDeps
  private hasStream = false
  private trouble: string | undefined = 'not connected yet'
  private changedAt: number
  private ups = 0
  private messages = 0
  private readonly oddities = { syntax: 0, shape: 0 }
  private unsaid: Noted[] = []

  constructor(deps: AccountHintsDeps) {
    this.deps = deps
    this.changedAt = deps.monotonic()
  }

  /** The same broker; what it pushes is seen here as well. */
  over<Given extends Pick<Broker, 'streamHints'>>(broker: Given): Given {
    const { streamHints } = broker
    if (streamHints === undefined) return broker
    this.hasStream = true
    return {
      ...broker,
      streamHints: (listener: (hint: AccountHint) => void) =>
        streamHints(hint => {
          this.take(hint)
          listener(hint)
        }),
    }
  }

  /** Journals the changes since the last cycle. Once a cycle. */
  cycle(note: (kind: JournalKind, detail: Readonly<Record<string, unknown>>) => void): void {
    for (const { kind, detail } of this.unsaid.splice(0)) note(kind, detail)
  }

  /** Why nothing is pushed at the moment; undefined: the account has no stream. */
  troubles(): readonly Trouble[] | undefined {
    if (!this.hasStream) return undefined
    const { trouble, changedAt, deps } = this
    if (trouble === undefined) return []
    return [{ what: `${deps.venue} ${STREAM}: ${trouble}`, forMs: deps.monotonic() - changedAt }]
  }

  facts(): StreamFacts {
    const { trouble, ups, messages, oddities } = this
    const isUp = trouble === undefined
    const stream = { stream: STREAM, isUp, reconnects: Math.max(0, ups - 1) }
    return { streams: this.hasStream ? [stream] : [], messages, oddities: { ...oddities } }
  }

  private take(hint: AccountHint): void {
    switch (hint.kind) {
      case 'up':
        this.ups++
        this.change(undefined)
        this.say({ kind: 'stream-connected', detail: {} })
        return
      case 'down':
        this.change(hint.why)
        this.say({ kind: 'stream-lost', detail: { error: hint.why } })
        return
      case 'odd':
        this.messages++
        this.oddities[hint.what]++
        return
      case 'order':
      case 'holding':
      case 'gap':
        this.messages++
    }
  }

  private change(trouble: string | undefined): void {
    this.trouble = trouble
    this.changedAt = this.deps.monotonic()
  }

  private say({ kind, detail }: Noted): void {
    if (this.unsaid.length >= MOST_NOTED) return
    this.unsaid.push({ kind, detail: { venue: this.deps.venue, stream: STREAM, ...detail } })
  }
}
