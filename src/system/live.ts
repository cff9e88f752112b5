import { type Down, type Ref, send } from '../actors/actor.ts'
import type { GatewayMessage, PortfolioMessage, PortfolioStanding } from '../actors/messages.ts'
import type { PortfolioOptions } from '../actors/portfolio.ts'
import type { Decision } from '../domain/decision.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { Tick } from '../domain/tick.ts'
import { WatchkeeperError } from '../errors.ts'
import { type KillSwitch, maySend } from '../exits/kill-switch.ts'
import type { MassExitOptions } from '../exits/mass-exit.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Profiler } from '../observability/profiler.ts'
import type { Broker } from '../ports/broker.ts'
import type { JournalLine, RulesRequest } from '../ports/control.ts'
import { type Clock, steadyNow } from '../ports/clock.ts'
import type { KeptRatchet, Registered } from '../ports/keeper.ts'
import type { Quotes } from '../ports/quotes.ts'
import type { ExitFollower } from '../ports/telemetry.ts'
import type { Timers } from '../ports/timers.ts'
import { DEFAULT_SUPERVISION, type Supervision } from '../resilience/supervision-policy.ts'
import type { LimitStanding, Realised } from '../risk/portfolio.ts'
import type { RuleSet } from '../risk/rule.ts'
import { backfill, replay } from '../risk/missed.ts'
import { levelsAt, refuseCrossed } from '../risk/rule-change.ts'
import { tradingDayAt } from '../risk/trading-day.ts'
import { ask } from './ask.ts'
import { AskedExits } from './asked-exits.ts'
import type { Chaos } from './chaos.ts'
import { ClockWatch } from './clock-watch.ts'
import { withDeadline } from '../actors/deadline.ts'
import { startsHeld } from '../exits/reconcile.ts'
import { connect, type Core } from './core.ts'
import type { ExitVenue, GatewayOptions } from './gateway-options.ts'
import { ExitJournal } from './exit-journal.ts'
import { Guarding } from './guarding.ts'
import { ruleSetOf } from './kept-rules.ts'
import { lineOf, textOf } from './lines.ts'
import { NO_LIMITS, startPortfolio } from './live-portfolio.ts'
import { type LivePast, LiveState, pastOf } from './live-state.ts'
import { type LiveChange, type LiveKeeper, LiveWriter } from './live-writer.ts'
import type { Performance } from './performance.ts'
import { machineTimers } from './machine-timers.ts'
import { MassExitHold } from './mass-exit-hold.ts'
import { Registrar, type Wanted } from './registrar.ts'
import { ResumePoint } from './resume-point.ts'
import { SupervisionView } from './supervision.ts'
import { TickGate, type TickGateOptions } from './tick-gate.ts'

/** A broker with an account of its own. */
export type Venue = ExitVenue &
  Partial<Pick<Broker, 'quotes'>> & {
    /** Told after each tick: orders may wait for the first price of an instrument. */
    priced(instrument: Tick['instrument']): Promise<void> | undefined
  }

export interface LiveOptions {
  readonly keeper: LiveKeeper
  readonly venue: (quotes: Quotes) => Venue
  readonly clock: Clock
  readonly callTimeoutMs: number
  /** Default `guard`; `observe` sends nothing. */
  readonly mode?: 'guard' | 'observe'
  readonly instruments?: InstrumentTable
  readonly portfolio?: PortfolioOptions
  readonly massExit?: MassExitOptions | undefined
  readonly ticks?: TickGateOptions
  readonly exits?: GatewayOptions['exits']
  readonly adopt?: GatewayOptions['adopt']
  readonly reconcileMs?: number | undefined
  /** With an empty store nothing is sent before a person has confirmed what the account holds. */
  readonly confirmsHoldings?: boolean
  /** Where calls, exits and errors are counted. */
  readonly performance?: Performance | undefined
  /** Told how each exit goes on. */
  readonly followers?: readonly ExitFollower[]
  readonly supervision?: Supervision | undefined
  /** Set where things are to go wrong on purpose. */
  readonly chaos?: Pick<Chaos, 'beforeMonitor' | 'rules'> | undefined
  /** Default the machine's. */
  readonly timers?: Timers
  readonly random?: () => number
  /** A younger price is tested as soon as a position comes, an older one guards nobody, ms; default 30 s. */
  readonly freshMs?: number
  /** Whether this process owns the store at this moment; default: always. */
  readonly isStoreOurs?: () => boolean
  /** Awaited before a new position is registered: its account must hold it. */
  readonly beforeGuard?: (registered: Registered) => Promise<void>
  /** Told of each journal line once it is durable. */
  readonly onLine: (line: JournalLine) => void
  /** Told when the store begins to refuse writes, and with undefined when it takes them again. */
  readonly onTrouble?: (error: WatchkeeperError | undefined) => void
  /** Something that the service cannot go on without has ended. */
  readonly onFatal: (error: WatchkeeperError) => void
}

const UNMEASURED: Pick<Profiler, 'phase'> = { phase: (_name, part) => part() }
/** Time between two looks at whether an intent is durable, ms. */
const POLL_MS = 5
const FRESH_MS = 30_000

/** A running service: the register, the straight line from tick to order, and what must be durable. */
export class LiveSystem {
  readonly core: Core<Venue>
  readonly state: LiveState
  readonly registrar: Registrar
  readonly instruments: InstrumentTable
  readonly gate: TickGate
  readonly clockWatch: ClockWatch
  readonly supervision: Supervision
  readonly supervisionView: SupervisionView
  readonly guarding: Guarding
  readonly resumePoint: ResumePoint
  /** Ticks that were evaluated. */
  ticks = 0
  private readonly options: LiveOptions
  private readonly writer: LiveWriter
  /** Nothing is sent before a person has confirmed what the account holds. */
  isUnconfirmed = false
  private areSendsHeld = false
  private readonly asked: AskedExits
  private readonly exits: ExitJournal
  private readonly portfolioRef: () => Ref<PortfolioMessage>

  /** Opens with what an earlier process left behind; `recover` then takes it under guard. */
  static async open(options: LiveOptions): Promise<LiveSystem> {
    const past = await options.keeper.load()
    const system = new LiveSystem(options, past)
    if (options.confirmsHoldings === true && past.register.size === 0) await system.askToConfirm()
    return system
  }

  private constructor(options: LiveOptions, past: LivePast) {
    const { clock, venue, callTimeoutMs, chaos } = options
    this.options = options
    this.state = new LiveState(past)
    this.instruments = options.instruments ?? new InstrumentTable()
    this.gate = new TickGate(options.ticks ?? { confirmMs: FRESH_MS })
    this.clockWatch = new ClockWatch(clock)
    this.supervision = options.supervision ?? DEFAULT_SUPERVISION
    this.resumePoint = new ResumePoint({
      dispatcher: () => this.core.dispatcher,
      isDurable: ({ position: { id }, isDecisionRecorded }) => {
        const row = this.state.register.get(id)
        return isDecisionRecorded || row?.state !== 'open' || row.observed !== undefined
      },
    })
    this.writer = new LiveWriter(
      {
        ...{ keeper: options.keeper, onLine: options.onLine, onFenced: options.onFatal },
        onTrouble: options.onTrouble,
        feedPlace: () => this.resumePoint.place?.(),
        takeRatchets: (take, isLast) => {
          if (!isLast && !this.resumePoint.isCalm()) return false
          this.core.dispatcher.takeRatchets(({ position }, ratchet) => take(position.id, ratchet))
          return true
        },
      },
      past.ratchets,
      past.day,
    )
    const exits = new ExitJournal({
      ...{ state: this.state, writer: this.writer, now: () => clock.now() },
      ...{ portfolio: () => this.portfolio, performance: options.performance },
      followers: options.followers ?? [],
      decidedBy: decision => this.decidedBy(decision),
    })
    this.exits = exits
    const hold = new MassExitHold(options.massExit, () => clock.now())
    this.core = connect({
      journal: event => exits.record(event),
      broker: venue,
      beforeMonitor: chaos?.beforeMonitor,
      callTimeoutMs,
      freshMs: options.freshMs ?? FRESH_MS,
      ratcheted: () => this.writer.gather(),
      decided: guard => this.resumePoint.decided(guard),
      now: steadyNow(clock),
      isHeld: record => this.areSendsHeld || !this.isStoreOurs || hold.isHeld(record),
      observe: this.isObserving ? decision => exits.observed(decision) : undefined,
      save: record =>
        this.state.openExits.has(record.positionId)
          ? exits.saveAgain(record)
          : exits.save(record, hold.admit(record)),
      note: record => exits.later(record),
      kept: () => pastOf(this.state, this.isUnconfirmed),
      instruments: this.instruments,
      ...{ exits: options.exits, adopt: options.adopt, reconcileMs: options.reconcileMs },
      supervision: this.supervision,
      ...{ clock, timers: options.timers ?? machineTimers, random: options.random ?? Math.random },
      onFailure: down => this.fail(down),
    })
    const { roster, supervisor } = this.core
    this.supervisionView = new SupervisionView({
      ...{ roster, supervisor, clock, policy: this.supervision },
      tell: (kind, detail) => this.tell(kind, detail),
    })
    this.guarding = new Guarding({
      ...{ state: this.state, roster, instruments: this.instruments, clock },
      staleMs: options.freshMs ?? FRESH_MS,
      isStoreOurs: () => this.writer.errors === 0 && this.isStoreOurs,
    })
    this.registrar = new Registrar({
      rows: this.state.register,
      writer: this.writer,
      core: this.core,
      ...{ clock, beforeGuard: options.beforeGuard },
      isNet: this.core.broker.capabilities.holdings === 'net',
      guard: (registered, guarded) => this.guard(registered, { guarded }),
    })
    this.asked = new AskedExits({
      gateway: () => this.core.gateway,
      isAnswered: ({ position: { id }, generation }) => {
        const row = this.state.register.get(id)
        const isOpen = row?.state === 'open' && row.generation === generation
        return !isOpen || row.observed !== undefined || this.state.openExits.has(id)
      },
    })
    this.portfolioRef = startPortfolio(
      {
        ...{ options: options.portfolio, state: this.state, writer: this.writer },
        ...{
          actors: this.core.actors,
          serve: this.core.serve,
          quotes: this.core.dispatcher,
          now: () => clock.now(),
        },
        instruments: this.instruments,
        exit: id => this.exit(id, 'daily-loss'),
      },
      past.day,
    )
    for (const registered of past.register.values()) this.resume(registered)
  }

  /** The present incarnation. */
  get portfolio(): Ref<PortfolioMessage> {
    return this.portfolioRef()
  }

  get isObserving(): boolean {
    return this.options.mode === 'observe'
  }

  /** Errors of the store since its last write that went well. */
  get storeErrors(): number {
    return this.writer.errors
  }

  /** The best price of a position that is on disk: what is shown outside cannot be lost. */
  durableBest({ id, entryPrice }: Position): number {
    return this.writer.durable.get(id)?.best ?? entryPrice
  }

  /** How it stands with what is made durable. */
  get storeStanding() {
    const { errors, lineCount, lostLines, waiting } = this.writer
    return { failing: errors, journalLines: lineCount, lostLines, waiting }
  }

  /** A person has looked at what the account holds: exits may be sent. */
  confirmHoldings(by: string): void {
    this.setUnconfirmed(false)
    this.tell('holdings-confirmed', { by })
  }

  /** The broker's last prices of instruments. */
  quotes(instruments: readonly InstrumentId[]): Promise<readonly Tick[]> {
    const { quotes } = this.core.broker
    if (quotes === undefined) return Promise.resolve([])
    return quotes(instruments, new AbortController().signal)
  }

  /** The instruments whose prices decide: of open positions, and of what they derive from. */
  *instrumentsHeld(): Iterable<InstrumentId> {
    for (const { guard } of this.core.roster.all()) {
      yield guard.position.instrument
      if (guard.other === undefined) continue
      const instrument = guard.underlying?.instrument ?? guard.position.underlying
      if (instrument !== undefined) yield instrument
    }
  }

  /** The instruments whose rules ask for a price when none has come for too long. */
  *instrumentsToPoll(): Iterable<InstrumentId> {
    const { now } = this
    for (const { guard } of this.core.roster.all()) {
      const { stream } = guard.own
      for (const rule of guard.ruleSet.rules) {
        if (rule.kind !== 'stale-quote' || rule.action !== 'poll') continue
        const afterMs = rule.afterMs === 'auto' ? stream.quietMs : rule.afterMs
        const since = Math.max(stream.lastAt, guard.position.openedAt)
        if (now - since > afterMs) yield guard.position.instrument
      }
    }
  }

  /** Takes a tick as it comes. */
  tick(tick: Tick): void {
    const { dispatcher, actors, broker } = this.core
    if (!dispatcher.knows(tick.instrument)) return
    const at = this.options.clock.now()
    for (const each of this.gate.accept(tick, at)) {
      this.ticks++
      dispatcher.tick(each, at)
      const filling = broker.priced(each.instrument)
      if (filling !== undefined) actors.track(filling)
    }
    this.writer.gather()
  }

  /**
   * Takes a tick that was missed when it came, in the order of the feed. One that is young enough may
   * still decide; of an older one only the best prices take notice.
   */
  missed(tick: Tick): void {
    const { dispatcher, actors, broker } = this.core
    if (!dispatcher.knows(tick.instrument)) return
    const at = this.options.clock.now()
    for (const each of this.gate.acceptMissed(tick, at)) {
      if (this.gate.isTooOld(each, at)) {
        backfill(dispatcher, each)
        continue
      }
      this.ticks++
      replay(dispatcher, each, at)
      const filling = broker.priced(each.instrument)
      if (filling !== undefined) actors.track(filling)
    }
    this.writer.gather()
  }

  /** What is due by time, and what was not answered. */
  cycle(profiler: Pick<Profiler, 'phase'> = UNMEASURED): void {
    const { dispatcher, supervisor, gateway, reconciler } = this.core
    profiler.phase('clock', () => {
      const movedMs = this.clockWatch.look()
      if (movedMs !== undefined) this.tell('clock-moved', { movedMs })
    })
    profiler.phase('deadlines', () => dispatcher.advance(this.options.clock.now()))
    profiler.phase('actors', () => {
      send(supervisor, { kind: 'cycle' })
      this.asked.repeat()
      send(gateway, { kind: 'cycle' })
      send(reconciler, { kind: 'cycle' })
      send(this.portfolio, { kind: 'cycle' })
    })
    profiler.phase('flush', () => {
      this.writer.keepPlace()
      this.writer.drain()
    })
    profiler.phase('guarding', () => this.guarding.look())
  }

  /** Takes a position under guard; it is durable when the promise resolves. */
  add(position: Position, rules: Registered['rules'], by: string): Promise<Registered> {
    return this.registrar.add({ position, rules }, by)
  }

  changeRules(id: PositionId, request: RulesRequest, by: string): Promise<Registered> {
    return this.registrar.changeRules(id, request, by)
  }

  async release(id: PositionId, by: string): Promise<void> {
    await this.registrar.release(id, by)
    this.exits.discarded(id)
  }

  /** Throws EXITS_AT_ONCE if a position would be exited at the present price. */
  refuseImmediateExit({ position, rules, price }: Wanted & { price: number }): void {
    const ruleSet = ruleSetOf({ position, rules })
    const at = this.options.clock.now()
    refuseCrossed(position, levelsAt(position, ruleSet, { best: position.entryPrice, at }), price)
  }

  /** Resolves when the intent to exit a position is durable, or its exit is over. */
  async settledExit(id: PositionId): Promise<void> {
    for (;;) {
      const registered = this.state.register.get(id)
      if (registered?.state !== 'open' || registered.observed !== undefined) return
      if (this.state.openExits.has(id)) return
      await new Promise(resolve => setTimeout(resolve, POLL_MS))
    }
  }

  /** Asks for the exit of a position at market; a later call joins the first. */
  exit(id: PositionId, reason: 'manual' | 'kill-switch' | 'daily-loss'): void {
    const { position, generation } = this.registrar.open(id)
    const decision = this.byHand(position, reason)
    this.asked.ask({ kind: 'exit', decision, position, generation })
  }

  /** Moves the kill switch; resolves when that is durable. */
  async setKillSwitch(killSwitch: KillSwitch): Promise<void> {
    const by = killSwitch.by?.who
    const line = lineOf(this.now, 'kill-switch', undefined, { state: killSwitch.state, by })
    await this.writer.now({ killSwitch, lines: [line] })
    this.state.killSwitch = killSwitch
    send(this.core.gateway, { kind: 'kill-switch', killSwitch })
    if (killSwitch.state !== 'flatten') return
    for (const { position, state } of this.state.register.values()) {
      if (state === 'open') this.exit(position.id, 'kill-switch')
    }
  }

  /** Forgets the exits that were never sent; their positions are guarded again. */
  async discardExits(by: string): Promise<void> {
    const records = await ask<GatewayMessage, readonly ExitRecord[]>(this.core.gateway, done => {
      return { kind: 'discard', done }
    })
    await Promise.all(records.map(record => this.discard(record, by)))
  }

  /** Counts what somebody else has realised; resolves when it is durable. */
  async reportRealised(profit: Realised, by: string): Promise<void> {
    this.tell('profit-reported', { ...profit, by })
    await ask<PortfolioMessage, void>(this.portfolio, done => {
      return { kind: 'reported', profit, done }
    })
    await this.writer.flush()
  }

  /** Puts the loss behind a limit; resolves when that is durable. Throws LIMIT_UNKNOWN. */
  async resetLimit(limit: string, by: string): Promise<void> {
    const before = await ask<PortfolioMessage, LimitStanding | undefined>(this.portfolio, done => {
      return { kind: 'reset', limit, done }
    })
    if (before === undefined) {
      throw new WatchkeeperError('LIMIT_UNKNOWN', `no limit is named ${JSON.stringify(limit)}`)
    }
    this.tell('limit-reset', { limit, loss: before.loss, by })
    await this.writer.flush()
  }

  /** The day's sums, until when the day goes on (epoch ms), and where each limit stands. */
  async portfolioStanding(): Promise<PortfolioStanding & { readonly until: number }> {
    const standing = await ask<PortfolioMessage, PortfolioStanding>(this.portfolio, answer => {
      return { kind: 'ask', answer }
    })
    const { dayStart } = this.options.portfolio ?? NO_LIMITS
    return { ...standing, until: tradingDayAt(dayStart, standing.day.from).until }
  }

  /** A line about the service as a whole, durable soon. */
  tell(kind: string, detail: Readonly<Record<string, unknown>>): void {
    this.writer.soon({ line: lineOf(this.now, kind, undefined, detail) })
  }

  /** The same, durable when the promise resolves. */
  told(kind: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
    this.tell(kind, detail)
    return this.writer.flush()
  }

  /** Resolves when no message, call or write is under way. */
  async settled(): Promise<void> {
    do {
      await this.core.actors.idle()
      this.writer.drain()
      await this.writer.busy
    } while (!this.core.actors.isIdle || this.writer.busy !== undefined)
  }

  /** Whether orders may leave at this moment. */
  get mayLeave(): boolean {
    return !this.areSendsHeld && this.isStoreOurs && maySend(this.state.killSwitch)
  }

  /**
   * Whether an order that has waited for its turn is to be sent: its position may be released or
   * closed by now, or the gateway replaced, and nobody would follow it.
   */
  isWanted({ positionId, clientOrderId }: ExitOrder): boolean {
    const { exits, strangers } = this.core.book
    const record = exits.record(positionId)
    const isSending = record?.state.kind === 'sending'
    return isSending && record.order.clientOrderId === clientOrderId && strangers.length === 0
  }

  /** Everything that is kept, as it is in memory: for a store that has lost it. */
  whole(): LiveChange {
    const { register, openExits, killSwitch } = this.state
    const ratchets = new Map(this.writer.durable)
    for (const { guard } of this.core.roster.all()) {
      if (register.open.has(guard.position.id)) ratchets.set(guard.position.id, guard.ratchet())
    }
    const { lastDay: day } = this.writer
    const feedPlace = this.resumePoint.place?.()
    return {
      ...{ register: [...register.values()], exits: [...openExits.values()], killSwitch, ratchets },
      ...(day !== undefined && { day }),
      ...(feedPlace !== undefined && { feedPlace }),
    }
  }

  /** From now on nothing new is sent; what was sent is still followed. */
  holdSends(): void {
    this.areSendsHeld = true
  }

  /** Ends every actor, after what was decided is durable. */
  async stop(): Promise<void> {
    await this.writer.close()
    this.core.actors.stopAll()
  }

  /** An account that cannot be looked at may hold anything. */
  private async askToConfirm(): Promise<void> {
    const { callTimeoutMs } = this.options
    const { broker } = this.core
    const ask = withDeadline(callTimeoutMs, signal => broker.holdings(signal))
    const isHeld = await ask.then(
      holdings => startsHeld(true, holdings),
      () => true,
    )
    if (!isHeld) return
    this.setUnconfirmed(true)
    this.tell('holdings-unconfirmed', {})
  }

  /** The position begins a new life, in which no order of the exit that is forgotten means anything. */
  private async discard(record: ExitRecord, by: string): Promise<void> {
    const { positionId: id } = record
    let renewed: Registered | undefined
    try {
      renewed = await this.registrar.renew(id, by)
    } catch (error) {
      const { position } = this.registrar.open(id)
      send(this.core.gateway, { kind: 'take-back', record, position })
      throw error
    }
    if (renewed === undefined) return
    this.exits.discarded(id)
    this.asked.forget(id)
    const ratchet = this.core.roster.get(id)?.guard.ratchet() ?? this.state.ratchets.get(id)
    this.guard(renewed, { ratchet })
  }

  private setUnconfirmed(isUnconfirmed: boolean): void {
    this.isUnconfirmed = isUnconfirmed
    send(this.core.gateway, { kind: 'confirm', isUnconfirmed })
  }

  private get now(): number {
    return this.options.clock.now()
  }

  private get isStoreOurs(): boolean {
    return this.options.isStoreOurs?.() !== false
  }

  /** Takes up what an earlier process has left of a position. */
  private resume(registered: Registered): void {
    const { id } = registered.position
    if (registered.state !== 'open' || this.state.openExits.has(id)) return
    const { observed: _over, ...afresh } = registered
    if (registered.observed !== undefined) {
      if (this.isObserving) {
        const { position, generation } = registered
        send(this.core.gateway, { kind: 'own', position, generation })
        return
      }
      this.state.register.set(id, afresh)
      this.writer.soon({ row: afresh })
    }
    this.guard(afresh, { ratchet: this.state.ratchets.get(id) })
  }

  private guard(
    registered: Registered,
    { ratchet, guarded }: { ratchet?: KeptRatchet | undefined; guarded?: () => void },
  ): void {
    const { position, generation } = registered
    this.core.dispatcher.advance(this.now)
    send(this.core.gateway, { kind: 'own', position, generation })
    send(this.core.supervisor, {
      kind: 'guard',
      ...{ position, ruleSet: this.rulesOf(registered), generation },
      ...(ratchet !== undefined && { ratchet }),
      ...(guarded !== undefined && { guarded }),
    })
    if (this.state.killSwitch.state === 'flatten') this.exit(position.id, 'kill-switch')
  }

  private rulesOf(registered: Registered): RuleSet {
    const ruleSet = ruleSetOf(registered)
    return this.options.chaos?.rules(ruleSet) ?? ruleSet
  }

  private byHand({ id, instrument, side, ...position }: Position, reason: ExitReason): Decision {
    const child = this.core.roster.get(id)
    const best =
      child === undefined ? position.entryPrice : child.guard.sign * child.guard.bestNow()
    return {
      positionId: id,
      ...{ instrument, side, reason, matched: [reason], at: this.now },
      ...{ tick: null, level: null, best, priceSource: position.priceSource },
    }
  }

  /** Which incarnation decided, and how long ago its tick or deadline was, ms. */
  private decidedBy({ positionId, tick, at }: Decision) {
    const { clock } = this.options
    const child = this.core.roster.get(positionId)
    const wokenAt = tick === null ? NaN : (child?.guard.wokenAt ?? NaN)
    const ageMs = Number.isNaN(wokenAt) ? clock.now() - at : clock.monotonic() - wokenAt
    return { epoch: child?.epoch, ageMs: Math.max(0, ageMs) }
  }

  private fail({ name, reason }: Down): void {
    const text = `the ${name} failed: ${textOf(reason)}`
    this.options.onFatal(new WatchkeeperError('ACTOR_FAILED', text, { cause: reason }))
  }
}
