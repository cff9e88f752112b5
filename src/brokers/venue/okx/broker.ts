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
import { assertCancelled, type Answer, type Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { RawAnswer } from '../line.ts'
import { errorOf } from '../meaning.ts'
import { orderCheck } from '../order-check.ts'
import { wholeList } from '../pages.ts'
import { jsonOf, shaped } from '../reply.ts'
import { accountDialect, stopsDialect } from './account-stream.ts'
import * as answers from './answers.ts'
import { changesIn, changesRequest, pageOf } from './changes.ts'
import { failureOfCode, failureOfStatus } from './codes.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'
import * as stops from './stops.ts'

export interface OkxOptions extends AdapterOptions, requests.Writing {}

/** Most instruments whose margin mode is remembered. */
const MOST_REMEMBERED = 10_000

/** An account of swaps and futures at OKX; quantities are in contracts. */
export class OkxBroker extends VenueAdapter<answers.Rows> {
  /** Last seen margin mode of each holding: an order must state it. */
  private readonly margins = new Map<string, requests.MarginMode>()

  constructor(options: OkxOptions) {
    const write = requests.writer(options)
    super(options, { write, timeRequest: requests.timeRequest, readTime }, judge)
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const rows = await this.question(requests.holdingsRequest, signal)
    this.noteMargins(rows)
    return answers.holdingsOf(rows, this.mode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const list = await wholeList(
      'the open orders',
      async after => {
        const rows = await this.question(requests.openOrdersRequest(after), signal)
        const orders = rows.map(answers.orderRow)
        const isLast = orders.length < requests.PAGE
        return { rows: orders, next: isLast ? undefined : orders.at(-1)!.ordId }
      },
      ({ ordId }) => ordId,
    )
    const page = async (after?: string) =>
      stops.pageOf(await this.question(stops.listRequest(after), signal))
    const resting = await wholeList('the resting stops', page, ({ algoId }) => algoId)
    const own = resting.filter(answers.isOfProduct)
    return [...answers.openOrdersOf(list), ...stops.openStopsOf(own)]
  }

  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    return answers.modeOf(await this.question(requests.configRequest, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    const asked = requests.PRODUCTS.map(product =>
      this.question(requests.instrumentsRequest(product), signal),
    )
    return answers.instrumentsOf((await Promise.all(asked)).flat())
  }

  async changes(key: HoldingKey, since: number, signal: AbortSignal) {
    const page = async (after?: string) =>
      pageOf(await this.question(changesRequest(key, since, after), signal))
    return changesIn(await wholeList('the changes', page, ({ ordId }) => ordId), key)
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    return answers.permissionsOf(await this.question(requests.configRequest, signal))
  }

  checkOrder(order: ExitOrder, signal: AbortSignal) {
    const checking = {
      request: requests.checkRequest(this.orderRequest(order)),
      isAnswer: (value: unknown) => (value as answers.Rows).length > 0,
      // The venue offers it in multi-currency and portfolio margin mode alone.
      notOffered: '51010',
    }
    return orderCheck(this.client, checking, signal)
  }

  protected accountDialects(url: string) {
    return [accountDialect(url, this.client), stopsDialect(url, this.client)]
  }

  protected orderRequest(order: ExitOrder) {
    return requests.orderRequest(order, this.closing(order))
  }

  protected stopRequest(order: StopOrder) {
    return stops.stopRequest(order, this.closing(order))
  }

  protected stopPlaced(value: answers.Rows, order: StopOrder): ExitAnswer {
    return stops.placedOf(value, order)
  }

  protected override amendRequest(order: StopOrder) {
    return stops.amendRequest(order)
  }

  /** A stop that was triggered is the order that it has become. */
  protected async stopSeen(asked: Asked, signal: AbortSignal): Promise<StopSeen> {
    const stop = await this.stop(asked, signal)
    if (stop === undefined) return { state: { kind: 'absent' } }
    if (stop.ordId === '') return { state: stops.restingStateOf(stop), trigger: stop.slTriggerPx }
    const { instrument: instId } = asked
    const rows = await this.question(requests.lookupByNumber(stop.ordId, instId), signal)
    return { state: answers.orderStateOf(rows, { instId, ordId: stop.ordId }) }
  }

  protected async cancelledStop(asked: Asked, signal: AbortSignal): Promise<OrderState> {
    const stop = await this.stop(asked, signal)
    if (stop === undefined) return { kind: 'absent' }
    // What a triggered stop has become is an order: the rest of one that is filled in part works on.
    const request =
      stop.ordId === ''
        ? stops.cancelRequest(stop)
        : requests.cancelByNumber(stop.ordId, asked.instrument)
    assertCancelled(await this.client.ask(request, signal))
    return (await this.stopSeen(asked, signal)).state
  }

  protected placed(value: answers.Rows, order: ExitOrder): ExitAnswer {
    return answers.placedOf(value, order)
  }

  protected cancelRequest({ clientOrderId, instrument }: Asked) {
    return requests.cancelRequest(clientOrderId, instrument)
  }

  protected async found(
    { clientOrderId, instrument }: Asked,
    signal: AbortSignal,
  ): Promise<OrderState> {
    const answer = await this.client.ask(requests.lookupRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer') {
      const asked = { clOrdId: clientOrderId, instId: instrument }
      return answers.orderStateOf(answer.value as answers.Rows, asked)
    }
    if (answer.meaning === 'absent') return { kind: 'absent' }
    throw errorOf(answer)
  }

  protected async held(key: HoldingKey, signal: AbortSignal) {
    const rows = await this.question(requests.holdingRequest(key.instrument), signal)
    this.noteMargins(rows)
    return answers.holdingOf(rows, key, this.mode)
  }

  protected async prices(
    instruments: readonly InstrumentId[],
    signal: AbortSignal,
  ): Promise<Tick[]> {
    const requested = requests.quotesRequests(instruments)
    const asked = requested.map(request => this.question(request, signal))
    return answers.quotesOf((await Promise.all(asked)).flat(), instruments, this.onOdd)
  }

  private closing({ instrument }: ExitOrder): requests.Closing {
    return { mode: this.mode, margin: this.margins.get(instrument) ?? 'cross' }
  }

  /** Undefined where the venue knows no stop of the id. */
  private async stop(asked: Asked, signal: AbortSignal): Promise<stops.StopRow | undefined> {
    const answer = await this.client.ask(stops.lookupRequest(asked), signal)
    if (answer.kind === 'answer') return stops.stopOf(answer.value as answers.Rows, asked)
    if (answer.meaning === 'absent') return undefined
    throw errorOf(answer)
  }

  private noteMargins(rows: answers.Rows): void {
    if (this.margins.size >= MOST_REMEMBERED) this.margins.clear()
    for (const { instId, mgnMode, pos } of answers.positionsOf(rows)) {
      if (pos !== 0) this.margins.set(instId, mgnMode)
    }
  }
}

/**
 * Only a 200 with the code 0 is a successful answer; codes 1 and 2 say that a row has its own code.
 */
const judge: Judge = (what, raw) => {
  const { status } = raw
  const envelope = shapes.envelope.safeParse(jsonOf(raw.text))
  if (!envelope.success) return { kind: 'failure', ...failureOfStatus(what, raw) }
  const { code, msg = '', data } = envelope.data
  if (code !== '0') {
    const { code: own, text } = rowCodeOf(code, data) ?? { code, text: msg }
    return { kind: 'failure', ...failureOfCode(what, { status, code: own, text }) }
  }
  return status === 200 && data !== undefined ? answered(data) : unread(what, raw)
}

const answered = (value: answers.Rows): Answer => ({ kind: 'answer', value })

const unread = (what: string, { status }: RawAnswer): Answer => ({
  kind: 'failure',
  meaning: 'unknown',
  message: `${what} was answered with ${status} 0`,
})

/** The code of the only order in an answer that failed as a whole because of that order. */
function rowCodeOf(
  code: string,
  data: answers.Rows | undefined,
): { code: string; text: string } | undefined {
  if (code !== '1' && code !== '2') return undefined
  const row = shapes.row.safeParse(data?.length === 1 ? data[0] : undefined)
  return row.success ? { code: row.data.sCode, text: row.data.sMsg ?? '' } : undefined
}

function readTime(answer: RawAnswer): number {
  const reply = judge('the time', answer, 0)
  if (reply.kind === 'failure') throw errorOf(reply)
  return answers.timeOf(shaped(shapes.list, reply.value, 'the time'))
}
