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
import { assertCancelled, refusedOf, VenueClient, type Answer, type Judge } from '../client.ts'
import type { VenueInstrument } from '../instrument.ts'
import type { LineOptions, RawAnswer, VenueRequest } from '../line.ts'
import { errorOf } from '../meaning.ts'
import { wholeList } from '../pages.ts'
import { jsonOf, shaped } from '../reply.ts'
import * as answers from './answers.ts'
import { failureOfCode, failureOfStatus } from './codes.ts'
import * as requests from './requests.ts'
import * as shapes from './shapes.ts'

export interface OkxOptions extends LineOptions, requests.Writing {
  readonly capabilities: Capabilities
  readonly positionMode: PositionMode
  /** Counts answers that were used only in part. */
  readonly onOddity?: (kind: 'quotes') => void
}

/** Most instruments whose margin mode is remembered. */
const MOST_REMEMBERED = 10_000

/** An account of swaps and futures at OKX; quantities are in contracts. */
export class OkxBroker implements VenueBroker {
  readonly capabilities: Capabilities
  private readonly options: OkxOptions
  private readonly client: VenueClient
  /** Last seen margin mode of each holding: an order must state it. */
  private readonly margins = new Map<string, requests.MarginMode>()

  constructor(options: OkxOptions) {
    this.options = options
    this.capabilities = options.capabilities
    const dialect = {
      write: requests.writer(options),
      timeRequest: requests.timeRequest,
      readTime,
    }
    this.client = new VenueClient(dialect, judge, options)
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const margin = this.margins.get(order.instrument) ?? 'cross'
    const request = requests.orderRequest(order, { mode: this.options.positionMode, margin })
    const answer = await this.client.ask(request, signal)
    return answer.kind === 'answer'
      ? answers.placedOf(answer.value as answers.Rows, order)
      : refusedOf(answer)
  }

  async orderByClientId(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) return { kind: 'unknown' }
    const answer = await this.client.ask(requests.lookupRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer') {
      const asked = { clOrdId: clientOrderId, instId: instrument }
      return answers.orderStateOf(answer.value as answers.Rows, asked)
    }
    if (answer.meaning === 'absent') return { kind: 'absent' }
    throw errorOf(answer)
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
    const rows = await this.rows(requests.holdingRequest(key.instrument), signal)
    this.noteMargins(rows)
    return answers.holdingOf(rows, key, positionMode)
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const rows = await this.rows(requests.holdingsRequest, signal)
    this.noteMargins(rows)
    return answers.holdingsOf(rows, this.options.positionMode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    const list = await wholeList(
      'the open orders',
      async after => {
        const rows = await this.rows(requests.openOrdersRequest(after), signal)
        const orders = rows.map(answers.orderRow)
        const isLast = orders.length < requests.PAGE
        return { rows: orders, next: isLast ? undefined : orders.at(-1)!.ordId }
      },
      ({ ordId }) => ordId,
    )
    return answers.openOrdersOf(list)
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    if (instruments.length === 0) return []
    const asked = requests.quotesRequests(instruments).map(request => this.rows(request, signal))
    const rows = (await Promise.all(asked)).flat()
    return answers.quotesOf(rows, instruments, () => this.options.onOddity?.('quotes'))
  }

  clockOffsetMs(signal: AbortSignal): Promise<number> {
    return this.client.clockOffsetMs(signal)
  }

  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    return answers.modeOf(await this.rows(requests.configRequest, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    const asked = requests.PRODUCTS.map(product =>
      this.rows(requests.instrumentsRequest(product), signal),
    )
    return answers.instrumentsOf((await Promise.all(asked)).flat())
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    return answers.permissionsOf(await this.rows(requests.configRequest, signal))
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

  private async rows(request: VenueRequest, signal: AbortSignal): Promise<answers.Rows> {
    return (await this.client.question(request, signal)) as answers.Rows
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
