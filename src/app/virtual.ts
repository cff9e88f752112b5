import { NO_LIMITS } from '../account/portfolio.ts'
import { TickIntake } from '../account/tick-intake.ts'
import { VirtualAccount } from '../account/virtual-account.ts'
import { VirtualCycles } from '../account/virtual-cycles.ts'
import { ActorRegistry } from '../actors/actor-registry.ts'
import { send, type Down } from '../actors/actor.ts'
import { PaperBroker } from '../brokers/paper.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import { connect, type Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { RowSink } from '../ports/feed.ts'
import { Dispatcher } from '../risk/dispatcher.ts'
import { explain, type RuleExplanation } from '../risk/explain.ts'
import { PriceBoard } from '../risk/price-board.ts'
import type { RuleSet } from '../risk/rule.ts'
import { standing, type Standing } from '../risk/standing.ts'
import type { VirtualSystemOptions } from './virtual-options.ts'

const DEFAULT_CYCLE_MS = 500

/** Times are whole milliseconds: so much later, what is due at a time is due, and nothing else. */
const AFTER_MS = 0.5
/** Questions that prove what the last row has filled, and the time before each, ms. */
const LAST_QUESTIONS = 3
const PROOF_MS = 1_500

/**
 * The whole system in virtual time: the same dispatcher, monitors, supervisor, gateway and paper
 * broker that guard live positions, driven by recorded ticks. Time moves only when no message and
 * no promise is under way, so equal input gives equal output. Times are epoch ms.
 *
 * `row` and `finish` reject with WatchkeeperError ACTOR_FAILED where an actor fails.
 *
 * @example
 * ```ts
 * import { compileRuleSet, instrumentId, positionId, VirtualSystem } from 'watchkeeper'
 * import type { JournalEvent } from 'watchkeeper'
 *
 * const ACME = instrumentId('ACME')
 * const events: JournalEvent[] = []
 * const system = new VirtualSystem({ journal: event => events.push(event) })
 * const id = positionId('a')
 * const units = { quantity: 5, entryPrice: 100, multiplier: 1, openedAt: 0 }
 * const { ruleSet } = compileRuleSet({ stopLoss: { price: 95 } })
 * system.guard({ id, instrument: ACME, side: 'long', ...units, priceSource: 'trade' }, ruleSet!)
 * await system.ready()
 * await system.row({ instrument: ACME, ts: 1_000, price: 101 })
 * system.standing(id)?.stop // => 95
 * system.explain(id).map(({ rule, armed }) => [rule, armed]) // => [['stopLoss', true]]
 * await system.row({ instrument: ACME, ts: 2_000, price: 94 })
 * await system.finish()
 * events.some(({ kind }) => kind === 'exit-filled') // => true
 * ```
 */
export class VirtualSystem implements RowSink {
  /** The last tick that passed the filter: what decides now was decided by it, or by time. */
  lastTick: Tick | undefined
  /** Rows played so far. */
  rows = 0
  private readonly engine: Engine<PaperBroker>
  private readonly options: VirtualSystemOptions
  private readonly account: VirtualAccount
  private readonly gate: TickIntake
  private readonly cycles: VirtualCycles
  private failure: WatchkeeperError | undefined
  /** Time of the last row, epoch ms. */
  private lastAt = -Infinity
  /** What the gateway's clock is ahead of the last event, ms: after the last row its time alone goes on. */
  private aheadMs = 0

  constructor(options: VirtualSystemOptions) {
    this.options = options
    const { maxJumpPct, instruments = new InstrumentTable(), portfolio = NO_LIMITS } = options
    this.gate = new TickIntake({ maxJumpPct, confirmMs: Infinity }, instruments)
    const registry = new ActorRegistry()
    const dispatcher = new Dispatcher()
    this.account = new VirtualAccount({
      ...options,
      registry,
      dispatcher,
      instruments,
      portfolio,
      now: () => this.now,
    })
    const { cycleMs = DEFAULT_CYCLE_MS } = options
    this.cycles = new VirtualCycles(this.account.needsCycles ? cycleMs : Infinity)
    const board = new PriceBoard()
    this.engine = connect({
      registry,
      dispatcher,
      board,
      events: { journal: event => this.account.happened(event) },
      persistence: this.account,
      broker: new PaperBroker(board),
      instruments,
      exits: options.exits,
      isHeld: record => this.account.hold.isHeld(record),
      aheadMs: () => this.aheadMs,
      callTimeoutMs: Infinity,
      asksAtOnce: true,
      kept: () => this.account.kept(),
      clock: { monotonic: () => Math.max(0, this.now) },
      // No time passes between two rows: who waits for a backoff is back before the next one.
      timers: { after: (_ms, call) => (call(), () => undefined) },
      random: () => 0.5,
      onFailure: down => this.fail(down),
    })
    this.account.start(this.engine)
  }

  /** Ticks dropped because their price cannot be true. */
  get badTicks(): number {
    return this.gate.bad
  }

  /** Exits that waited because they came in a mass. */
  get heldExits(): number {
    return this.account.heldExits
  }

  /** Ticks that decided nothing because the market of their instrument was closed. */
  get outsideHours(): number {
    return this.gate.unevaluated.closed
  }

  /** Time of the last price of an instrument that a position depends on, epoch ms; −Infinity: it had none. */
  pricedAt(instrument: InstrumentId): number {
    let at = -Infinity
    for (const [, { lastPrice, lastAt }] of this.engine.sink.board.streamsOf(instrument))
      if (!Number.isNaN(lastPrice)) at = Math.max(at, lastAt)
    return at
  }

  /** Takes a position under guard. It is guarded from the next row on. */
  guard(position: Position, ruleSet: RuleSet): void {
    this.account.add(position)
    this.engine.broker.deposit(position)
    send(this.engine.gateway, { kind: 'own', position, generation: 1 })
    send(this.engine.supervisor, { kind: 'watch', position, ruleSet, generation: 1 })
  }

  /** Resolves when every position taken under guard has its monitor. */
  ready(): Promise<void> {
    return this.settled()
  }

  /**
   * Plays one recorded row. Gives a promise only when an actor has to act on it: the next row may
   * be played once that is kept. Rows come in order of time.
   */
  row(tick: Tick): Promise<void> | undefined {
    const at = tick.ts
    this.lastAt = at
    this.rows++
    if (this.engine.dispatcher.nextDue < at || this.cycles.nextAt <= at)
      return this.passTo(at).then(() => this.offer(tick, at))
    return this.offer(tick, at)
  }

  /** Ends the replay: what is due up to and including the time of the last row still happens. */
  async finish(): Promise<void> {
    await this.settled()
    await this.passTo(this.lastAt + AFTER_MS)
    const settled = (): Promise<void> => this.settled()
    await this.account.cycle(settled)
    if (this.account.isHolding) {
      this.aheadMs += this.options.massExit!.confirmMs
      await this.account.cycle(settled)
    }
    // A fill of the last row is proved by a report of the holding that was asked for after it.
    for (let question = 0; question < LAST_QUESTIONS; question++) {
      this.aheadMs += PROOF_MS
      send(this.engine.reconciler, { kind: 'cycle' })
      await this.settled()
    }
    this.engine.actors.stopAll()
  }

  /** Where a position stands at the time of the last row; undefined once it is closed. */
  standing(id: PositionId): Standing | undefined {
    const child = this.engine.registry.get(id)
    return child === undefined ? undefined : standing(child.watched, this.lastAt)
  }

  /** What each rule of a position does at the time of the last row; empty once it is closed. */
  explain(id: PositionId): RuleExplanation[] {
    const child = this.engine.registry.get(id)
    return child === undefined ? [] : explain(child.watched, this.lastAt)
  }

  /** What the gateway takes for the present time, epoch ms. */
  private get now(): number {
    return this.engine.dispatcher.now + this.aheadMs
  }

  /** Lets everything that is due before `at` happen, one moment after the other, and the cycles until then. */
  private async passTo(at: number): Promise<void> {
    const { dispatcher } = this.engine
    for (;;) {
      const { nextDue } = dispatcher
      const { nextAt } = this.cycles
      if (nextAt <= at && nextAt <= nextDue) {
        dispatcher.advance(nextAt)
        await this.account.cycle(() => this.settled())
        this.cycles.over(this.account.isHolding)
      } else if (nextDue < at) {
        dispatcher.advance(nextDue + AFTER_MS)
        await this.settled()
        this.cycles.happened(nextDue)
      } else return
    }
  }

  private offer(tick: Tick, at: number): Promise<void> | undefined {
    this.cycles.happened(at)
    const passed = this.gate.accept(tick, at)
    if (passed.length === 1) {
      this.show(passed[0]!, at)
      return this.engine.actors.isIdle ? undefined : this.settled()
    }
    return passed.length === 0 ? undefined : this.offerAll([...passed], at)
  }

  private async offerAll(ticks: readonly Tick[], at: number): Promise<void> {
    for (const tick of ticks) {
      this.show(tick, at)
      await this.settled()
    }
  }

  private show(tick: Tick, at: number): void {
    this.lastTick = tick
    this.engine.dispatcher.tick(tick, at, this.engine.sink.board)
    this.engine.broker.priced(tick.instrument)
  }

  private async settled(): Promise<void> {
    await this.engine.actors.idle()
    if (this.failure !== undefined) throw this.failure
  }

  private fail({ name, reason }: Down): void {
    const why = reason instanceof Error ? reason.message : String(reason)
    const text = `the ${name} failed: ${why}`
    this.failure ??= new WatchkeeperError('ACTOR_FAILED', text, { cause: reason })
  }
}
