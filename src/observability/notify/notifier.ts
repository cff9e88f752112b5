import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import type { Trouble } from '../checks.ts'
import type { Channel } from './channel.ts'
import type { Delivered, Outgoing } from './delivery.ts'
import { ACCEPTED, Line, type KeptLine } from './line.ts'
import { atMost, Pace } from './pace.ts'
import { Scope, scopeOf, UNDELIVERED, type HealthOf } from './scope.ts'
import { worseOf, type Before, type KeptLevels } from './settling.ts'

export interface NotifierOptions {
  readonly channels: readonly Channel[]
  /** Name of the reporting service. */
  readonly service: string
  /** Zone of times in messages that people read; default UTC. */
  readonly timezone?: string
  /** Time that a status must have lasted, ms. */
  readonly settleMs: number
  /** Longest time that a better status must last where it has come and gone before, ms. */
  readonly maxSettleMs: number
  /** Most messages of one channel in an hour; a `fail` is only delayed. */
  readonly maxPerHour: number
  /** State of an earlier process. */
  readonly past?: NotifierPast | undefined
  /** Monotonic, ms. */
  monotonic(): number
  /** Called when a channel counts as unreachable, once until it has accepted a message. */
  onFailure(channel: string, why: string): void
  /** Called when such a channel has accepted the last state. */
  onRecovery(channel: string): void
  /** Resolves when the state is durable, or cannot be. */
  keep(kept: NotifierKept): Promise<void>
  /** How requests leave; default over HTTP. */
  send?(outgoing: Outgoing, stopped: AbortSignal): Promise<Delivered>
  /** The pace of a channel that others use as well; default: one of its own. */
  paceOf?(channel: Channel): Pace
  /** Whether other messages of a channel do not arrive. */
  isAway?(channel: Channel): boolean
}

/** The state that outlives the process. */
export interface NotifierKept {
  readonly levels: KeptLevels
  /** Of channels about some accounts, by these; absent: there is none. */
  readonly scopes?: Readonly<Record<string, KeptLevels>> | undefined
  readonly lines: Readonly<Record<string, KeptLine>>
}

export interface NotifierPast extends Before {
  readonly scopes?: NotifierKept['scopes']
  readonly lines: Readonly<Record<string, KeptLine>>
}

/**
 * Sends changes of health to people: to each channel the last state, until the channel has accepted
 * it. A channel that was unreachable, refused a message, or has used up its hourly number misses
 * intermediate changes, never the state that they led to. Cycles do not wait for it.
 */
export class Notifier {
  /** Accepted messages, attempts at unreachable channels, and changes that were left out. */
  readonly counts = { delivered: 0, failed: 0, leftOut: 0 }
  private readonly options: NotifierOptions
  private readonly lines: readonly Line[]
  private readonly paces: ReadonlyMap<Line, Pace>
  private readonly scopes: ReadonlyMap<string, Scope>
  private readonly stopped = new AbortController()
  private keptAs = ''

  constructor(options: NotifierOptions) {
    this.options = options
    const { channels, past, monotonic, send } = options
    const kept = { ...past?.lines }
    // Each channel that sends has one.
    setMaxListeners(0, this.stopped.signal)
    this.scopes = new Map(
      [undefined, ...channels.map(({ accounts }) => accounts)].map(accounts => {
        const key = scopeOf(accounts)
        const levels = accounts === undefined ? past?.levels : past?.scopes?.[key]
        return [key, new Scope(options, past && { ...past, levels }, accounts)]
      }),
    )
    this.lines = channels.map(channel => {
      const key = keyOf(channel)
      const line = new Line(channel, key, kept[key])
      delete kept[key]
      return line
    })
    this.paces = new Map(
      this.lines.map(line => {
        const { spacingMs } = line.channel
        const own = { spacingMs, monotonic, ...(send !== undefined && { send }) }
        return [line, options.paceOf?.(line.channel) ?? new Pace(own)]
      }),
    )
    for (const { name, [ACCEPTED]: last } of Object.values(kept)) {
      if (last === 'pass') continue
      const why = `it is not configured any more, and the last state that it accepted is ${last}`
      options.onFailure(name, why)
    }
  }

  /** Takes the health of a cycle, and what gives that of some accounts alone. */
  observe(snapshot: HealthSnapshot, of: HealthOf = () => snapshot): void {
    if (this.lines.length === 0 || this.stopped.signal.aborted) return
    const now = this.options.monotonic()
    for (const scope of this.scopes.values()) {
      const { accounts } = scope
      scope.observe(accounts === undefined ? snapshot : of(accounts), now)
    }
    for (const line of this.lines) {
      const { isKnown, status, reasons: found } = this.scopes.get(scopeOf(line.channel.accounts))!
      if (!isKnown) continue
      const others = this.lines.filter(each => each !== line && this.isAway(each))
      const reasons = others.map(({ channel }) => `${UNDELIVERED}: ${channel.name}`)
      // A channel without health is sent that another one is away all the same.
      const hasHealth = line.channel.events.has('health')
      this.counts.leftOut += line.settle({
        status: worseOf(hasHealth ? status : 'pass', others.length > 0 ? 'warn' : 'pass'),
        at: snapshot.at,
        reasons: [...(hasHealth ? found : []), ...reasons],
      })
      if (line.mayGo(now, this.options.maxPerHour)) {
        line.sending = this.send(line).finally(() => (line.sending = undefined))
      }
    }
    this.keep().catch(() => undefined)
  }

  private isAway(line: Line): boolean {
    return line.away !== undefined || this.options.isAway?.(line.channel) === true
  }

  /** Channels that have not taken the last state. */
  get waiting(): number {
    return this.lines.filter(({ isDue }) => isDue).length
  }

  /** Unreachable channels, for health. */
  get troubles(): readonly Trouble[] {
    const now = this.options.monotonic()
    return this.lines.flatMap(({ channel, away }) =>
      away === undefined ? [] : [{ what: `${channel.name}: ${away.why}`, forMs: now - away.since }],
    )
  }

  /** Resolves when no message is in flight. */
  async idle(): Promise<void> {
    for (const { sending } of this.lines) await sending
  }

  /** Abandons messages in flight: the next process knows that they may not have arrived. */
  async stop(): Promise<void> {
    this.stopped.abort()
    await this.idle()
  }

  private async send(line: Line): Promise<void> {
    const { service, timezone = 'UTC', monotonic, onFailure, onRecovery } = this.options
    const { signal } = this.stopped
    const alert = { ...line.begin(), service: serviceOf(service, line.channel), timezone }
    // A process that ends between the message and its record must know that an incident may be
    // open.
    await atMost(KEEP_MS, this.keep(), signal)
    const result: Delivered = signal.aborted
      ? { kind: 'unanswered', why: 'the service stops', retryAfterMs: 0 }
      : await this.paces.get(line)!.send(() => line.channel.request(alert), signal)
    // Whether it has arrived is left in doubt.
    if (signal.aborted && result.kind !== 'taken') return
    if (result.kind === 'taken') {
      const wasAway = line.away !== undefined
      line.delivered(monotonic())
      this.counts.delivered++
      if (wasAway) onRecovery(line.channel.name)
    } else {
      const isFinal = result.kind === 'refused'
      const why = isFinal ? `it refuses messages (${result.status})` : result.why
      const { retryAfterMs } = result
      const isNews = line.missed({ why, isFinal, retryAfterMs }, monotonic())
      if (line.away !== undefined) this.counts.failed++
      if (isNews) onFailure(line.channel.name, why)
    }
    await this.keep()
  }

  /** Stores changes. */
  private async keep(): Promise<void> {
    const lines = Object.fromEntries(this.lines.map(line => [line.key, line.kept]))
    const [whole, ...others] = this.scopes
    const scopes = Object.fromEntries(others.map(([key, { kept: levels }]) => [key, levels]))
    const kept: NotifierKept = {
      levels: whole![1].kept,
      lines,
      ...(others.length > 0 && { scopes }),
    }
    const text = JSON.stringify(kept)
    if (text === this.keptAs) return
    this.keptAs = text
    await this.options.keep(kept)
  }
}

/** Longest wait of a message for its record, ms: an unreachable store delays no message further. */
const KEEP_MS = 2_000

/** How the service calls itself in messages about some accounts alone. */
const serviceOf = (service: string, { accounts }: Channel): string =>
  accounts === undefined ? service : `${service} (${[...accounts].join(', ')})`

const keyOf = (channel: Channel): string => {
  const scope = scopeOf(channel.accounts)
  const whole = scope === '' ? channel.address : `${channel.address} ${scope}`
  return createHash('sha256').update(whole).digest('hex').slice(0, 16)
}
