import { setTimeout as sleep } from 'node:timers/promises'
import type { VenueBroker } from '../brokers/venue/account.ts'
import type { VenueInstrument } from '../brokers/venue/instrument.ts'
import type { VenueReport } from '../brokers/venue/report.ts'
import { product } from '../domain/decimal.ts'
import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { NotSent } from '../errors.ts'
import { venueBrokerOf, type VenueConfig } from './open-broker.ts'
import { guessingKey } from './venue-inspect.ts'
import { checkedOrder, smallestOf } from './venue-order-check.ts'
import { holdingAnswers, listedAt } from './venue-read.ts'
import { assertMode, assertNarrow } from './venue-start.ts'
import { newId, POLL_MS, signal, VenueTrader } from './venue-trader.ts'

export type { VenueReport } from '../brokers/venue/report.ts'

export interface VenueTestOptions {
  readonly instrument: string
  /** Orders whose visibility is measured, > 0. */
  readonly orders: number
  /** Whether the venue is asked to check an order that it does not place. */
  readonly checksOrder?: boolean | undefined
  /** Called with a line for each step. */
  readonly onStep: (line: string) => void
}

/** How long ago the late order claims to be sent, ms; the venues take 5 s by default. */
const LATE_MS = 60_000
/** A resting order stands this far below the price: far enough not to fill, inside every price band. */
const BELOW = 0.97

/**
 * Measures at an account what decides the promises. At a live account it reads and sends no order. Else it buys
 * and sells the smallest quantity that the venue takes, of an instrument that the account does not hold.
 *
 * @throws UsageError for an instrument that the venue does not list, errors of the broker where the account cannot
 * be read.
 */
export async function testVenue(
  config: VenueConfig,
  options: VenueTestOptions,
): Promise<VenueReport> {
  const broker = venueBrokerOf(config)
  const late = venueBrokerOf(config, { stampLagMs: LATE_MS })
  try {
    const test = new VenueTest({ config, broker, late, options })
    return await guessingKey(config, () => test.run())
  } finally {
    await broker.close()
    await late.close()
  }
}

interface VenueTestDeps {
  readonly config: VenueConfig
  readonly broker: VenueBroker
  /** The same account; its requests claim to be sent `LATE_MS` ago. */
  readonly late: VenueBroker
  readonly options: VenueTestOptions
}

type Mutable = { -readonly [Key in keyof VenueReport]: VenueReport[Key] }

class VenueTest {
  private readonly deps: VenueTestDeps
  private readonly instrument: InstrumentId
  private readonly trader: VenueTrader
  private fixed: VenueInstrument | undefined
  private price = NaN
  private unit = NaN

  constructor(deps: VenueTestDeps) {
    this.deps = deps
    this.instrument = instrumentId(deps.options.instrument)
    const { broker, config } = deps
    const { callTimeoutMs } = config
    this.trader = new VenueTrader({ broker, instrument: this.instrument, callTimeoutMs })
  }

  async run(): Promise<VenueReport> {
    const { config, options } = this.deps
    const report = await this.read()
    if (options.checksOrder === true) await this.checkOrder(report)
    const why = await this.whyNot(report)
    if (why !== undefined) return { ...report, notes: [...report.notes, why] }
    try {
      for (let order = 0; order < options.orders; order += 2) await this.round(order)
      await this.usedAfterFill(report)
      await this.overshoot(report)
      await this.usedWhileOpen(report)
      await this.lateOrder(report)
    } finally {
      await this.trader.cleanUp()
    }
    const lags = this.trader.lags.toSorted((a, b) => a - b)
    const at = (part: number): number | null =>
      lags[Math.min(lags.length - 1, Math.floor(lags.length * part))] ?? null
    report.visibility = { orders: lags.length, medianMs: at(0.5), p999Ms: at(0.999) }
    options.onStep(`measured     ${lags.length} orders of ${options.instrument} at ${config.kind}`)
    return report
  }

  /** What reading alone shows. */
  private async read(): Promise<Mutable> {
    const { config, broker, options } = this.deps
    const { callTimeoutMs, kind, environment } = config
    const { aheadMs: clockOffsetMs } = await broker.time(signal(callTimeoutMs))
    const positionMode = await broker.positionMode(signal(callTimeoutMs))
    assertMode(positionMode, config)
    assertNarrow(await broker.permissions(signal(callTimeoutMs)), config)
    this.fixed = await listedAt(broker, config, this.instrument)
    const { times, flatIsProved } = await holdingAnswers(broker, {
      instrument: this.instrument,
      mode: positionMode,
      callTimeoutMs,
    })
    const absent = await broker.orderByClientId(newId(), signal(callTimeoutMs), this.instrument)
    options.onStep(`read         clock, mode, holding and an unknown id at ${kind} ${environment}`)
    return {
      version: 1,
      venue: kind,
      environment,
      positionMode,
      instrument: options.instrument,
      at: new Date().toISOString(),
      clockOffsetMs: Math.round(clockOffsetMs),
      answerMs: Math.round(times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)]!),
      flatIsProved,
      unknownIdIsAbsent: absent.kind === 'absent',
      usedIdRefused: { whileOpen: null, afterFill: null },
      foundById: { afterFill: null, afterCancel: null },
      reduceOnlyOvershoots: null,
      lateOrderRefused: null,
      visibility: { orders: 0, medianMs: null, p999Ms: null },
      notes: [],
    }
  }

  private async checkOrder(report: Mutable): Promise<void> {
    const { broker, config, options } = this.deps
    const { callTimeoutMs } = config
    const { positionMode } = report
    const given = { instrument: this.instrument, callTimeoutMs, positionMode }
    const { isAccepted, note } = await checkedOrder(broker, given)
    report.orderAccepted = isAccepted
    if (note !== undefined) report.notes = [...report.notes, `order check: ${note}`]
    options.onStep('checked      an order that is not placed')
  }

  /** Why no order is sent; undefined: the account is a test account that holds nothing of the instrument. */
  private async whyNot({ environment, positionMode }: VenueReport): Promise<string | undefined> {
    const { broker, config } = this.deps
    if (environment === 'live') return 'a live account: nothing was sent'
    if (positionMode !== config.positionMode)
      return `the account is in ${positionMode} mode and broker.positionMode is ${config.positionMode}: nothing was sent`
    if (positionMode === 'hedge') return 'an account in hedge mode: nothing was sent'
    if ((await this.trader.quantity()) !== 0)
      return `the account holds ${this.instrument}: nothing was sent`
    const orders = await broker.openOrders(signal(config.callTimeoutMs))
    if (orders.some(({ instrument }) => instrument === this.instrument))
      return `orders of ${this.instrument} work: nothing was sent`
    const { fixed } = this
    const [quote] = await broker.quotes([this.instrument], signal(config.callTimeoutMs))
    if (fixed === undefined || quote === undefined || !(quote.price > 0))
      return `the venue has no price of ${this.instrument}: nothing was sent`
    this.price = toTick(quote.price * BELOW, fixed)
    this.unit = smallestOf(fixed, quote.price)
    return undefined
  }

  /** Buys a unit and sells it again, and notes how long the account took to show each. */
  private async round(order: number): Promise<void> {
    this.deps.options.onStep(`order        ${order + 1} and ${order + 2}`)
    await this.trader.buy(this.unit)
    await this.trader.sell(this.unit)
  }

  private async usedAfterFill(report: Mutable): Promise<void> {
    await this.trader.buy(product(2, this.unit))
    const sale = this.trader.order('long', this.unit)
    const state = await this.trader.execute(sale, this.unit)
    report.foundById = { ...report.foundById, afterFill: state.kind === 'filled' }
    const again = await this.trader.place(sale)
    report.usedIdRefused = { ...report.usedIdRefused, afterFill: again.kind === 'duplicate' }
    await this.trader.sellAll()
    this.deps.options.onStep('sent again   the id of a filled order')
  }

  private async overshoot(report: Mutable): Promise<void> {
    await this.trader.buy(this.unit)
    const order = this.trader.order('long', product(2, this.unit))
    const answer = await this.trader.place(order)
    if (answer.kind === 'acknowledged') await this.trader.shown(order.clientOrderId)
    // The holding may show it later than the order.
    await sleep(POLL_MS * 4)
    report.reduceOnlyOvershoots = (await this.trader.quantity()) < 0
    await this.trader.sellAll()
    this.deps.options.onStep('overshot     a reduce-only order for twice the holding')
  }

  private async usedWhileOpen(report: Mutable): Promise<void> {
    const { broker, config, options } = this.deps
    const order = { ...this.trader.order('short', this.unit), reduceOnly: false, limit: this.price }
    if ((await this.trader.place(order)).kind !== 'acknowledged') {
      report.notes = [...report.notes, 'no resting order was taken']
      return
    }
    await this.trader.until(
      async () => (await this.trader.state(order.clientOrderId)).kind === 'working',
    )
    const again = await this.trader.place(order)
    report.usedIdRefused = { ...report.usedIdRefused, whileOpen: again.kind === 'duplicate' }
    await broker.cancel(order.clientOrderId, signal(config.callTimeoutMs), this.instrument)
    await this.trader.until(
      async () => (await this.trader.state(order.clientOrderId)).kind !== 'working',
    )
    const { kind } = await this.trader.state(order.clientOrderId)
    report.foundById = { ...report.foundById, afterCancel: kind === 'ended' }
    options.onStep('sent again   the id of a working order, and cancelled it')
  }

  private async lateOrder(report: Mutable): Promise<void> {
    const { late, config, options } = this.deps
    const order = { ...this.trader.order('short', this.unit), reduceOnly: false, limit: this.price }
    this.trader.note(order.clientOrderId)
    try {
      const { kind } = await late.placeExit(order, signal(config.callTimeoutMs))
      report.lateOrderRefused = kind === 'rejected' ? null : false
    } catch (error) {
      report.lateOrderRefused = error instanceof NotSent ? true : null
    }
    options.onStep('sent late    an order that claims to be a minute old')
  }
}

const toTick = (price: number, { tickSize }: VenueInstrument): number =>
  tickSize === undefined ? price : product(Math.floor(price / tickSize), tickSize)
