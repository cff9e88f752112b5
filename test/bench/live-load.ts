import type { Decision } from '../../src/domain/decision.ts'
import { instrumentId, positionId, type PositionId } from '../../src/domain/ids.ts'
import type { JournalLine } from '../../src/ports/journal-lines.ts'
import type { WatchedPosition } from '../../src/risk/watched-position.ts'
import { addAll, liveRig, type LiveRig } from './live-rig.ts'
import { seeded } from './prices.ts'

export interface LoadOptions {
  readonly positions: number
  readonly instruments: number
  readonly ticksPerSecond: number
  /** Largest move of one tick, percent. */
  readonly stepPct: number
}

/** What the service guards at 10,000 positions: about 70 exits a second. */
export const FULL_LOAD: LoadOptions = {
  positions: 10_000,
  instruments: 500,
  ticksPerSecond: 20_000,
  stepPct: 0.025,
}

/** Ticks whose time of receipt is remembered; a decision refers to its tick by number. */
const REMEMBERED = 2 ** 17
/** A delayed feed catches up by at most so many ticks in one event turn. */
const MOST_AT_ONCE = 2_000
const CYCLE_MS = 500

/** Comparison of the account and the position table at the end. */
export interface Audit {
  readonly exits: number
  /** Generations that crossed their stop, or were closed, without a fill. */
  readonly lost: readonly string[]
  /** Generations with more than one fill. */
  readonly doubled: readonly string[]
}

/**
 * A trailed position for each slot on random walks; an exited one is replaced by a new generation
 * of its id.
 */
export class LiveLoad {
  /** Times from the receipt of a tick to the decision that it caused, ms; the reader empties it. */
  latencies: number[] = []
  decided = 0
  ticks = 0
  readonly rig: LiveRig
  private readonly options: LoadOptions
  private readonly random = seeded(7)
  private readonly prices: Float64Array
  private readonly receivedAt = new Float64Array(REMEMBERED)
  private readonly shadow: Shadow
  private readonly names: ReturnType<typeof instrumentId>[]
  private readonly adding = new Set<Promise<unknown>>()
  private timers: NodeJS.Timeout[] = []

  /** Opens a system and takes every position under guard. */
  static async open(
    options: LoadOptions,
    beforeMonitor?: (watched: WatchedPosition) => void,
  ): Promise<LiveLoad> {
    // No event is emitted before the first tick, thus not before the load exists.
    let load: LiveLoad | undefined
    const rig = await liveRig({
      onDecision: decision => load?.onDecision(decision),
      onLine: line => load?.onLine(line),
      ...(beforeMonitor !== undefined && { beforeMonitor }),
    })
    load = new LiveLoad(rig, options)
    const slots = Array.from({ length: options.positions }, (_, slot) => slot)
    await addAll(
      rig,
      slots.map(slot => load.entry(slot)),
    )
    for (const slot of slots) load.shadow.begin(slot, 100)
    return load
  }

  private constructor(rig: LiveRig, options: LoadOptions) {
    this.rig = rig
    this.options = options
    this.prices = new Float64Array(options.instruments).fill(100)
    this.shadow = new Shadow(options)
    this.names = Array.from(this.prices, (_, index) => instrumentId(`I${index}`))
  }

  /** Lets ticks and cycles come by the clock until `stop`. */
  start(): void {
    const start = performance.now() - (this.ticks * 1_000) / this.options.ticksPerSecond
    const deliver = (): void => {
      const due = Math.floor(((performance.now() - start) * this.options.ticksPerSecond) / 1_000)
      const most = Math.min(due, this.ticks + MOST_AT_ONCE)
      while (this.ticks < most) this.tick()
    }
    this.timers = [setInterval(deliver, 1), setInterval(() => this.rig.account.cycle(), CYCLE_MS)]
  }

  /** Ends the ticks; resolves when every exit has ended and every new generation is guarded. */
  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    const { account } = this.rig
    for (let round = 0; round < 100; round++) {
      await Promise.all(this.adding)
      account.cycle()
      await account.settled()
      if (account.state.openExits.size === 0 && this.adding.size === 0) return
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }

  /** Compares fills, register, holdings and a plain evaluation; call it after `stop`. */
  async audit(): Promise<Audit> {
    const { account, paper } = this.rig
    const fills = new Map<PositionId, number>()
    for (const { positionId: id } of paper.fills()) fills.set(id, (fills.get(id) ?? 0) + 1)
    const lost: string[] = []
    const doubled: string[] = []
    let [open, exits] = [0, 0]
    for (const { position, generation, state } of account.state.positions.values()) {
      const { id } = position
      const isOpen = state === 'open'
      const over = isOpen ? generation - 1 : generation
      const filled = fills.get(id) ?? 0
      if (isOpen) open++
      exits += filled
      if (filled > over) doubled.push(`${id}: ${filled} fills in ${over} generations`)
      if (filled < over) lost.push(`${id}: ${filled} fills in ${over} generations`)
      if (isOpen && this.shadow.isCrossed(slotOf(id))) lost.push(`${id}: crossed, and still open`)
    }
    const held = (await paper.holdings()).reduce((sum, each) => sum + Math.abs(each.quantity), 0)
    if (held > open) lost.push(`the account holds ${held} units, the register ${open}`)
    if (held < open) doubled.push(`the account holds ${held} units, the register ${open}`)
    return { exits, lost, doubled }
  }

  private tick(): void {
    const { random, prices, options } = this
    const instrument = Math.floor(random() * options.instruments)
    const move = (random() + random() - 1) * (options.stepPct / 100)
    const price = Math.round(prices[instrument]! * (1 + move) * 1_000) / 1_000
    prices[instrument] = price
    this.ticks++
    const { account } = this.rig
    this.receivedAt[(account.engine.dispatcher.seq + 1) % REMEMBERED] = performance.now()
    account.tick({ instrument: this.names[instrument]!, ts: Date.now(), price })
    this.shadow.tick(instrument, price)
  }

  private onDecision({ tick }: Decision): void {
    this.decided++
    if (tick !== null) {
      this.latencies.push(performance.now() - this.receivedAt[tick.seq % REMEMBERED]!)
    }
  }

  private onLine({ kind, positionId: id }: JournalLine): void {
    if (kind !== 'exit-filled' || id === undefined) return
    const slot = slotOf(id)
    this.shadow.end(slot)
    const added = this.add(slot).finally(() => this.adding.delete(added))
    this.adding.add(added)
  }

  private async add(slot: number): Promise<void> {
    const { position, rules } = this.entry(slot)
    await this.rig.account.add(position, rules, 'bench')
    this.shadow.begin(slot, position.entryPrice)
  }

  private entry(slot: number) {
    const instrument = slot % this.options.instruments
    const position = {
      id: positionId(`s${slot}`),
      instrument: this.names[instrument]!,
      quantity: 1,
      side: this.shadow.sideOf(slot),
      entryPrice: this.prices[instrument]!,
      openedAt: Date.now(),
      multiplier: 1,
      priceSource: 'trade' as const,
    }
    return { position, rules: { trailingStop: { distancePct: this.shadow.distancePctOf(slot) } } }
  }
}

const slotOf = (id: string): number => Number(id.slice(1))

/**
 * The simplest evaluation of the same stops, one comparison a tick and position. A generation
 * begins here when it is known to be guarded, so that the service must see each crossing seen here.
 */
class Shadow {
  private readonly options: LoadOptions
  /** Best price of each slot; NaN between two generations, which compares false with everything. */
  private readonly best: Float64Array
  private readonly crossed: Uint8Array

  constructor(options: LoadOptions) {
    this.options = options
    this.best = new Float64Array(options.positions).fill(NaN)
    this.crossed = new Uint8Array(options.positions)
  }

  /** Every other position of an instrument is short. */
  sideOf(slot: number): 'long' | 'short' {
    return Math.floor(slot / this.options.instruments) % 2 === 0 ? 'long' : 'short'
  }

  /** 0.3 to 2 %: some positions live briefly, most long. */
  distancePctOf(slot: number): number {
    return (30 + ((slot * 7_919) % 171)) / 100
  }

  begin(slot: number, price: number): void {
    this.best[slot] = price
    this.crossed[slot] = 0
  }

  end(slot: number): void {
    this.best[slot] = NaN
  }

  isCrossed(slot: number): boolean {
    return this.crossed[slot] === 1
  }

  tick(instrument: number, price: number): void {
    const { best, options } = this
    for (let slot = instrument; slot < options.positions; slot += options.instruments) {
      const sign = this.sideOf(slot) === 'long' ? 1 : -1
      if (sign * price > sign * best[slot]!) best[slot] = price
      // Slightly beyond the stop, so that rounding never blames the service.
      const stop = best[slot]! * (1 - (sign * (this.distancePctOf(slot) + 1e-6)) / 100)
      if (sign * price < sign * stop) this.crossed[slot] = 1
    }
  }
}
