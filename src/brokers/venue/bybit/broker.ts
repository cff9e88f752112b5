import type { z } from 'zod'
import { instrumentId, type InstrumentId } from '../../../domain/ids.ts'
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
import { assertCancelled, type Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { RawAnswer, VenueRequest } from '../line.ts'
import { orderCheck } from '../order-check.ts'
import { wholeList } from '../pages.ts'
import { jsonOf, shaped } from '../reply.ts'
import { accountDialect } from './account-stream.ts'
import * as answers from './answers.ts'
import { changesIn, changesRequest, execution } from './changes.ts'
import { failureOfCode, failureOfStatus } from './codes.ts'
import { limitsIn } from './limits.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'

/** An account of linear contracts at Bybit. */
export class BybitBroker extends VenueAdapter<answers.Reply> {
  constructor(options: AdapterOptions) {
    const write = requests.writer(options.recvWindowMs)
    super(options, { write, timeRequest: requests.timeRequest, readTime }, judge, limitsIn)
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const list = await this.ofAllCoins('the holdings', {
      request: requests.holdingsRequest,
      shape: shapes.position,
      nameOf: answers.positionName,
      signal,
    })
    return answers.holdingsOf(list, this.mode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const list = await this.ofAllCoins('the open orders', {
      request: requests.openOrdersRequest,
      shape: shapes.order,
      nameOf: ({ orderId }) => orderId,
      signal,
    })
    return answers.openOrdersOf(list)
  }

  /** Each instrument has a mode of its own; that of the most common instrument stands for all. */
  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    const request = requests.holdingRequest(instrumentId('BTCUSDT'))
    return answers.modeOf(await this.question(request, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    const rows = await this.pages('the instruments', {
      request: requests.instrumentsRequest,
      shape: shapes.anything,
      nameOf: row => JSON.stringify(row),
      signal,
    })
    return rows.flatMap(row => answers.instrumentOf(row) ?? [])
  }

  async changes(key: HoldingKey, since: number, signal: AbortSignal) {
    const rows = await this.pages('the changes', {
      request: changesRequest(key, since),
      shape: execution,
      nameOf: ({ execId }) => execId,
      signal,
    })
    return changesIn(rows, key)
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    return answers.permissionsOf(await this.question(requests.permissionsRequest, signal))
  }

  checkOrder(order: ExitOrder, signal: AbortSignal) {
    const checking = {
      request: requests.checkRequest(this.orderRequest(order)),
      isAnswer: (value: unknown) =>
        shapes.checked.safeParse((value as answers.Reply).result).data?.orderLinkId ===
        order.clientOrderId,
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
    return requests.stopRequest(order, this.mode)
  }

  protected stopPlaced(value: answers.Reply, order: StopOrder): ExitAnswer {
    return answers.placedOf(value, order)
  }

  protected override amendRequest(order: StopOrder) {
    return requests.amendRequest(order)
  }

  protected placed(value: answers.Reply, order: ExitOrder): ExitAnswer {
    return answers.placedOf(value, order)
  }

  protected cancelRequest({ clientOrderId, instrument }: Asked) {
    return requests.cancelRequest(clientOrderId, instrument)
  }

  /**
   * Absent only where every list has answered without the order, in the order in which it moves
   * through them.
   */
  protected async stopSeen(
    { clientOrderId, instrument }: Asked,
    signal: AbortSignal,
  ): Promise<StopSeen> {
    const asked = { orderLinkId: clientOrderId, symbol: instrument }
    for (const request of requests.lookupRequests(clientOrderId, instrument)) {
      const found = answers.foundIn(await this.question(request, signal), asked)
      if (found !== undefined) return found
    }
    return { state: { kind: 'absent' } }
  }

  protected async found(asked: Asked, signal: AbortSignal): Promise<OrderState> {
    return (await this.stopSeen(asked, signal)).state
  }

  protected async cancelledStop(asked: Asked, signal: AbortSignal): Promise<OrderState> {
    assertCancelled(await this.client.ask(this.cancelRequest(asked), signal))
    return this.found(asked, signal)
  }

  protected async held(key: HoldingKey, signal: AbortSignal) {
    const reply = await this.question(requests.holdingRequest(key.instrument), signal)
    return answers.holdingOf(reply, key, this.mode)
  }

  protected async prices(
    instruments: readonly InstrumentId[],
    signal: AbortSignal,
  ): Promise<Tick[]> {
    const reply = await this.question(requests.quotesRequest(instruments), signal)
    return answers.quotesOf(reply, instruments, this.onOdd)
  }

  private async ofAllCoins<Row extends z.ZodType>(
    what: string,
    { request, ...list }: Omit<Listing<Row>, 'request'> & { request: OfCoin },
  ): Promise<z.output<Row>[]> {
    const asked = requests.SETTLED_IN.map(coin =>
      this.pages(what, { ...list, request: cursor => request(coin, cursor) }),
    )
    return (await Promise.all(asked)).flat()
  }

  /** The rows of all pages of a list. */
  private pages<Row extends z.ZodType>(
    what: string,
    { request, shape, nameOf, signal }: Listing<Row>,
  ): Promise<z.output<Row>[]> {
    const page = async (cursor?: string) =>
      answers.pageOf(shape, await this.question(request(cursor), signal))
    return wholeList(what, page, nameOf)
  }
}

/** A list that the venue gives in pages. */
interface Listing<Row extends z.ZodType> {
  request(this: void, cursor?: string): VenueRequest
  readonly shape: Row
  nameOf(row: z.output<Row>): string
  readonly signal: AbortSignal
}

type OfCoin = (coin: string, cursor?: string) => VenueRequest

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
