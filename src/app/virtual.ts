import { type Down, send } from '../actors/actor.ts'
import { PaperBroker } from '../brokers/paper.ts'
import { connect, type Core } from '../engine/engine.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import { WatchkeeperError } from '../errors.ts'
import type { GatewayPast } from '../actors/gateway.ts'
import { OFF } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { RowSink } from '../ports/feed.ts'
import type { Journal } from '../ports/journal.ts'
import { PriceBoard } from '../risk/price-board.ts'
import type { RuleSet } from '../risk/rule.ts'
import { standing, type Standing } from '../risk/standing.ts'
import { TickFilter, type TickFilterOptions } from '../risk/tick-filter.ts'

export interface VirtualSystemOptions extends TickFilterOptions {
  /** Told of everything that happens, at the moment it happens. */
  readonly journal: Journal
}

/** Times are whole milliseconds: so much later, what is due at a time is due, and nothing else. */
const AFTER_MS = 0.5
/** Questions that prove what the last row has filled, and the time before each, ms. */
const LAST_QUESTIONS = 3
const PROOF_MS = 1_500

/**
 * The whole system in virtual time: the same dispatcher, monitors, supervisor, gateway and paper
 * broker that guard live positions, driven by recorded ticks. Time moves only when no message and
 * no promise is under way, so equal input gives equal output.
 */
export class VirtualSystem implements RowSink {
  /** The last tick that passed the filter: what decides now was decided by it, or by time. */
  lastTick: Tick | undefined
  /** Rows played so far. */
  rows = 0
  private readonly core: Core<PaperBroker>
  private readonly filter: TickFilter
  private readonly passed: Tick[] = []
  private readonly exits = new Map<PositionId, ExitRecord>()
  private readonly positions = new Map<PositionId, Position>()
  private failure: WatchkeeperError | undefined
  /** Time of the last row, epoch ms. */
  private lastAt = -Infinity
  /** What the gateway's clock is ahead of the last event, ms: after the last row its time alone goes on. */
  private aheadMs = 0

  constructor({ journal, ...filterOptions }: VirtualSystemOptions) {
    this.filter = new TickFilter(filterOptions)
    const board = new PriceBoard()
    this.core = connect({
      board,
      journal: event => {
        const isOver = event.kind === 'exit-filled' || event.kind === 'exit-closed'
        if (isOver) this.positions.delete(event.decision.positionId)
        journal(event)
      },
      broker: new PaperBroker(board),
      save: record => {
        this.exits.set(record.positionId, record)
        return Promise.resolve()
      },
      note: record => void this.exits.set(record.positionId, record),
      aheadMs: () => this.aheadMs,
      callTimeoutMs: Infinity,
      asksAtOnce: true,
      kept: () => this.kept(),
      clock: { monotonic: () => Math.max(0, this.core.dispatcher.now + this.aheadMs) },
      // No time passes between two rows: who waits for a backoff is back before the next one.
      timers: { after: (_ms, call) => (call(), () => undefined) },
      random: () => 0.5,
      onFailure: down => this.fail(down),
    })
  }

  /** Ticks dropped because their price cannot be true. */
  get badTicks(): number {
    return this.filter.dropped
  }

  /** Whether an instrument that a position depends on has had a price. */
  hasPrice(instrument: InstrumentId): boolean {
    return this.core.dispatcher.board.hasPrice(instrument)
  }

  /** Takes a position under guard. It is guarded from the next row on. */
  guard(position: Position, ruleSet: RuleSet): void {
    this.positions.set(position.id, position)
    this.core.broker.deposit(position)
    send(this.core.gateway, { kind: 'own', position, generation: 1 })
    send(this.core.supervisor, { kind: 'guard', position, ruleSet, generation: 1 })
  }

  /** Resolves when every position taken under guard has its monitor. */
  ready(): Promise<void> {
    return this.settled()
  }

  /**
   * Plays one recorded row. Gives a promise only when somebody has to act on it: the next row may
   * be played once that is kept. Rows come in order of time.
   */
  row(tick: Tick): Promise<void> | undefined {
    const at = tick.ts
    this.lastAt = at
    this.rows++
    if (this.core.dispatcher.nextDue < at) return this.passTo(at).then(() => this.offer(tick, at))
    return this.offer(tick, at)
  }

  /** Ends the replay: what is due up to and including the time of the last row still happens. */
  async finish(): Promise<void> {
    await this.settled()
    await this.passTo(this.lastAt + AFTER_MS)
    // A fill of the last row is proved by a report of the holding that was asked for after it.
    for (let question = 0; question < LAST_QUESTIONS; question++) {
      this.aheadMs += PROOF_MS
      send(this.core.reconciler, { kind: 'cycle' })
      await this.settled()
    }
    this.core.actors.stopAll()
  }

  /** Where a position stands at the time of the last row; undefined once it is closed. */
  standing(id: PositionId): Standing | undefined {
    const child = this.core.roster.get(id)
    return child === undefined ? undefined : standing(child.guard, this.lastAt)
  }

  /** Lets everything that is due before `at` happen, one moment after the other. */
  private async passTo(at: number): Promise<void> {
    for (let due = this.core.dispatcher.nextDue; due < at; due = this.core.dispatcher.nextDue) {
      this.core.dispatcher.advance(due + AFTER_MS)
      await this.settled()
    }
  }

  private offer(tick: Tick, at: number): Promise<void> | undefined {
    const { passed } = this
    passed.length = 0
    this.filter.accept(tick, passed)
    if (passed.length === 1) {
      this.show(passed[0]!, at)
      return this.core.actors.isIdle ? undefined : this.settled()
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
    this.core.dispatcher.tick(tick, at)
    this.core.broker.priced(tick.instrument)
  }

  /** What a new incarnation of the gateway starts from. */
  private kept(): GatewayPast {
    const open = [...this.positions.values()]
    return {
      exits: open.flatMap(position => {
        const record = this.exits.get(position.id)
        return record === undefined ? [] : [{ record, position }]
      }),
      open: open
        .filter(({ id }) => !this.exits.has(id))
        .map(position => ({ position, generation: 1 })),
      ...{ released: [], followed: [], ended: [], killSwitch: OFF, isUnconfirmed: false },
    }
  }

  private async settled(): Promise<void> {
    await this.core.actors.idle()
    if (this.failure !== undefined) throw this.failure
  }

  private fail({ name, reason }: Down): void {
    const message = reason instanceof Error ? reason.message : String(reason)
    this.failure ??= new WatchkeeperError('ACTOR_FAILED', `the ${name} failed: ${message}`, {
      cause: reason,
    })
  }
}
