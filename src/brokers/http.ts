import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type { z } from 'zod'
import type { AccountHint } from '../domain/account-hint.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { Tick } from '../domain/tick.ts'
import type { Credentials } from '../domain/venue-facts.ts'
import { NotSent, Unauthorized } from '../errors.ts'
import type {
  Broker,
  Capabilities,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OpenOrder,
  OrderState,
} from '../ports/broker.ts'
import * as answers from './http/answers.ts'
import { Deadlines } from './http/deadlines.ts'
import { errorOf } from './http/errors.ts'
import { exchange, type Ask, type Line, type RawAnswer } from './http/exchange.ts'
import * as facts from './http/facts.ts'
import { HintStream } from './http/hint-stream.ts'
import { fieldsOf, holdingsOf, reportOf } from './http/holdings.ts'
import type { Oddities } from './http/oddities.ts'
import { capabilities } from './http/options.ts'
import { bodyOf, placeAsk } from './http/order-body.ts'
import type { HttpBroker, HttpBrokerOptions } from './http/port.ts'
import { amendAsk, triggerFields } from './http/stops.ts'
import * as shapes from './shapes.ts'

export { httpBrokerSchema } from './http/options.ts'
export type { Oddities } from './http/oddities.ts'
export type { HttpBroker, HttpBrokerOptions } from './http/port.ts'

/** Pool sizes; servers close idle connections after 5 s or more. */
const FRESH = { maxSockets: 64 }
const KEPT = { ...FRESH, keepAlive: true, maxFreeSockets: 16, timeout: 4_000 }

/** A broker behind an HTTP server. Connects with the first call. */
export function httpBroker(options: HttpBrokerOptions): HttpBroker {
  const broker = new RestBroker(options)
  return Object.assign(broker, broker.factCalls())
}

class RestBroker implements Omit<HttpBroker, keyof facts.FactCalls> {
  readonly capabilities: Capabilities
  readonly oddities = { waits: 0, quotes: 0, amounts: 0 }
  /** Defined only where the server lists working orders. */
  readonly openOrders?: (signal: AbortSignal) => Promise<readonly OpenOrder[]>
  /** Defined only where the venue takes resting stops. */
  readonly placeStop?: NonNullable<Broker['placeStop']>
  readonly amendStop?: NonNullable<Broker['amendStop']>
  private readonly options: HttpBrokerOptions
  private readonly line: Line
  private readonly now: () => number
  /** Defined only where the server pushes what changes. */
  readonly streamHints?: NonNullable<Broker['streamHints']>
  private stream: HintStream | undefined
  private readonly deadlines: Deadlines
  private readonly calls = new Set<Promise<unknown>>()
  private isClosed = false
  /** Token of the last request; undefined until a request had a usable token. */
  private lastToken: string | undefined

  constructor(options: HttpBrokerOptions) {
    this.options = options
    this.capabilities = options.capabilities
    this.now = options.now ?? Date.now
    this.deadlines = new Deadlines(this.now, options.steady)
    const url = options.url.replace(/\/+$/, '')
    const Agents = url.startsWith('https:') ? TlsAgent : Agent
    this.line = { ...options, url, agent: new Agents(KEPT), orderAgent: new Agents(FRESH) }
    if (options.openOrders) this.openOrders = signal => this.listOrders(signal)
    if (options.stream) this.streamHints = onHint => (this.stream ??= this.openStream(onHint))
    const { restingStop: stops } = options.capabilities
    if (stops !== undefined) this.placeStop = (order, signal) => this.restStop(order, signal)
    if (stops?.amend === true) this.amendStop = (order, signal) => this.moveStop(order, signal)
  }

  placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const { clientOrderId, actBy = Infinity } = order
    if (this.deadlines.isOver(actBy))
      return Promise.reject(new NotSent('the deadline of the order is over'))
    const ask = placeAsk(order, this.deadlines.stated(actBy))
    return this.ask(shapes.exitAnswer, { ask, about: { clientOrderId } }, signal)
  }

  orderByClientId(clientOrderId: ClientOrderId, signal: AbortSignal): Promise<OrderState> {
    const ask: Ask = { method: 'GET', path: `/v1/orders/${encodeURIComponent(clientOrderId)}` }
    return this.ask(shapes.orderState, { ask, about: { clientOrderId } }, signal)
  }

  cancel(clientOrderId: ClientOrderId, signal: AbortSignal): Promise<OrderState> {
    const path = `/v1/orders/${encodeURIComponent(clientOrderId)}/cancel`
    const ask: Ask = { method: 'POST', path, body: {}, isOrder: true }
    return this.ask(shapes.orderState, { ask, about: { clientOrderId } }, signal)
  }

  private restStop(order: StopOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const { clientOrderId } = order
    const body = { ...bodyOf(order), ...triggerFields(order) }
    const ask: Ask = { method: 'POST', path: '/v1/stops', body, isOrder: true }
    return this.ask(shapes.exitAnswer, { ask, about: { clientOrderId } }, signal)
  }

  private moveStop(order: StopOrder, signal: AbortSignal): Promise<OrderState> {
    const { clientOrderId } = order
    return this.ask(shapes.orderState, { ask: amendAsk(order), about: { clientOrderId } }, signal)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    const about = fieldsOf(key, this.capabilities)
    // A key with only one of its fields would ask for another holding, or for none.
    if (about === undefined) return { kind: 'unknown' }
    const ask: Ask = { method: 'GET', path: `/v1/holding?${new URLSearchParams(about).toString()}` }
    const report = await this.ask(answers.holdingReport, { ask, about }, signal)
    return reportOf(report, about, () => this.noteOddity('amounts'))
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const ask: Ask = { method: 'GET', path: '/v1/holdings' }
    const list = await this.ask(answers.holdingList, { ask }, signal)
    const onOdd = (): void => this.noteOddity('amounts')
    return holdingsOf(list.holdings, this.capabilities, onOdd)
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    if (instruments.length === 0) return []
    const ask: Ask = { method: 'POST', path: '/v1/quotes', body: { instruments } }
    const { quotes } = await this.ask(answers.quoteList, { ask }, signal)
    const asked = new Set(instruments)
    // One broken row makes one instrument unknown, not all of them.
    return quotes.flatMap(row => {
      const quote = answers.quote.safeParse(row)
      if (quote.success && asked.has(quote.data.instrument)) return [quote.data]
      this.noteOddity('quotes')
      return []
    })
  }

  announced(signal: AbortSignal): Promise<Capabilities> {
    return this.ask(capabilities, { ask: { method: 'GET', path: '/v1/capabilities' } }, signal)
  }

  hasNewCredentials(): boolean {
    try {
      return this.options.token.value() !== this.lastToken
    } catch {
      // An answer that cannot be read changes nothing.
      return false
    }
  }

  credentials(): Credentials {
    return this.options.token.state()
  }

  async close(): Promise<void> {
    this.isClosed = true
    this.stream?.close()
    await Promise.allSettled(this.calls)
    this.line.agent.destroy()
    this.line.orderAgent.destroy()
  }

  /** The questions that the server answers only where the configuration says so. */
  factCalls(): facts.FactCalls {
    const onTime = (time: number): void => this.deadlines.heardTime(time)
    return facts.factCalls({ ...this.options, now: this.now, onTime }, (shape, path, signal) =>
      this.ask(shape, { ask: { method: 'GET', path } }, signal),
    )
  }

  private async listOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const ask: Ask = { method: 'GET', path: '/v1/orders' }
    return (await this.ask(answers.openOrderList, { ask }, signal)).orders
  }

  /** Sends one request. Throws the error of the port that the answer proves. */
  private async ask<T>(
    shape: z.ZodType<T>,
    { ask, about = {} }: { ask: Ask; about?: Record<string, string> },
    signal: AbortSignal,
  ): Promise<T> {
    if (this.isClosed) throw new NotSent('the broker is closed')
    const call = this.send(ask, signal)
    this.calls.add(call)
    try {
      const answer = await call
      this.deadlines.heard(answer.headers.date)
      if (answer.status !== 200) throw this.errorOf(ask, answer)
      return answers.parse(shape, { what: `${ask.method} ${ask.path}`, text: answer.text, about })
    } finally {
      this.calls.delete(call)
    }
  }

  private async send(ask: Ask, signal: AbortSignal): Promise<RawAnswer> {
    await this.options.token.ready()
    if (signal.aborted) throw new NotSent('its time was over before there was a token')
    return exchange(this.line, { ask, token: this.token() }, signal)
  }

  private errorOf(ask: Ask, answer: RawAnswer): Error {
    if (answer.status === 401) this.options.token.refused()
    const { longestRetryAfterMs: retryAfterMs, longestBanMs: banMs } = this.options
    const bounds = { now: this.now(), retryAfterMs, banMs }
    return errorOf(ask, answer, { ...bounds, onOdd: () => this.noteOddity('waits') })
  }

  private noteOddity(kind: keyof Oddities): void {
    this.oddities[kind]++
    this.options.onOddity?.(kind)
  }

  private openStream(onHint: (hint: AccountHint) => void): HintStream {
    const token = () => this.options.token.ready().then(() => this.token())
    return new HintStream({ url: this.line.url, token, onHint })
  }

  private token(): string {
    this.lastToken = undefined
    try {
      return (this.lastToken = this.options.token.value())
    } catch (cause) {
      const why = cause instanceof Error ? `: ${cause.message}` : ''
      throw new Unauthorized(`the token cannot be read${why}`, { cause })
    }
  }
}
