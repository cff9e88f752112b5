import type { InstrumentId } from '../../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../domain/order.ts'
import type { Tick } from '../../../domain/tick.ts'
import type { Credentials } from '../../../domain/venue-facts.ts'
import { NotSent } from '../../../errors.ts'
import type {
  Capabilities,
  ExitAnswer,
  Holding,
  HoldingKey,
  HoldingReport,
  OpenOrder,
  OrderState,
} from '../../../ports/broker.ts'
import type { Permissions, PositionMode, VenueBroker } from '../account.ts'
import { assertCancelled, refusedOf, VenueClient, type Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { Dialect, LineOptions } from '../line.ts'
import { errorOf } from '../meaning.ts'
import { jsonOf, shaped } from '../reply.ts'
import { Usage } from '../usage.ts'
import * as answers from './answers.ts'
import { WEIGHT_PER_MINUTE } from './capabilities.ts'
import { failureOf } from './codes.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'

export interface BinanceOptions extends LineOptions {
  readonly capabilities: Capabilities
  readonly positionMode: PositionMode
  /** The matching engine refuses an order that reaches it later, ms. */
  readonly recvWindowMs: number
  /** Address that reports the permissions of a key; undefined where there is none. */
  readonly permissionsUrl?: string | undefined
  /** Counts answers that were used only in part. */
  readonly onOddity?: (kind: 'quotes') => void
}

/** An account at Binance USDⓈ-M futures. */
export class BinanceBroker implements VenueBroker {
  readonly capabilities: Capabilities
  private readonly options: BinanceOptions
  private readonly client: VenueClient
  private readonly usage = new Usage(WEIGHT_PER_MINUTE)

  constructor(options: BinanceOptions) {
    this.options = options
    this.capabilities = options.capabilities
    this.client = this.clientAt(options.url)
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const answer = await this.client.ask(
      requests.orderRequest(order, this.options.positionMode),
      signal,
    )
    return answer.kind === 'answer' ? answers.placedOf(answer.value, order) : refusedOf(answer)
  }

  async orderByClientId(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) return { kind: 'unknown' }
    const answer = await this.client.ask(requests.lookupRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer')
      return answers.orderStateOf(answer.value, { clientOrderId, symbol: instrument })
    if (answer.meaning === 'absent') return { kind: 'absent' }
    throw errorOf(answer)
  }

  /**
   * A cancel that the venue refuses came too late or named no order: the order query decides which.
   */
  async cancel(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) throw new NotSent('the instrument of the order is not known')
    const answer = await this.client.ask(requests.cancelRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer')
      return answers.orderStateOf(answer.value, { clientOrderId, symbol: instrument })
    assertCancelled(answer)
    return this.orderByClientId(clientOrderId, signal, instrument)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    const { positionMode } = this.options
    // A key with only one of its fields would be answered for another holding.
    if (positionMode === 'hedge' && key.side === undefined) return { kind: 'unknown' }
    return answers.holdingOf(
      await this.client.question(requests.holdingRequest(key), signal),
      key,
      positionMode,
    )
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const value = await this.client.question(requests.holdingsRequest, signal)
    return answers.holdingsOf(value, this.options.positionMode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    return answers.openOrdersOf(await this.client.question(requests.openOrdersRequest, signal))
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    if (instruments.length === 0) return []
    // Queries of exits are never held back: only prices are read often enough to matter.
    this.usage.assertRoom(this.client.line.time.at())
    const [lastRequest, bestRequest] = requests.quoteRequests(instruments)
    const [last, best] = await Promise.all([
      this.client.question(lastRequest, signal),
      this.client.question(bestRequest, signal),
    ])
    return answers.quotesOf({ last, best }, instruments, () => this.options.onOddity?.('quotes'))
  }

  clockOffsetMs(signal: AbortSignal): Promise<number> {
    return this.client.clockOffsetMs(signal)
  }

  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    return answers.modeOf(await this.client.question(requests.modeRequest, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    return answers.instrumentsOf(await this.client.question(requests.instrumentsRequest, signal))
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    const { permissionsUrl } = this.options
    if (permissionsUrl === undefined) return NOT_SAID
    const client = this.clientAt(permissionsUrl)
    try {
      return answers.permissionsOf(await client.question(requests.permissionsRequest, signal))
    } finally {
      await client.line.close()
    }
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

  private clientAt(url: string): VenueClient {
    const dialect: Dialect = {
      write: requests.writer(this.options.recvWindowMs),
      timeRequest: requests.timeRequest,
      readTime: ({ status, text }) =>
        shaped(shapes.serverTime, status === 200 ? jsonOf(text) : undefined, 'the time').serverTime,
    }
    return new VenueClient(dialect, this.judge, { ...this.options, url })
  }

  private readonly judge: Judge = (what, answer, now) => {
    this.usage.note(Number(answer.headers['x-mbx-used-weight-1m'] ?? NaN), now)
    if (answer.status === 200) return { kind: 'answer', value: jsonOf(answer.text) }
    return { kind: 'failure', ...failureOf(what, answer, now) }
  }
}

const NOT_SAID: Permissions = {
  trade: undefined,
  withdraw: undefined,
  isAddressBound: undefined,
  expiresAt: undefined,
}
