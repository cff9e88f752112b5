import type { InstrumentId } from '../../../domain/ids.ts'
import type { ExitOrder } from '../../../domain/order.ts'
import type { StopOrder } from '../../../domain/resting-stop.ts'
import type { Tick } from '../../../domain/tick.ts'
import type {
  ExitAnswer,
  Holding,
  HoldingKey,
  OpenOrder,
  OrderState,
} from '../../../ports/broker.ts'
import type { Permissions, PositionMode } from '../account.ts'
import { VenueAdapter, type AdapterOptions, type Asked, type StopSeen } from '../adapter.ts'
import { assertCancelled, VenueClient, type Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { Dialect, VenueRequest } from '../line.ts'
import { errorOf } from '../meaning.ts'
import { orderCheck } from '../order-check.ts'
import { jsonOf, shaped } from '../reply.ts'
import { Usage } from '../usage.ts'
import { accountDialect } from './account-stream.ts'
import * as answers from './answers.ts'
import { WEIGHT_PER_MINUTE } from './capabilities.ts'
import { changesIn, changesSince } from './changes.ts'
import { failureOf } from './codes.ts'
import { limitsIn } from './limits.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'
import * as stops from './stops.ts'

export interface BinanceOptions extends AdapterOptions {
  /** Address that reports the permissions of a key; undefined where there is none. */
  readonly permissionsUrl?: string | undefined
}

interface NumberedStop extends StopSeen {
  /** The venue's number of the order that the stop has become; absent: it rests, or is no more. */
  readonly number?: string
}

/** An account at Binance USDⓈ-M futures. */
export class BinanceBroker extends VenueAdapter<unknown> {
  private readonly options: BinanceOptions
  private readonly usage: Usage

  constructor(options: BinanceOptions) {
    const usage = new Usage(WEIGHT_PER_MINUTE)
    super(options, dialectOf(options), judgeOf(usage), limitsIn)
    this.options = options
    this.usage = usage
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    return answers.holdingsOf(await this.question(requests.holdingsRequest, signal), this.mode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const [orders, resting] = await Promise.all([
      this.question(requests.openOrdersRequest, signal),
      this.question(stops.listRequest, signal),
    ])
    return [...answers.openOrdersOf(orders), ...stops.openStopsOf(resting)]
  }

  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    return answers.modeOf(await this.question(requests.modeRequest, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    return answers.instrumentsOf(await this.question(requests.instrumentsRequest, signal))
  }

  async changes(key: HoldingKey, since: number, signal: AbortSignal) {
    const ask = (request: VenueRequest): Promise<unknown> => this.question(request, signal)
    return changesIn(await changesSince(key, since, ask), key)
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    const { permissionsUrl: url } = this.options
    if (url === undefined) return NOT_SAID
    const { usage, options } = this
    const client = new VenueClient(dialectOf(options), judgeOf(usage), { ...options, url })
    try {
      return answers.permissionsOf(await client.question(requests.permissionsRequest, signal))
    } finally {
      await client.line.close()
    }
  }

  checkOrder(order: ExitOrder, signal: AbortSignal) {
    const checking = {
      request: requests.checkRequest(this.orderRequest(order)),
      isAnswer: (value: unknown) => shapes.checked.safeParse(value).success,
    }
    return orderCheck(this.client, checking, signal)
  }

  protected accountDialects(url: string) {
    return [accountDialect(url, this.client)]
  }

  protected orderRequest(order: ExitOrder) {
    return requests.orderRequest(order, this.mode)
  }

  protected stopRequest(order: StopOrder) {
    return stops.stopRequest(order, this.mode)
  }

  protected stopPlaced(value: unknown, order: StopOrder): ExitAnswer {
    return stops.placedOf(value, order)
  }

  /** A stop that was triggered is the order that it has become. */
  protected async stopSeen(asked: Asked, signal: AbortSignal): Promise<NumberedStop> {
    const answer = await this.client.ask(stops.lookupRequest(asked), signal)
    if (answer.kind === 'failure') {
      if (answer.meaning === 'absent') return { state: { kind: 'absent' } }
      throw errorOf(answer)
    }
    const stop = stops.stopOf(answer.value, asked)
    const number = stops.orderNumberOf(stop)
    if (number === undefined)
      return { state: stops.restingStateOf(stop), trigger: stop.triggerPrice }
    const { instrument: symbol } = asked
    const order = await this.question(requests.lookupByNumber(number, symbol), signal)
    return { state: answers.orderStateOf(order, { symbol, orderId: Number(number) }), number }
  }

  protected async cancelledStop(asked: Asked, signal: AbortSignal): Promise<OrderState> {
    assertCancelled(await this.client.ask(stops.cancelRequest(asked), signal))
    const { state, number } = await this.stopSeen(asked, signal)
    if (number === undefined || state.kind !== 'working') return state
    // What a triggered stop has become is an order: the rest of one that is filled in part works on.
    const request = requests.cancelByNumber(number, asked.instrument)
    assertCancelled(await this.client.ask(request, signal))
    return (await this.stopSeen(asked, signal)).state
  }

  protected placed(value: unknown, order: ExitOrder): ExitAnswer {
    return answers.placedOf(value, order)
  }

  protected cancelRequest({ clientOrderId, instrument }: Asked) {
    return requests.cancelRequest(clientOrderId, instrument)
  }

  protected override cancelled(value: unknown, { clientOrderId, instrument }: Asked): OrderState {
    return answers.orderStateOf(value, { clientOrderId, symbol: instrument })
  }

  protected async found(
    { clientOrderId, instrument }: Asked,
    signal: AbortSignal,
  ): Promise<OrderState> {
    const answer = await this.client.ask(requests.lookupRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer')
      return answers.orderStateOf(answer.value, { clientOrderId, symbol: instrument })
    if (answer.meaning === 'absent') return { kind: 'absent' }
    throw errorOf(answer)
  }

  protected async held(key: HoldingKey, signal: AbortSignal) {
    return answers.holdingOf(
      await this.question(requests.holdingRequest(key), signal),
      key,
      this.mode,
    )
  }

  protected async prices(
    instruments: readonly InstrumentId[],
    signal: AbortSignal,
  ): Promise<Tick[]> {
    // Queries of exits are never held back: only prices are read often enough to matter.
    this.usage.assertRoom(this.client.line.time.at())
    const [lastRequest, bestRequest] = requests.quoteRequests(instruments)
    const [last, best] = await Promise.all([
      this.question(lastRequest, signal),
      this.question(bestRequest, signal),
    ])
    return answers.quotesOf({ last, best }, instruments, this.onOdd)
  }
}

const dialectOf = ({ recvWindowMs }: BinanceOptions): Dialect => ({
  write: requests.writer(recvWindowMs),
  timeRequest: requests.timeRequest,
  readTime: ({ status, text }) =>
    shaped(shapes.serverTime, status === 200 ? jsonOf(text) : undefined, 'the time').serverTime,
})

const judgeOf =
  (usage: Usage): Judge =>
  (what, answer, now) => {
    usage.note(Number(answer.headers['x-mbx-used-weight-1m'] ?? NaN), now)
    if (answer.status === 200) return { kind: 'answer', value: jsonOf(answer.text) }
    return { kind: 'failure', ...failureOf(what, answer, now) }
  }

const NOT_SAID: Permissions = {
  trade: undefined,
  withdraw: undefined,
  isAddressBound: undefined,
  expiresAt: undefined,
}
