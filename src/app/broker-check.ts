import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { tokenFrom, type TokenSource } from '../brokers/credentials.ts'
import type { HttpBroker } from '../brokers/http.ts'
import { instrumentId, type InstrumentId } from '../domain/ids.ts'
import { signOf, type Side } from '../domain/position.ts'
import { leftOf } from '../domain/units.ts'
import { Unauthorized } from '../errors.ts'
import type { Capabilities, HoldingKey } from '../ports/broker.ts'
import {
  brokerAt,
  freshId,
  isSame,
  orderOf,
  textOf,
  claimsOf,
  LEAST_LAG_MS,
  NOTHING,
  type Proved,
} from './checked-claims.ts'
import { StreamTrial } from './stream-trial.ts'

export interface BrokerCheckOptions {
  readonly url: string
  readonly token: TokenSource
  /** What to trade; undefined: nothing is sent, the account is only read. */
  readonly trade?: { readonly instrument: string; readonly quantity: number } | undefined
}

export { shownCapabilities } from './checked-claims.ts'
export { faultOfUrl, isInTheClear } from '../brokers/http/address.ts'
export { tokenSource, type TokenSource } from '../brokers/credentials.ts'

/** The result of one step. */
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
  /** Whether the server pushes what changes. */
  readonly stream: boolean
}

/** Longest wait for one answer, for an order to show, and between two questions, ms. */
const [ANSWER_MS, SHOWN_MS, STEP_MS] = [10_000, 30_000, 50]
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
  /** As the server announces itself: products, sides and tickets are part of each question. */
  private broker: HttpBroker
  private stream: StreamTrial | undefined
  private readonly url: string
  private readonly token: TokenSource
  private readonly steps: CheckedStep[] = []
  announced: Capabilities | undefined
  proved: Proved = NOTHING
  lagMs: number | undefined

  constructor({ url, token }: BrokerCheckOptions) {
    this.url = url
    this.token = token
    this.broker = brokerAt(url, token)
  }

  close(): Promise<void> {
    return this.broker.close()
  }

  /** Steps that send nothing. */
  async reads(): Promise<void> {
    await this.step('announces what it can prove', async signal => {
      this.announced = await this.broker.announced(signal)
      await this.broker.close()
      this.broker = brokerAt(this.url, this.token, this.announced)
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
      if (error instanceof Error) throw new Error(`no 401: ${error.message}`, { cause: error })
      throw new Error('another token was accepted')
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
    const stream = new StreamTrial(this.broker)
    if (await stream.isUp()) this.stream = stream
    else this.notTried('pushes what changes', 'no stream is answered')
  }

  private notTried(name: string, seen: string): void {
    this.steps.push({ name, outcome: 'not tried', seen })
  }

  /** Steps that close a holding. */
  async trades({ instrument: name, quantity }: NonNullable<BrokerCheckOptions['trade']>) {
    const key = await this.keyOf(instrumentId(name))
    const held = await this.heldOf(key)
    if (Math.abs(held) < 2 * quantity) {
      const seen = `${held} ${name} are held, twice ${quantity} are needed`
      this.notTried('closes a part of a holding', seen)
      return
    }
    const side: Side = held > 0 ? 'long' : 'short'
    const id = freshId()
    const order = { ...orderOf(key, side), clientOrderId: id, quantity }
    const isPlaced = await this.step('closes a part of a holding, and shows it', async signal => {
      const from = performance.now()
      const answer = await this.broker.placeExit(order, signal)
      if (answer.kind !== 'acknowledged') throw new Error(`the order was answered: ${answer.kind}`)
      const wanted = held - signOf(side) * quantity
      await this.shows(key, wanted)
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
      const before = await this.heldOf(key)
      const { kind } = await this.broker.placeExit(order, signal)
      await sleep(Math.max(LEAST_LAG_MS, 2 * (this.lagMs ?? 0)))
      const after = await this.heldOf(key)
      if (after !== before) throw new Error('it was executed a second time: dedupe is not always')
      this.proved = { ...this.proved, dedupe: 'always' }
      return `answered: ${kind}`
    })
    await this.pushes(name)
    await this.overshoot(key, side)
  }

  /** The holding to trade, by name: the largest one of the instrument that is listed. */
  private async keyOf(instrument: InstrumentId): Promise<HoldingKey> {
    const rows = await this.broker.holdings(AbortSignal.timeout(ANSWER_MS)).catch(() => [])
    const [largest] = rows
      .filter(row => row.instrument === instrument)
      .toSorted((a, b) => Math.abs(b.quantity) - Math.abs(a.quantity))
    if (largest === undefined) return { instrument }
    const { quantity: _quantity, ageMs: _age, entryPrice: _price, ...key } = largest
    return key
  }

  private async pushes(name: string): Promise<void> {
    const { stream } = this
    if (stream === undefined) return
    const isKept = await this.step('pushes what changes', async () => {
      if (!(await stream.isHinted(name))) throw new Error(`nothing about ${name} was pushed`)
      if (stream.odd > 0) throw new Error(`${stream.odd} lines cannot be read`)
      return `a hint about ${name}`
    })
    if (!isKept) this.stream = undefined
  }

  private async overshoot(key: HoldingKey, side: Side): Promise<void> {
    await this.step('never goes through zero with reduceOnly', async signal => {
      const held = Math.abs(await this.heldOf(key))
      const order = { ...orderOf(key, side), clientOrderId: freshId(), quantity: 2 * held }
      const { kind } = await this.broker.placeExit(order, signal)
      await sleep(Math.max(LEAST_LAG_MS, 2 * (this.lagMs ?? 0)))
      const after = await this.heldOf(key)
      if (signOf(side) * after < 0) throw new Error(`${after} are held after it`)
      this.proved = { ...this.proved, reduceOnly: true }
      return `answered: ${kind}; ${after} are held after it`
    })
    await this.step('says of a holding that is closed: flat', async signal => {
      if ((await this.heldOf(key)) !== 0) return 'it is not closed'
      const rows = await this.broker.holdings(signal)
      if (rows.some(row => isSame(row, key))) throw new Error('it is still listed')
      return 'flat, and not listed'
    })
  }

  result(): BrokerCheck {
    const { steps, stream } = this
    return { steps, stream: stream !== undefined, capabilities: claimsOf(this) }
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

  private async heldOf(key: HoldingKey): Promise<number> {
    const report = await this.broker.holding(key, AbortSignal.timeout(ANSWER_MS))
    if (report.kind === 'unknown') throw new Error(`the holding of ${key.instrument} is not known`)
    return report.kind === 'flat' ? 0 : report.quantity
  }

  private async shows(key: HoldingKey, wanted: number): Promise<void> {
    const end = performance.now() + SHOWN_MS
    for (;;) {
      const held = await this.heldOf(key)
      if (leftOf(Math.abs(held), Math.abs(wanted)) === 0) return
      if (performance.now() > end) throw new Error(`${held} are held, and not ${wanted}`)
      await sleep(STEP_MS)
    }
  }
}
