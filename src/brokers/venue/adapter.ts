import type { InstrumentId } from '../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../domain/order.ts'
import type { Tick } from '../../domain/tick.ts'
import type { Credentials } from '../../domain/venue-facts.ts'
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
import type { Permissions, PositionMode, VenueBroker } from './account.ts'
import { assertCancelled, refusedOf, VenueClient, type Judge } from './client.ts'
import type { VenueInstrument } from './instrument.ts'
import type { Dialect, LineOptions, VenueRequest } from './line.ts'

/** Settings that the adapters of all venues have. */
export interface AdapterOptions extends LineOptions {
  readonly capabilities: Capabilities
  readonly positionMode: PositionMode
  /** The venue refuses a request that reaches it later, ms. */
  readonly recvWindowMs: number
  /** Counts answers that were used only in part. */
  readonly onOddity?: ((kind: 'quotes') => void) | undefined
}

/** An order by its id, within its instrument. */
export interface Asked {
  readonly clientOrderId: ClientOrderId
  readonly instrument: InstrumentId
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

  constructor(options: AdapterOptions, dialect: Dialect, judge: Judge) {
    this.capabilities = options.capabilities
    this.mode = options.positionMode
    this.onOdd = () => options.onOddity?.('quotes')
    this.client = new VenueClient(dialect, judge, options)
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
    return this.found({ clientOrderId, instrument }, signal)
  }

  /** A cancel that the venue refuses came too late or named no order: the order query decides which. */
  async cancel(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) throw new NotSent('the instrument of the order is not known')
    const asked = { clientOrderId, instrument }
    const answer = await this.client.ask(this.cancelRequest(asked), signal)
    assertCancelled(answer)
    const state =
      answer.kind === 'answer' ? this.cancelled(answer.value as Value, asked) : undefined
    return state ?? this.found(asked, signal)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    // A key with only one of its fields would be answered for another holding.
    if (this.mode === 'hedge' && key.side === undefined) return { kind: 'unknown' }
    return this.held(key, signal)
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    return instruments.length === 0 ? [] : this.prices(instruments, signal)
  }

  clockOffsetMs(signal: AbortSignal): Promise<number> {
    return this.client.clockOffsetMs(signal)
  }

  credentials(): Credentials {
    return this.client.line.credentials()
  }

  hasNewCredentials(): boolean {
    return this.client.line.hasNewCredentials()
  }

  close(): Promise<void> {
    return this.client.line.close()
  }

  abstract holdings(signal: AbortSignal): Promise<readonly Holding[]>
  abstract openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]>
  abstract positionMode(signal: AbortSignal): Promise<PositionMode>
  abstract instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]>
  abstract permissions(signal: AbortSignal): Promise<Permissions>

  protected abstract orderRequest(order: ExitOrder): VenueRequest
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

  /** The value of an answer; throws the error of the port that a failure proves. */
  protected async question(request: VenueRequest, signal: AbortSignal): Promise<Value> {
    return (await this.client.question(request, signal)) as Value
  }
}
