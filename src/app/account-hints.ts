import type { AccountHint, AccountStreamName } from '../domain/account-hint.ts'
import type { Trouble } from '../observability/health.ts'
import type { StreamFacts } from '../observability/metrics/facts.ts'
import type { Broker } from '../ports/broker.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'

/** Changes between two cycles that are journaled; further ones are counted only. */
const MOST_NOTED = 20

interface Noted {
  readonly kind: JournalKind
  readonly detail: Readonly<Record<string, unknown>>
}

/** One stream of the account. */
interface State {
  /** Why it is down; undefined: it is up. */
  trouble: string | undefined
  /** Since when, monotonic ms. */
  changedAt: number
  ups: number
}

export interface AccountHintsDeps {
  /** Name of the kind of broker, for journal lines. */
  readonly venue: string
  /** Ms; never set. */
  monotonic(): number
}

/** Counts what a venue pushes about an account on its way to the gateway, and knows whether its streams are up. */
export class AccountHints {
  private readonly deps: AccountHintsDeps
  private hasStream = false
  /** By the names of journal lines and metrics. */
  private readonly streams = new Map<AccountStreamName, State>()
  private messages = 0
  private readonly oddities = { syntax: 0, shape: 0 }
  private unsaid: Noted[] = []

  constructor(deps: AccountHintsDeps) {
    this.deps = deps
    this.stateOf('account')
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
    const { streams, deps } = this
    return [...streams].flatMap(([stream, { trouble, changedAt }]) => {
      if (trouble === undefined) return []
      return [{ what: `${deps.venue} ${stream}: ${trouble}`, forMs: deps.monotonic() - changedAt }]
    })
  }

  facts(): StreamFacts {
    const { messages, oddities } = this
    const streams = [...this.streams].map(([stream, { trouble, ups }]) => ({
      stream,
      isUp: trouble === undefined,
      reconnects: Math.max(0, ups - 1),
    }))
    return { streams: this.hasStream ? streams : [], messages, oddities: { ...oddities } }
  }

  private take(hint: AccountHint): void {
    switch (hint.kind) {
      case 'up': {
        const { stream = 'account' } = hint
        this.change(stream, undefined)
        this.stateOf(stream).ups++
        this.say({ kind: 'stream-connected', detail: { stream } })
        return
      }
      case 'down': {
        const { stream = 'account', why } = hint
        this.change(stream, why)
        this.say({ kind: 'stream-lost', detail: { stream, error: why } })
        return
      }
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

  private change(stream: AccountStreamName, trouble: string | undefined): void {
    const state = this.stateOf(stream)
    state.trouble = trouble
    state.changedAt = this.deps.monotonic()
  }

  private stateOf(stream: AccountStreamName): State {
    const known = this.streams.get(stream)
    if (known !== undefined) return known
    const state = { trouble: 'not connected yet', changedAt: this.deps.monotonic(), ups: 0 }
    this.streams.set(stream, state)
    return state
  }

  private say({ kind, detail }: Noted): void {
    if (this.unsaid.length >= MOST_NOTED) return
    this.unsaid.push({ kind, detail: { venue: this.deps.venue, ...detail } })
  }
}
