import type { InstrumentId } from '../../../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../../../domain/order.ts'
import type { Tick } from '../../../domain/tick.ts'
import { NotSent, OutcomeUnknown } from '../../../errors.ts'
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
import type { VenueInstrument } from '../instrument.ts'
import { VenueLine, type LineOptions, type VenueRequest } from '../line.ts'
import { errorOf, rejectionOf, type Failure } from '../meaning.ts'
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
  /** An order that reaches the matching engine later is refused there, ms. */
  readonly recvWindowMs: number
  /** Address that tells the permissions of a key; undefined: there is none. */
  readonly permissionsUrl?: string | undefined
  /** Counts answers of which a part was left out. */
  readonly onOddity?: (kind: 'quotes') => void
}

/** An answer of 200, or what any other one proves. */
type Answer =
  { readonly kind: 'answer'; readonly value: unknown } | ({ readonly kind: 'failure' } & Failure)

/** An account at Binance USDⓈ-M futures. */
export class BinanceBroker implements VenueBroker {
  readonly capabilities: Capabilities
  private readonly options: BinanceOptions
  private readonly line: VenueLine
  private readonly usage = new Usage(WEIGHT_PER_MINUTE)

  constructor(options: BinanceOptions) {
    this.options = options
    this.capabilities = options.capabilities
    this.line = lineOf(options, options.url)
  }

  async placeExit(order: ExitOrder, signal: AbortSignal): Promise<ExitAnswer> {
    const answer = await this.ask(requests.orderRequest(order, this.options.positionMode), signal)
    if (answer.kind === 'answer') return answers.placedOf(answer.value, order)
    if (answer.meaning === 'duplicate') return { kind: 'duplicate' }
    const code = rejectionOf(answer)
    if (code === undefined) throw errorOf(answer)
    return { kind: 'rejected', code, text: answer.message }
  }

  async orderByClientId(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) return { kind: 'unknown' }
    const answer = await this.ask(requests.lookupRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer')
      return answers.orderStateOf(answer.value, { clientOrderId, symbol: instrument })
    if (answer.meaning === 'absent') return { kind: 'absent' }
    throw errorOf(answer)
  }

  /** A cancel that the venue refuses came too late, or was for no order: the look-up says which. */
  async cancel(
    clientOrderId: ClientOrderId,
    signal: AbortSignal,
    instrument?: InstrumentId,
  ): Promise<OrderState> {
    if (instrument === undefined) throw new NotSent('the instrument of the order is not known')
    const answer = await this.ask(requests.cancelRequest(clientOrderId, instrument), signal)
    if (answer.kind === 'answer')
      return answers.orderStateOf(answer.value, { clientOrderId, symbol: instrument })
    const error = errorOf(answer)
    if (!(error instanceof OutcomeUnknown)) throw error
    return this.orderByClientId(clientOrderId, signal, instrument)
  }

  async holding(key: HoldingKey, signal: AbortSignal): Promise<HoldingReport> {
    const { positionMode } = this.options
    // Half a name would be answered for another holding.
    if (positionMode === 'hedge' && key.side === undefined) return { kind: 'unknown' }
    return answers.holdingOf(
      await this.question(requests.holdingRequest(key), signal),
      key,
      positionMode,
    )
  }

  async holdings(signal: AbortSignal): Promise<readonly Holding[]> {
    const value = await this.question(requests.holdingsRequest, signal)
    return answers.holdingsOf(value, this.options.positionMode)
  }

  async openOrders(signal: AbortSignal): Promise<readonly OpenOrder[]> {
    return answers.openOrdersOf(await this.question(requests.openOrdersRequest, signal))
  }

  async quotes(instruments: readonly InstrumentId[], signal: AbortSignal): Promise<Tick[]> {
    if (instruments.length === 0) return []
    // Questions of exits are never held back: prices alone are asked for often enough to matter.
    this.usage.assertRoom(this.line.time.at())
    const [lastRequest, bestRequest] = requests.quoteRequests(instruments)
    const [last, best] = await Promise.all([
      this.question(lastRequest, signal),
      this.question(bestRequest, signal),
    ])
    return answers.quotesOf({ last, best }, instruments, () => this.options.onOddity?.('quotes'))
  }

  async clockOffsetMs(signal: AbortSignal): Promise<number> {
    await this.line.syncTime(signal)
    return this.line.time.offsetMs ?? 0
  }

  async positionMode(signal: AbortSignal): Promise<PositionMode> {
    return answers.modeOf(await this.question(requests.modeRequest, signal))
  }

  async instruments(signal: AbortSignal): Promise<readonly VenueInstrument[]> {
    return answers.instrumentsOf(await this.question(requests.instrumentsRequest, signal))
  }

  async permissions(signal: AbortSignal): Promise<Permissions> {
    const { permissionsUrl } = this.options
    if (permissionsUrl === undefined) return NOT_SAID
    const line = lineOf(this.options, permissionsUrl)
    try {
      return answers.permissionsOf(
        valueOf(await this.answerOf(line, requests.permissionsRequest, signal)),
      )
    } finally {
      await line.close()
    }
  }

  hasNewCredentials(): boolean {
    return this.line.hasNewCredentials()
  }

  close(): Promise<void> {
    return this.line.close()
  }

  private async question(request: VenueRequest, signal: AbortSignal): Promise<unknown> {
    return valueOf(await this.ask(request, signal))
  }

  private ask(request: VenueRequest, signal: AbortSignal): Promise<Answer> {
    return this.answerOf(this.line, request, signal)
  }

  private async answerOf(
    line: VenueLine,
    request: VenueRequest,
    signal: AbortSignal,
  ): Promise<Answer> {
    const answer = await line.ask(request, signal)
    const now = line.time.at()
    this.usage.note(Number(answer.headers['x-mbx-used-weight-1m'] ?? NaN), now)
    if (answer.status === 200) return { kind: 'answer', value: jsonOf(answer.text) }
    const failure = failureOf(`${request.method} ${request.path}`, answer, now)
    if (failure.meaning === 'clock') line.time.doubt()
    return { kind: 'failure', ...failure }
  }
}

const NOT_SAID: Permissions = {
  trade: undefined,
  withdraw: undefined,
  isAddressBound: undefined,
  expiresAt: undefined,
}

function valueOf(answer: Answer): unknown {
  if (answer.kind === 'failure') throw errorOf(answer)
  return answer.value
}

const lineOf = (options: BinanceOptions, url: string): VenueLine =>
  new VenueLine(
    {
      write: requests.writer(options.recvWindowMs),
      timeRequest: requests.timeRequest,
      readTime: ({ status, text }) =>
        shaped(shapes.serverTime, status === 200 ? jsonOf(text) : undefined, 'the time').serverTime,
    },
    { ...options, url },
  )
