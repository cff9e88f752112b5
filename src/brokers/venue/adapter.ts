import type { AccountHint } from '../../domain/account-hint.ts'
import type { InstrumentId } from '../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../domain/order.ts'
import { isNetId, type StopOrder } from '../../domain/resting-stop.ts'
import type { ReportedChange } from '../../domain/shrink-cause.ts'
import type { Tick } from '../../domain/tick.ts'
import type { ClockReading, Credentials } from '../../domain/venue-facts.ts'
import type { LimitUse } from '../../domain/venue.ts'
import { NotSent } from '../../errors.ts'
import type {
  Capabilities,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OpenOrder,
  OrderState,
} from '../../ports/broker.ts'
import type { Timers } from '../../ports/timers.ts'
import type { Permissions, PositionMode, VenueBroker } from './account.ts'
import { assertCancelled, refusedOf, VenueClient, type Judge, type LimitReader } from './client.ts'
import type { VenueInstrument } from './instrument.ts'
import type { Dialect, LineOptions, VenueRequest } from './line.ts'
import { rejectionOf } from './meaning.ts'
import type { OrderCheck } from './order-check.ts'
import { AccountStream, type AccountDialect } from './stream/account.ts'

/** Settings that the adapters of all venues have. */
export interface AdapterOptions extends LineOptions {
  readonly capabilities: Capabilities
  readonly positionMode: PositionMode
  /** The venue refuses a request that reaches it later, ms. */
  readonly recvWindowMs: number
  /** Counts answers that were used only in part. */
  readonly onOddity?: ((kind: 'quotes') => void) | undefined
  /** Where changes of the account are pushed; undefined: nothing is. */
  readonly stream?: StreamPlace | undefined
}

/** Where and how changes of an account are pushed. */
export interface StreamPlace {
  readonly url: string
  readonly heartbeatMs: number
  readonly timers: Timers
}

/** An order by its id, within its instrument. */
export interface Asked {
  readonly clientOrderId: ClientOrderId
  readonly instrument: InstrumentId
}

/** A stop order as the venue shows it. */
export interface StopSeen {
  readonly state: OrderState
  /** Its trigger, price per unit; undefined where the venue does not show it. */
  readonly trigger?: number | undefined
}

/**
 * An account at a venue: the part of the port that is the same at each. `Value` is what an accepted
 * answer contains, as the judge of the venue gives it.
 */
export abstract class VenueAdapter<Value> implements VenueBroker {
  readonly capabilities: Capabilities
  protected readonly mode: PositionMode
  protected readonly client: VenueClient
  protected readonly onOdd: () => void
  /** Present where the account has a stream. */
  readonly streamHints?: (listener: (hint: AccountHint) => void) => void
  /** Present where the venue changes the trigger of a resting stop. */
  readonly amendStop?: (order: StopOrder, signal: AbortSignal) => Promise<OrderState>
  private streams: readonly AccountStream[] | undefined

  constructor(options: AdapterOptions, dialect: Dialect, judge: Judge, limits?: LimitReader) {
    this.capabilities = options.capabilities
    this.mode = options.positionMode
    this.onOdd = () => options.onOddity?.('quotes')
    this.client = new VenueClient(dialect, judge, options, limits)
    if (options.capabilities.restingStop?.amend === true)
      this.amendStop = (order, signal) => this.amended(order, signal)
    const { stream } = options
    if (stream === undefined) return
    this.streamHints = listener => {
      this.streams ??= this.openStreams(stream, options, listener)
    }
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const answer = await this.client.ask(this.orderRequest(order), signal)
    return answer.kind === 'answer' ? this.placed(answer.value as Value, order) : refusedOf(answer)
  }

  async orderByClientId(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) return { kind: 'unknown' }
    return this.foundAny({ clientOrderId, instrument }, signal)
  }

  /** A cancel that the venue refuses came too late or named no order: the order query decides which. */
  async cancel(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) throw new NotSent('the instrument of the order is not known')
    const asked = { clientOrderId, instrument }
    if (isNetId(clientOrderId)) return this.cancelledStop(asked, signal)
    const answer = await this.client.ask(this.cancelRequest(asked), signal)
    assertCancelled(answer)
    const state =
      answer.kind === 'answer' ? this.cancelled(answer.value as Value, asked) : undefined
    return state ?? this.found(asked, signal)
  }

  async placeStop(order: StopOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const answer = await this.client.ask(this.stopRequest(order), signal)
    if (answer.kind === 'failure') return refusedOf(answer)
    return this.stopPlaced(answer.value as Value, order)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    // A key with only one of its fields would be answered for another holding.
    if (this.mode === 'hedge' && key.side === undefined) return { kind: 'unknown' }
    return this.held(key, signal)
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    return instruments.length === 0 ? [] : this.prices(instruments, signal)
  }

  onLimitUse(listener: (use: LimitUse) => void): void {
    this.client.onLimitUse = listener
  }

  time(signal: AbortSignal): Promise<ClockReading> {
    return this.client.time(signal)
  }

  credentials(): Credentials {
    return this.client.line.credentials()
  }

  hasNewCredentials(): boolean {
    return this.client.line.hasNewCredentials()
  }

  close(): Promise<void> {
    for (const stream of this.streams ?? []) stream.close()
    return this.client.line.close()
  }

  abstract holdings(signal: AbortSignal): Promise<readonly Holding[]>
  abstract openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]>
  /** What took units out of a holding since then (epoch ms). */
  abstract changes(
    key: HoldingKey,
    since: number,
    signal: AbortSignal,
  ): Promise<readonly ReportedChange[]>
  abstract positionMode(signal: AbortSignal): Promise<PositionMode>
  abstract instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]>
  abstract permissions(signal: AbortSignal): Promise<Permissions>
  abstract checkOrder(order: ExitOrder, signal: AbortSignal): Promise<OrderCheck>

  /** How changes of the account are pushed by `url`: one dialect for each connection. */
  protected abstract accountDialects(url: string): readonly AccountDialect[]
  protected abstract orderRequest(order: ExitOrder): VenueRequest
  /** A stop order that rests until its trigger is met. */
  protected abstract stopRequest(order: StopOrder): VenueRequest
  protected abstract stopPlaced(value: Value, order: StopOrder): ExitAnswer
  protected abstract stopSeen(asked: Asked, signal: AbortSignal): Promise<StopSeen>
  /** Ends a resting stop and gives its state after that. */
  protected abstract cancelledStop(asked: Asked, signal: AbortSignal): Promise<OrderState>
  /** Reads the answer to an accepted order. */
  protected abstract placed(value: Value, order: ExitOrder): ExitAnswer
  protected abstract cancelRequest(asked: Asked): VenueRequest
  protected abstract found(asked: Asked, signal: AbortSignal): Promise<OrderState>
  /** One holding; the key has a side in hedge mode. */
  protected abstract held(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport>
  /** Prices of one instrument or more. */
  protected abstract prices(
    instruments: readonly InstrumentId[],
    signal: AbortSignal,
  ): Promise<Tick[]>

  /** The state that the answer to a cancel contains; undefined where it only acknowledges. */
  protected cancelled(_value: Value, _asked: Asked): OrderState | undefined {
    return undefined
  }

  /** The request for another trigger; undefined where the venue changes none. */
  protected amendRequest(_order: StopOrder): VenueRequest | undefined {
    return undefined
  }

  /** An order by its id: that of a net names a stop. */
  private async foundAny(asked: Asked, signal: AbortSignal): Promise<OrderState> {
    if (!isNetId(asked.clientOrderId)) return this.found(asked, signal)
    return (await this.stopSeen(asked, signal)).state
  }

  /** An accepted change only acknowledges: the trigger that the venue shows after that decides. */
  private async amended(order: StopOrder, signal: AbortSignal): Promise<OrderState> {
    const request = this.amendRequest(order)
    if (request === undefined) throw new NotSent('the venue changes no trigger')
    const answer = await this.client.ask(request, signal)
    if (answer.kind === 'failure') {
      const code = rejectionOf(answer)
      if (code !== undefined) return { kind: 'rejected', code, text: answer.message }
      assertCancelled(answer)
    }
    const { state, trigger } = await this.stopSeen(order, signal)
    return state.kind === 'working' && trigger !== order.trigger.price ? { kind: 'unknown' } : state
  }

  private openStreams(
    { url, heartbeatMs, timers }: StreamPlace,
    { connectTimeoutMs, monotonic = () => performance.now() }: AdapterOptions,
    onHint: (hint: AccountHint) => void,
  ): readonly AccountStream[] {
    return this.accountDialects(url.replace(/\/+$/, '')).map(
      dialect =>
        new AccountStream(
          { dialect: this.unbanned(dialect), connectTimeoutMs, heartbeatMs, onHint },
          { timers, monotonic, random: Math.random },
        ),
    )
  }

  /** The same dialect, which opens nothing during a ban: a session that is asked for would prolong the ban. */
  private unbanned(dialect: AccountDialect): AccountDialect {
    const open = (signal: AbortSignal) => {
      if (this.client.isBanned) throw new NotSent('the venue has banned this address')
      return dialect.open(signal)
    }
    return { ...dialect, open }
  }

  /** The value of an answer; throws the error of the port that a failure proves. */
  protected async question(request: VenueRequest, signal: AbortSignal): Promise<Value> {
    return (await this.client.question(request, signal)) as Value
  }
}
