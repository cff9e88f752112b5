import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { tokenFrom, type TokenSource } from '../brokers/credentials.ts'
import { httpBroker, httpBrokerSchema, type HttpBroker } from '../brokers/http.ts'
import { horizonText } from '../brokers/http/horizon.ts'
import { instrumentId, positionId, type InstrumentId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import { signOf, type Side } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { Unauthorized } from '../errors.ts'
import type { Capabilities, HoldingReport } from '../ports/broker.ts'

export interface BrokerCheckOptions {
  readonly url: string
  readonly token: TokenSource
  /** What to trade; undefined: nothing is sent, the account is only read. */
  readonly trade?: { readonly instrument: string; readonly quantity: number } | undefined
}

export { tokenSource, type TokenSource } from '../brokers/credentials.ts'

/** What became of one step. */
export interface CheckedStep {
  readonly name: string
  readonly outcome: 'kept' | 'broken' | 'not tried'
  /** What was seen. */
  readonly seen: string
}

export interface BrokerCheck {
  readonly steps: readonly CheckedStep[]
  /** The most that may be claimed after these steps: never more than the server announces. */
  readonly capabilities: Capabilities
}

/** Longest wait for one answer, for an order to show, and between two questions, ms. */
const [ANSWER_MS, SHOWN_MS, STEP_MS] = [10_000, 30_000, 50]
/** A lag that was measured once is claimed so many times over, and at least this long, ms. */
const LAG_FACTOR = 5
const LEAST_LAG_MS = 1_000

/** Claims before any step has proved one. */
const NOTHING = { dedupe: 'never', lookup: 'none', reduceOnly: false } as const
type Proved = Pick<Capabilities, keyof typeof NOTHING>

/**
 * Runs the steps of docs/broker-setup.md, "Before real money", against a REST broker. With `trade` it closes a holding
 * of that instrument: for accounts without real money.
 */
export async function checkBroker(options: BrokerCheckOptions): Promise<BrokerCheck> {
  const run = new Run(options)
  try {
    await run.reads()
    if (options.trade !== undefined) await run.trades(options.trade)
    return run.result()
  } finally {
    await run.close()
  }
}

class Run {
  private readonly broker: HttpBroker
  private readonly url: string
  private readonly steps: CheckedStep[] = []
  private announced: Capabilities | undefined
  private proved: Proved = NOTHING
  private lagMs: number | undefined

  constructor({ url, token }: BrokerCheckOptions) {
    this.url = url
    this.broker = brokerAt(url, token)
  }

  close(): Promise<void> {
    return this.broker.close()
  }

  /** Steps that send nothing. */
  async reads(): Promise<void> {
    await this.step('announces what it can prove', async signal => {
      this.announced = await this.broker.announced(signal)
      return Object.keys(this.announced).join(', ')
    })
    await this.step('refuses a wrong token with 401', async signal => {
      const stranger = brokerAt(
        this.url,
        tokenFrom(() => randomBytes(16).toString('hex')),
      )
      const error = await stranger.holdings(signal).catch((reason: unknown) => reason)
      await stranger.close()
      if (error instanceof Unauthorized) return '401'
      throw new Error('another token was accepted, or not refused by 401')
    })
    await this.step('says of an order that never was: absent, in a 200', async signal => {
      const { kind } = await this.broker.orderByClientId(freshId(), signal)
      if (kind === 'absent' || kind === 'unknown') return kind
      throw new Error(`it is ${kind}`)
    })
    await this.step('says by name what it lists', async signal => {
      const rows = await this.broker.holdings(signal)
      for (const { quantity, ageMs: _age, entryPrice: _price, ...key } of rows.slice(0, 20)) {
        const report = await this.broker.holding(key, signal)
        if (report.kind === 'held' && report.quantity === quantity) continue
        throw new Error(`${key.instrument} is ${quantity} in the list, ${textOf(report)} by name`)
      }
      return `${rows.length} holdings`
    })
  }

  /** Steps that close a holding. */
  async trades({ instrument: name, quantity }: NonNullable<BrokerCheckOptions['trade']>) {
    const instrument = instrumentId(name)
    const held = await this.heldOf(instrument)
    if (Math.abs(held) < 2 * quantity) {
      const seen = `${held} ${name} are held, twice ${quantity} are needed`
      this.steps.push({ name: 'closes a part of a holding', outcome: 'not tried', seen })
      return
    }
    const side: Side = held > 0 ? 'long' : 'short'
    const id = freshId()
    const order = { ...orderOf(instrument, side), clientOrderId: id, quantity }
    const isPlaced = await this.step('closes a part of a holding, and shows it', async signal => {
      const from = performance.now()
      const answer = await this.broker.placeExit(order, signal)
      if (answer.kind !== 'acknowledged') throw new Error(`the order was answered: ${answer.kind}`)
      const wanted = held - signOf(side) * quantity
      await this.shows(instrument, wanted)
      this.lagMs = performance.now() - from
      return `${this.lagMs.toFixed(0)} ms after the order`
    })
    if (!isPlaced) return
    await this.step('finds an order by its id after it is filled', async signal => {
      const { kind } = await this.broker.orderByClientId(id, signal)
      if (kind === 'filled') this.proved = { ...this.proved, lookup: 'complete' }
      else if (kind === 'absent') this.proved = { ...this.proved, lookup: 'open-only' }
      if (kind === 'filled' || kind === 'unknown' || kind === 'absent') return kind
      throw new Error(`the order is filled, and it is ${kind}`)
    })
    await this.step('makes no second order of an id whose order is filled', async signal => {
      const before = await this.heldOf(instrument)
      const { kind } = await this.broker.placeExit(order, signal)
      await sleep(Math.max(LEAST_LAG_MS, 2 * (this.lagMs ?? 0)))
      const after = await this.heldOf(instrument)
      if (after !== before) throw new Error('it was executed a second time: dedupe is not always')
      this.proved = { ...this.proved, dedupe: 'always' }
      return `answered: ${kind}`
    })
    await this.overshoot(instrument, side)
  }

  private async overshoot(instrument: InstrumentId, side: Side): Promise<void> {
    await this.step('never goes through zero with reduceOnly', async signal => {
      const held = Math.abs(await this.heldOf(instrument))
      const order = { ...orderOf(instrument, side), clientOrderId: freshId(), quantity: 2 * held }
      const { kind } = await this.broker.placeExit(order, signal)
      await sleep(Math.max(LEAST_LAG_MS, 2 * (this.lagMs ?? 0)))
      const after = await this.heldOf(instrument)
      if (signOf(side) * after < 0) throw new Error(`${after} are held after it`)
      this.proved = { ...this.proved, reduceOnly: true }
      return `answered: ${kind}; ${after} are held after it`
    })
    await this.step('says of a holding that is closed: flat', async signal => {
      if ((await this.heldOf(instrument)) !== 0) return 'it is not closed'
      const rows = await this.broker.holdings(signal)
      if (rows.some(row => row.instrument === instrument)) throw new Error('it is still listed')
      return 'flat, and not listed'
    })
  }

  /** What may be claimed: what the steps proved, and no more than is announced. */
  result(): BrokerCheck {
    const { announced, proved, lagMs } = this
    const measured = Math.ceil((LAG_FACTOR * (lagMs ?? 0)) / 1_000) * 1_000
    const visibilityMs = Math.max(announced?.visibilityMs ?? 5_000, measured, LEAST_LAG_MS)
    const { lookupKeeps, ...claimed } = announced ?? httpBrokerSchema.shape.capabilities.parse({})
    const lookup = weaker(LOOKUPS, claimed.lookup, proved.lookup)
    return {
      steps: this.steps,
      capabilities: {
        ...claimed,
        ...(lookup === 'complete' && lookupKeeps !== undefined && { lookupKeeps }),
        lookup,
        dedupe: weaker(DEDUPES, claimed.dedupe, proved.dedupe),
        reduceOnly: claimed.reduceOnly && proved.reduceOnly,
        visibilityMs,
      },
    }
  }

  private async step(
    name: string,
    act: (signal: AbortSignal) => Promise<string>,
  ): Promise<boolean> {
    try {
      const seen = await act(AbortSignal.timeout(ANSWER_MS + SHOWN_MS))
      this.steps.push({ name, outcome: 'kept', seen })
      return true
    } catch (error) {
      const seen = error instanceof Error ? error.message : String(error)
      this.steps.push({ name, outcome: 'broken', seen })
      return false
    }
  }

  private async heldOf(instrument: InstrumentId): Promise<number> {
    const report = await this.broker.holding({ instrument }, AbortSignal.timeout(ANSWER_MS))
    if (report.kind === 'unknown') throw new Error(`the holding of ${instrument} is not known`)
    return report.kind === 'flat' ? 0 : report.quantity
  }

  private async shows(instrument: InstrumentId, wanted: number): Promise<void> {
    const end = performance.now() + SHOWN_MS
    for (;;) {
      const held = await this.heldOf(instrument)
      if (leftOf(Math.abs(held), Math.abs(wanted)) === 0) return
      if (performance.now() > end) throw new Error(`${held} are held, and not ${wanted}`)
      await sleep(STEP_MS)
    }
  }
}

const LOOKUPS = ['none', 'open-only', 'complete'] as const
const DEDUPES = ['never', 'open-only', 'always'] as const

function weaker<Claim>(order: readonly Claim[], a: Claim, b: Claim): Claim {
  return order.indexOf(a) < order.indexOf(b) ? a : b
}

const freshId = (): ClientOrderId => `wk${randomBytes(12).toString('hex')}` as ClientOrderId

const orderOf = (instrument: InstrumentId, side: Side) =>
  ({
    positionId: positionId('check'),
    instrument,
    side,
    priceSource: 'trade',
    reduceOnly: true,
  }) as const satisfies Partial<ExitOrder>

const textOf = (report: HoldingReport): string =>
  report.kind === 'held' ? String(report.quantity) : report.kind

const brokerAt = (url: string, token: TokenSource): HttpBroker =>
  httpBroker({ ...httpBrokerSchema.parse({ url, token: 'in the source', plainHttp: true }), token })

/** Capabilities as a configuration has them. */
export const shownCapabilities = ({ lookupKeeps, ...claimed }: Capabilities) => ({
  ...claimed,
  ...(lookupKeeps !== undefined && { lookupKeeps: horizonText(lookupKeeps) }),
})
