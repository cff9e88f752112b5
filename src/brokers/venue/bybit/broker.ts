import { instrumentId, type InstrumentId } from '../../../domain/ids.ts'
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
import type { LineOptions, RawAnswer, VenueRequest } from '../line.ts'
import { wholeList } from '../pages.ts'
import { jsonOf, shaped } from '../reply.ts'
import * as answers from './answers.ts'
import { failureOfCode, failureOfStatus } from './codes.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'

export interface BybitOptions extends LineOptions {
  readonly capabilities: Capabilities
  readonly positionMode: PositionMode
  /** The venue refuses a request that reaches it later, ms. */
  readonly recvWindowMs: number
  /** Counts answers that were used only in part. */
  readonly onOddity?: (kind: 'quotes') => void
}

/** An account of linear contracts at Bybit. */
export class BybitBroker implements VenueBroker {
  readonly capabilities: Capabilities
  private readonly options: BybitOptions
  private readonly client: VenueClient

  constructor(options: BybitOptions) {
    this.options = options
    this.capabilities = options.capabilities
    const write = requests.writer(options.recvWindowMs)
    const { timeRequest } = requests
    this.client = new VenueClient({ write, timeRequest, readTime }, judge, options)
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const request = requests.orderRequest(order, this.options.positionMode)
    const answer = await this.client.ask(request, signal)
    return answer.kind === 'answer'
      ? answers.placedOf(answer.value as answers.Reply, order)
      : refusedOf(answer)
  }

  /**
   * Absent only where every list has answered without the order, in the order in which it moves
   * through them.
   */
  async orderByClientId(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) return { kind: 'unknown' }
    const asked = { orderLinkId: clientOrderId, symbol: instrument }
    for (const request of requests.lookupRequests(clientOrderId, instrument)) {
      const found = answers.foundIn(await this.question(request, signal), asked)
      if (found !== undefined) return found
    }
    return { kind: 'absent' }
  }

  async cancel(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) throw new NotSent('the instrument of the order is not known')
    const request = requests.cancelRequest(clientOrderId, instrument)
    assertCancelled(await this.client.ask(request, signal))
    return this.orderByClientId(clientOrderId, signal, instrument)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    const { positionMode } = this.options
    // A key with only one of its fields would be answered for another holding.
    if (positionMode === 'hedge' && key.side === undefined) return { kind: 'unknown' }
    const reply = await this.question(requests.holdingRequest(key.instrument), signal)
    return answers.holdingOf(reply, key, positionMode)
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const rows = await this.ofAllCoins(coin =>
      wholeList(
        'the holdings',
        async cursor =>
          answers.pageOf(
            shapes.position,
            await this.question(requests.holdingsRequest(coin, cursor), signal),
          ),
        answers.positionName,
      ),
    )
    return answers.holdingsOf(rows, this.options.positionMode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const rows = await this.ofAllCoins(coin =>
      wholeList(
        'the open orders',
        async cursor =>
          answers.pageOf(
            shapes.order,
            await this.question(requests.openOrdersRequest(coin, cursor), signal),
          ),
        ({ orderId }) => orderId,
      ),
    )
    return answers.openOrdersOf(rows)
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    if (instruments.length === 0) return []
    const reply = await this.question(requests.quotesRequest(instruments), signal)
    return answers.quotesOf(reply, instruments, () => this.options.onOddity?.('quotes'))
  }

  clockOffsetMs(signal: AbortSignal): Promise<number> {
    return this.client.clockOffsetMs(signal)
  }

  /** Each instrument has a mode of its own; that of the most common instrument stands for all. */
  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    const request = requests.holdingRequest(instrumentId('BTCUSDT'))
    return answers.modeOf(await this.question(request, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    const rows = await wholeList(
      'the instruments',
      async cursor =>
        answers.pageOf(
          shapes.anything,
          await this.question(requests.instrumentsRequest(cursor), signal),
        ),
      row => JSON.stringify(row),
    )
    return rows.flatMap(row => answers.instrumentOf(row) ?? [])
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    return answers.permissionsOf(await this.question(requests.permissionsRequest, signal))
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

  private async ofAllCoins<Row>(list: (coin: string) => Promise<Row[]>): Promise<Row[]> {
    return (await Promise.all(requests.SETTLED_IN.map(list))).flat()
  }

  private async question(request: VenueRequest, signal: AbortSignal): Promise<answers.Reply> {
    return (await this.client.question(request, signal)) as answers.Reply
  }
}

/** Only a 200 with the code 0 is a successful answer. */
const judge: Judge = (what, answer, now) => {
  if (answer.status !== 200) return { kind: 'failure', ...failureOfStatus(what, answer) }
  const value = jsonOf(answer.text)
  const said = shaped(shapes.envelope, value, what)
  if (said.retCode === 0) return { kind: 'answer', value: shaped(shapes.success, value, what) }
  const { headers } = answer
  return { kind: 'failure', ...failureOfCode(what, said, { headers, now }) }
}

function readTime(answer: RawAnswer): number {
  const text = answer.status === 200 ? answer.text : ''
  return shaped(shapes.success, jsonOf(text), 'the time').time
}
