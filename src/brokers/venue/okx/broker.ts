import type { InstrumentId } from '../../../domain/ids.ts'
import type { ExitOrder } from '../../../domain/order.ts'
import type { Tick } from '../../../domain/tick.ts'
import type {
  ExitAnswer,
  Holding,
  HoldingKey,
  OpenOrder,
  OrderState,
} from '../../../ports/broker.ts'
import type { Permissions, PositionMode } from '../account.ts'
import { VenueAdapter, type AdapterOptions, type Asked } from '../adapter.ts'
import type { Answer, Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { RawAnswer } from '../line.ts'
import { errorOf } from '../meaning.ts'
import { wholeList } from '../pages.ts'
import { jsonOf, shaped } from '../reply.ts'
import { accountDialect } from './account-stream.ts'
import * as answers from './answers.ts'
import { failureOfCode, failureOfStatus } from './codes.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'

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
    return answers.openOrdersOf(list)
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

  async permissions(signal: AbortSignal): Promise<Permissions> {
    return answers.permissionsOf(await this.question(requests.configRequest, signal))
  }

  protected accountDialect(url: string) {
    return accountDialect(url, this.client)
  }

  protected orderRequest(order: ExitOrder) {
    const margin = this.margins.get(order.instrument) ?? 'cross'
    return requests.orderRequest(order, { mode: this.mode, margin })
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
