import { type Down, send } from '../actors/actor.ts'
import type { GatewayParts } from '../actors/gateway-calls.ts'
import { connect, type Core } from './core.ts'
import { type LiveKeeper, LiveWriter } from './live-writer.ts'
import type { Decision } from '../domain/decision.ts'
import type { PositionId } from '../domain/ids.ts'
import type { Fill } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import { WatchkeeperError } from '../errors.ts'
import { type KillSwitch, OFF } from '../exits/kill-switch.ts'
import { type ExitRecord, recovered } from '../exits/ledger.ts'
import type { Broker } from '../ports/broker.ts'
import type { JournalLine, RulesRequest } from '../ports/control.ts'
import type { Clock } from '../ports/clock.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { KeptLine, Past, Registered } from '../ports/keeper.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { Ratchet } from '../risk/guard.ts'
import type { RuleSet } from '../risk/rule.ts'
import { compileRuleSet } from '../risk/rule-set.ts'
import { levelsAt, refuseCrossed, refuseLooser } from '../risk/rule-change.ts'
import { standing } from '../risk/standing.ts'
import { TickFilter } from '../risk/tick-filter.ts'

/** A broker with an account of its own. */
export type Venue = GatewayParts['broker'] &
  Pick<Broker, 'streamOrders'> & {
    /** Told after each tick: orders may wait for the first price of an instrument. */
    priced(instrument: Tick['instrument']): Promise<void>
  }

export interface LiveOptions {
  readonly keeper: LiveKeeper
  readonly venue: (quotes: Quotes) => Venue
  readonly clock: Clock
  readonly callTimeoutMs: number
  /** Awaited before a new position is registered: its account must hold it. */
  readonly beforeGuard?: (registered: Registered) => Promise<void>
  /** Told of each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Something that the service cannot go on without has ended. */
  readonly onFatal: (error: WatchkeeperError) => void
}

/** Time between two looks at whether an intent is durable, ms. */
const POLL_MS = 5

/** A running service: the register, the straight line from tick to order, and what must be durable. */
export class LiveSystem {
  readonly core: Core<Venue>
  readonly register: Map<PositionId, Registered>
  killSwitch: KillSwitch
  brokerErrors = 0
  /** Exits that are durable and not over. */
  readonly openExits = new Map<PositionId, ExitRecord>()
  /** Positions whose monitor nobody restarts any more. */
  readonly unattended = new Set<PositionId>()
  restarts = 0
  private readonly options: LiveOptions
  private readonly filter = new TickFilter()
  private readonly passed: Tick[] = []
  private readonly writer: LiveWriter
  private isDrainDue = false
  private isStopped = false

  /** Opens with what an earlier process left behind; `recover` then takes it under guard. */
  static async open(options: LiveOptions): Promise<LiveSystem> {
    return new LiveSystem(options, await options.keeper.load())
  }

  private constructor(options: LiveOptions, past: Past<ExitRecord, KillSwitch>) {
    const { clock, venue, callTimeoutMs } = options
    this.options = options
    this.register = new Map(past.register)
    this.killSwitch = past.killSwitch ?? OFF
    const now = clock.now()
    this.writer = new LiveWriter({
      ...{ keeper: options.keeper, onLine: options.onLine, onFenced: options.onFatal },
      takeRatchets: take =>
        this.core.dispatcher.takeRatchets(({ position }, ratchet) => take(position.id, ratchet)),
    })
    this.core = connect({
      journal: event => this.record(event),
      broker: venue,
      callTimeoutMs,
      now: () => clock.now(),
      save: record => this.save(record),
      note: record => {
        // A filled exit is over: closing its position in the register takes its record away.
        if (record.state.kind === 'filled') return
        this.writer.soon({ exit: record })
      },
      before: {
        exits: past.exits.map(record => recovered(record, now)),
        killSwitch: this.killSwitch,
      },
      onFailure: down => this.fail(down),
    })
    for (const record of past.exits) this.openExits.set(record.positionId, record)
    for (const registered of past.register.values()) {
      const { id } = registered.position
      if (registered.state === 'open' && !this.openExits.has(id)) {
        this.guard(registered, past.ratchets.get(id))
      }
    }
  }

  /** Errors of the store since its last write that went well. */
  get storeErrors(): number {
    return this.writer.errors
  }

  /** Bad ticks so far. */
  get badTicks(): number {
    return this.filter.dropped
  }

  /** Takes a tick as it comes. */
  tick(tick: Tick): void {
    const { passed } = this
    const at = this.options.clock.now()
    passed.length = 0
    this.filter.accept(tick, passed)
    for (const each of passed) {
      this.core.dispatcher.tick(each, at)
      this.core.actors.track(this.core.broker.priced(each.instrument))
    }
    this.drainSoon()
  }

  /** What is due by time, and what was not answered. */
  cycle(): void {
    const { dispatcher, supervisor, gateway } = this.core
    dispatcher.advance(this.options.clock.now())
    send(supervisor, { kind: 'cycle' })
    send(gateway, { kind: 'cycle' })
    this.writer.drain()
  }

  /** Takes a position under guard; it is durable when the promise resolves. */
  async add(position: Position, rules: Registered['rules'], by: string): Promise<Registered> {
    const known = this.register.get(position.id)
    if (known?.state === 'open') {
      const text = `position ${position.id} is guarded already`
      throw new WatchkeeperError('POSITION_EXISTS', text)
    }
    const generation = (known?.generation ?? 0) + 1
    const registered: Registered = { position, rules, generation, state: 'open' }
    ruleSetOf(registered)
    await this.options.beforeGuard?.(registered)
    const line = this.line('position-added', position.id, { by, generation })
    await this.writer.now({ register: [registered], lines: [line] })
    this.register.set(position.id, registered)
    await new Promise<void>(resolve => this.guard(registered, undefined, resolve))
    return registered
  }

  /**
   * Gives a position other rules; durable when the promise resolves. They may only tighten unless
   * `force`, and must not exit at once unless `exitNow`.
   */
  async changeRules(
    id: PositionId,
    { rules, force, exitNow }: RulesRequest,
    by: string,
  ): Promise<Registered> {
    const registered: Registered = { ...this.open(id), rules }
    const ruleSet = ruleSetOf(registered)
    const guard = this.core.roster.get(id)?.guard
    if (guard === undefined || guard.decision !== undefined) {
      throw new WatchkeeperError('POSITION_UNKNOWN', `position ${id} is being exited`)
    }
    const now = this.options.clock.now()
    const next = levelsAt(guard.position, ruleSet, { best: guard.ratchet().best, at: now })
    if (!force) refuseLooser(guard.position, standing(guard, now), next)
    const price = guard.own.stream.lastPrice
    if (!exitNow) refuseCrossed(guard.position, next, price)
    await this.writer.now({
      register: [registered],
      lines: [this.line('rules-changed', id, { by, rules })],
    })
    this.register.set(id, registered)
    await new Promise<void>(resolve => {
      send(this.core.supervisor, { kind: 'rerule', positionId: id, ruleSet, guarded: resolve })
    })
    return registered
  }

  /** Throws EXITS_AT_ONCE if a position would be exited at the present price. */
  refuseImmediateExit(wanted: Pick<Registered, 'position' | 'rules'> & { price: number }): void {
    const { position, price } = wanted
    const ruleSet = ruleSetOf(wanted)
    const at = this.options.clock.now()
    refuseCrossed(position, levelsAt(position, ruleSet, { best: position.entryPrice, at }), price)
  }

  /** Resolves when the intent to exit a position is durable, or its exit is over. */
  async settledExit(id: PositionId): Promise<void> {
    while (this.register.get(id)?.state === 'open' && !this.openExits.has(id)) {
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }

  /** Asks for the exit of a position at market; a later call joins the first. */
  exit(id: PositionId, reason: 'manual' | 'kill-switch'): void {
    const registered = this.open(id)
    const { position, generation } = registered
    const decision = this.byHand(position, reason)
    send(this.core.gateway, { kind: 'exit', decision, position, generation })
  }

  /** Stops guarding a position; the broker's position stays. */
  async release(id: PositionId, by: string): Promise<void> {
    const registered: Registered = { ...this.open(id), state: 'released' }
    const line = this.line('position-released', id, { by })
    await this.writer.now({ register: [registered], lines: [line] })
    this.register.set(id, registered)
    send(this.core.supervisor, { kind: 'closed', positionId: id })
  }

  /** Moves the kill switch; resolves when that is durable. */
  async setKillSwitch(killSwitch: KillSwitch): Promise<void> {
    const line = this.line('kill-switch', undefined, {
      state: killSwitch.state,
      by: killSwitch.by?.who,
    })
    await this.writer.now({ killSwitch, lines: [line] })
    this.killSwitch = killSwitch
    send(this.core.gateway, { kind: 'kill-switch', killSwitch })
    if (killSwitch.state !== 'flatten') return
    for (const { position, state } of this.register.values()) {
      if (state === 'open') this.exit(position.id, 'kill-switch')
    }
  }

  /** Resolves when no message, call or write is under way. */
  async settled(): Promise<void> {
    do {
      await this.core.actors.idle()
      this.writer.drain()
      await this.writer.busy
    } while (!this.core.actors.isIdle || this.writer.busy !== undefined)
  }

  /** Ends every actor, after what was decided is durable. */
  async stop(): Promise<void> {
    this.isStopped = true
    this.writer.drain()
    await this.writer.busy
    this.core.actors.stopAll()
  }

  /** Once the ticks that came together are through: their ratchets need not wait for the cycle. */
  private drainSoon(): void {
    if (this.isDrainDue || this.isStopped) return
    this.isDrainDue = true
    setImmediate(() => {
      this.isDrainDue = false
      if (!this.isStopped) this.writer.drain()
    })
  }

  private open(id: PositionId): Registered {
    const registered = this.register.get(id)
    if (registered?.state === 'open') return registered
    throw new WatchkeeperError('POSITION_UNKNOWN', `no open position ${id}`)
  }

  private guard(registered: Registered, ratchet: Ratchet | undefined, guarded?: () => void): void {
    const { position, generation } = registered
    send(this.core.supervisor, {
      kind: 'guard',
      ...{ position, ruleSet: ruleSetOf(registered), generation },
      ...(ratchet !== undefined && { ratchet }),
      ...(guarded !== undefined && { guarded }),
    })
    if (this.killSwitch.state === 'flatten') this.exit(position.id, 'kill-switch')
  }

  private byHand(
    { id, instrument, side, ...position }: Position,
    reason: Decision['reason'],
  ): Decision {
    const child = this.core.roster.get(id)
    const best =
      child === undefined ? position.entryPrice : child.guard.sign * child.guard.bestNow()
    return {
      positionId: id,
      ...{ instrument, side, reason, matched: [reason], at: this.options.clock.now() },
      ...{ tick: null, level: null, best, priceSource: position.priceSource },
    }
  }

  private async save(record: ExitRecord): Promise<void> {
    const { decision, positionId } = record
    const line = this.line('exit-intended', positionId, {
      reason: decision.reason,
      matched: decision.matched,
      level: decision.level,
      price: decision.tick?.price ?? null,
      clientOrderId: record.order.clientOrderId,
    })
    await this.writer.now({ exits: [record], lines: [line] })
    this.openExits.set(positionId, record)
  }

  private record(event: JournalEvent): void {
    switch (event.kind) {
      case 'exit-intended':
        return
      case 'exit-filled':
        this.closed(event.decision, event.fill)
        return
      case 'exit-failed':
        this.brokerErrors++
        this.note('exit-failed', event.decision.positionId, { error: text(event.error) })
        return
      case 'exit-unknown':
        this.note('exit-unknown', event.decision.positionId, {})
        return
      case 'exit-rejected': {
        const { decision, code, rejections } = event
        this.note('exit-rejected', decision.positionId, { code, rejections })
        return
      }
      case 'store-failed':
        return
      case 'monitor-restarted':
        this.restarts++
        this.note(event.kind, event.positionId, { epoch: event.epoch, error: text(event.reason) })
        return
      case 'monitor-gave-up':
        this.unattended.add(event.positionId)
        this.note(event.kind, event.positionId, { error: text(event.reason) })
    }
  }

  private closed(decision: Decision, fill: Fill): void {
    const { positionId, reason } = decision
    const registered = this.register.get(positionId)
    if (registered !== undefined) {
      const over: Registered = { ...registered, state: 'closed' }
      this.register.set(positionId, over)
      this.writer.soon({ closed: over })
    }
    this.openExits.delete(positionId)
    this.note('exit-filled', positionId, { reason, price: fill.price, quantity: fill.quantity })
  }

  private note(kind: string, positionId: PositionId, detail: Record<string, unknown>): void {
    this.writer.soon({ line: this.line(kind, positionId, detail) })
  }

  private line(
    kind: string,
    positionId: PositionId | undefined,
    detail: Record<string, unknown>,
  ): KeptLine {
    const at = this.options.clock.now()
    return { at, kind, ...(positionId !== undefined && { positionId }), ...detail }
  }

  private fail({ name, reason }: Down): void {
    const error = new WatchkeeperError('ACTOR_FAILED', `the ${name} failed: ${text(reason)}`, {
      cause: reason,
    })
    this.options.onFatal(error)
  }
}

const text = (reason: unknown): string =>
  reason instanceof Error ? reason.message : String(reason)

/** The rule set of a register row; its options were valid when they were written. */
function ruleSetOf({ position, rules }: Pick<Registered, 'position' | 'rules'>): RuleSet {
  const { ruleSet, faults } = compileRuleSet(rules)
  if (ruleSet !== undefined) return ruleSet
  const [fault] = faults
  const where = `the rules of ${position.id}: ${fault!.path.join('.')}`
  const found = `found ${fault!.found}, expected ${fault!.expected}`
  throw new WatchkeeperError('BAD_RULES', `${where}: ${found}`)
}
