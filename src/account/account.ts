import { send, type Down, type Ref } from '../actors/actor.ts'
import { within } from '../actors/deadline.ts'
import { heard } from '../actors/heard.ts'
import type { PortfolioMessage } from '../actors/messages.ts'
import type { Decision } from '../domain/decision.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import { connect, type Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { RulesRequest } from '../ports/control.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { KeptRatchet, LifeRatchet, Registered } from '../ports/state-repository.ts'
import type { PhaseMeter } from '../ports/telemetry.ts'
import { DEFAULT_SUPERVISION, type Supervision } from '../resilience/supervision-policy.ts'
import { backfill, replay } from '../risk/missed.ts'
import type { RuleSet } from '../risk/rule.ts'
import { Admission } from './admission.ts'
import { Guarding } from './coverage.ts'
import { EntryTests } from './entry-tests.ts'
import { EventRecorder } from './event-recorder.ts'
import { FeedCheckpoint } from './feed-checkpoint.ts'
import { HoldingsConfirmation } from './holdings-confirmation.ts'
import { lineOf, textOf } from './journal-line.ts'
import { ManualExits } from './manual-exits.ts'
import { MassExitHold } from './mass-exit-hold.ts'
import { MissingPrices } from './missing-prices.ts'
import type { AccountOptions, Venue } from './options.ts'
import { PortfolioActs } from './portfolio-acts.ts'
import { NO_LIMITS, startPortfolio } from './portfolio.ts'
import { PositionChanges, type RulesChanged } from './position-changes.ts'
import { StateWriter } from './state-writer.ts'
import { pastOf, type AccountState } from './state.ts'
import { ruleSetOf } from './stored-rules.ts'
import { TickIntake } from './tick-intake.ts'
import { TrustedClock, type ClockEvent } from './trusted-clock.ts'
import type { AccountChange } from './write-queue.ts'

const UNMEASURED: PhaseMeter = { phase: (_name, part) => part() }
/** Longest wait of an orderly end for the store, ms. */
const STOP_MS = 10_000
const FRESH_MS = 30_000

/** A running service: the register, the straight line from tick to order, and what must be durable. */
export class Account {
  readonly core: Engine<Venue>
  readonly state: AccountState
  readonly registrar: PositionChanges
  readonly instruments: InstrumentTable
  readonly gate: TickIntake
  readonly clock: TrustedClock
  readonly supervision: Supervision
  readonly guarding: Guarding
  readonly missingPrices: MissingPrices
  readonly doors: Admission
  readonly entryTests: EntryTests
  readonly resumePoint: FeedCheckpoint
  readonly byHand: ManualExits
  readonly portfolio: PortfolioActs
  readonly confirmation: HoldingsConfirmation
  /** Ticks that were evaluated. */
  ticks = 0
  private readonly options: AccountOptions
  private readonly writer: StateWriter
  private readonly portfolioRef: () => Ref<PortfolioMessage>

  /** Opens with what an earlier process left behind; `recover` then takes it under guard. */
  static async open(options: AccountOptions): Promise<Account> {
    const system = new Account(options)
    if (options.confirmsHoldings === true && options.state.register.size === 0) {
      await system.confirmation.ask()
    }
    if (options.doubt !== undefined) await system.doubtStore(options.doubt)
    return system
  }

  private constructor(options: AccountOptions) {
    const { venue, board, callTimeoutMs, chaos } = options
    const clock = TrustedClock.of(options.clock)
    this.clock = clock
    this.options = options
    this.state = options.state
    this.instruments = options.instruments ?? new InstrumentTable()
    this.gate = new TickIntake(
      { ...(options.ticks ?? { confirmMs: FRESH_MS }), machineNow: () => clock.machineNow() },
      this.instruments,
    )
    this.supervision = options.supervision ?? DEFAULT_SUPERVISION
    this.resumePoint = new FeedCheckpoint({
      isDurable: ({ position: { id }, isDecisionRecorded }) => {
        const row = this.state.register.get(id)
        return isDecisionRecorded || row?.state !== 'open' || row.observed !== undefined
      },
    })
    this.writer = new StateWriter(
      {
        keeper: options.keeper,
        register: this.state.register,
        onLine: options.onLine,
        onFenced: options.onFatal,
        onTrouble: options.onTrouble,
      },
      this.state.ratchets,
      this.state.day,
    )
    const exits = new EventRecorder({
      state: this.state,
      writer: this.writer,
      now: () => clock.now(),
      portfolio: () => this.portfolioRef(),
      performance: options.performance,
      followers: options.followers ?? [],
      decidedBy: decision => this.decidedBy(decision),
      doubted: () => void this.doubtStore('the broker has an order that this store never sent'),
    })
    const hold = new MassExitHold(options.massExit, () => clock.monotonic())
    this.core = connect({
      journal: (event, generation) => exits.record(event, generation),
      broker: venue,
      board,
      beforeMonitor: chaos?.beforeMonitor,
      callTimeoutMs,
      freshMs: options.freshMs ?? FRESH_MS,
      ratcheted: () => this.writer.gather(),
      decided: guard => this.resumePoint.decided(guard),
      now: () => clock.steady(),
      isHeld: record => !options.permission.isOurs || hold.isHeld(record),
      observe: this.isObserving ? decision => exits.observed(decision) : undefined,
      save: record =>
        this.state.openExits.get(record.positionId)?.generation === record.generation
          ? exits.saveAgain(record)
          : exits.save(record, hold.admit(record)),
      note: record => exits.later(record),
      noteReleased: exit => exits.laterReleased(exit),
      kept: () => pastOf(this.state),
      instruments: this.instruments,
      storeId: this.state.storeId,
      exits: options.exits,
      adopt: options.adopt,
      reconcileMs: options.reconcileMs,
      supervision: this.supervision,
      clock,
      timers: options.timers,
      random: options.random ?? Math.random,
      onFailure: down => this.fail(down),
    })
    this.writer.attach({
      feedPlace: () => this.resumePoint.place?.(),
      takeRatchets: (take, isLast) => {
        if (!isLast && !this.resumePoint.isCalm(this.core.dispatcher.pending)) return false
        this.core.dispatcher.takeRatchets((guard, ratchet) => {
          const child = this.core.roster.get(guard.position.id)
          if (child?.guard !== guard) return
          take(guard.position.id, { ...ratchet, generation: child.generation })
        })
        return true
      },
    })
    this.confirmation = new HoldingsConfirmation({
      core: this.core,
      state: this.state,
      writer: this.writer,
      callTimeoutMs,
      now: () => clock.now(),
    })
    const { roster } = this.core
    this.guarding = new Guarding({
      state: this.state,
      roster,
      instruments: this.instruments,
      clock,
      staleMs: options.freshMs ?? FRESH_MS,
      pauseMs: options.pauseMs ?? Infinity,
      isStoreOurs: () => this.writer.errors === 0 && options.permission.isStoreOurs,
    })
    this.missingPrices = new MissingPrices({
      roster,
      isPriced: each => board.hasPrice(each),
      tell: (kind, detail) => this.tell(kind, detail),
    })
    this.doors = new Admission({
      rows: this.state.register,
      board,
      gate: this.gate,
      clock,
      skewMs: options.skewMs ?? 0,
      freshMs: options.freshMs ?? FRESH_MS,
    })
    this.entryTests = new EntryTests({
      rows: this.state.register,
      writer: this.writer,
      core: this.core,
      now: () => clock.now(),
      freshMs: options.freshMs ?? FRESH_MS,
    })
    this.registrar = new PositionChanges({
      rows: this.state.register,
      writer: this.writer,
      core: this.core,
      clock,
      beforeGuard: options.beforeGuard,
      isNet: this.core.broker.capabilities.holdings === 'net',
      exitOf: (id, generation) => {
        const record = this.core.book.exits.record(id) ?? this.state.openExits.get(id)
        return record?.generation === generation ? record : undefined
      },
      released: (registered, exit) => exits.released(registered, exit),
      guard: (registered, guarded) => this.guard(registered, { guarded }),
    })
    this.byHand = new ManualExits({
      core: this.core,
      state: this.state,
      writer: this.writer,
      registrar: this.registrar,
      journal: exits,
      now: () => clock.now(),
      guard: (registered, ratchet) => this.guard(registered, { ratchet }),
    })
    const { actors, serve } = this.core
    this.portfolioRef = startPortfolio(
      {
        options: options.portfolio,
        state: this.state,
        writer: this.writer,
        actors,
        serve,
        quotes: board,
        now: () => clock.now(),
        instruments: this.instruments,
        exit: id => this.byHand.exit(id, 'daily-loss'),
      },
      this.state.day,
    )
    this.portfolio = new PortfolioActs({
      dayStart: (options.portfolio ?? NO_LIMITS).dayStart,
      portfolio: this.portfolioRef,
      tell: (kind, detail) => this.tell(kind, detail),
      flush: () => this.writer.flush(),
    })
    const registrations = [...this.state.register.values()]
    for (const registered of registrations) this.resume(registered)
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

  /** Journal lines whose commit has begun so far. */
  get begunLines(): number {
    return this.writer.begunLines
  }

  /** How it stands with what is made durable. */
  get storeStanding() {
    const { errors, lineCount, lostLines, waiting } = this.writer
    return { failing: errors, journalLines: lineCount, lostLines, waiting }
  }

  /** The broker's last prices of instruments. */
  quotes(instruments: readonly InstrumentId[]): Promise<readonly Tick[]> {
    const { quotes } = this.core.broker
    if (quotes === undefined) return Promise.resolve([])
    return quotes(instruments, new AbortController().signal)
  }

  /** Takes a tick as it comes. */
  tick(tick: Tick): void {
    const { dispatcher, actors, broker } = this.core
    if (!dispatcher.board.knows(tick.instrument)) return this.missingPrices.heard(tick.instrument)
    const at = this.clock.now()
    for (const each of this.gate.accept(tick, at)) {
      this.entryTests.test(each)
      this.ticks++
      dispatcher.tick(each, at)
      const filling = broker.priced(each.instrument)
      if (filling !== undefined) actors.track(filling)
    }
    this.writer.gather()
  }

  /**
   * Takes a tick that was missed when it came, in the order of the feed. One that is young enough may
   * still decide; an older one only counts for best prices, and one from outside the hours for nothing.
   */
  missed(tick: Tick): void {
    const { dispatcher, actors, broker } = this.core
    if (!dispatcher.board.knows(tick.instrument)) return
    const at = this.clock.now()
    for (const each of this.gate.acceptMissed(tick, at)) {
      if (this.gate.isClosed(each.instrument, each.ts)) continue
      if (this.gate.whyUnevaluated(each, at) !== undefined) {
        backfill(dispatcher, each)
        continue
      }
      this.ticks++
      this.entryTests.test(each)
      replay(dispatcher, each, at)
      const filling = broker.priced(each.instrument)
      if (filling !== undefined) actors.track(filling)
    }
    this.writer.gather()
  }

  /** What is due by time, and what was not answered. */
  cycle(profiler: PhaseMeter = UNMEASURED): void {
    const { dispatcher, supervisor, gateway, reconciler } = this.core
    profiler.phase('clock', () => {
      const event = this.clock.check()
      if (event !== undefined) this.clockMoved(event)
    })
    profiler.phase('deadlines', () => dispatcher.advance(this.clock.now()))
    profiler.phase('actors', () => {
      send(supervisor, { kind: 'cycle' })
      this.byHand.repeat()
      send(gateway, { kind: 'cycle' })
      send(reconciler, { kind: 'cycle' })
      send(this.portfolioRef(), { kind: 'cycle' })
    })
    profiler.phase('flush', () => {
      this.writer.keepPlace()
      this.writer.drain()
    })
    profiler.phase('guarding', () => this.guarding.look())
  }

  /** A person says that the machine's clock is right. */
  acceptClock(by: string): void {
    const event = this.clock.accept()
    if (event !== undefined) this.clockMoved(event, by)
  }

  /** What was received keeps its age when the clock is followed; deadlines are looked at again. */
  private clockMoved({ kind, ...detail }: ClockEvent, by?: string): void {
    if (kind === 'followed') {
      this.core.dispatcher.shift(detail.movedMs)
      this.gate.shift(detail.movedMs)
      if ('why' in detail && detail.why === 'slept') this.guarding.paused(detail.movedMs)
    }
    this.tell(`clock-${kind}`, { ...detail, ...(by !== undefined && { by }) })
  }

  /** Takes a position under guard; it is durable when the promise resolves. */
  add(position: Position, rules: Registered['rules'], by: string): Promise<Registered> {
    return this.registrar.add({ position, rules }, by)
  }

  changeRules(id: PositionId, request: RulesRequest, by: string): Promise<RulesChanged> {
    return this.registrar.changeRules(id, request, by)
  }

  async release(id: PositionId, by: string): Promise<void> {
    await this.registrar.release(id, by)
  }

  /** A line about the service as a whole, durable soon. */
  tell(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void {
    this.writer.soon({ line: lineOf(this.now, kind, undefined, detail) })
  }

  /** The same, durable when the promise resolves. */
  told(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void> {
    this.tell(kind, detail)
    return this.writer.flush()
  }

  /** Resolves when all that was told so far is durable. Throws STORE_FAILED or STORE_FULL. */
  flush(): Promise<void> {
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

  /** Resolves when every message is handled; calls to the broker may take longer, and do. */
  heard(): Promise<void> {
    return heard(this.core.actors)
  }

  /** Everything that is kept, as it is in memory: for a store that has lost it. */
  whole(): AccountChange {
    const { register, openExits, released, killSwitch } = this.state
    const ratchets = new Map<PositionId, LifeRatchet>()
    for (const [id, { generation }] of register.open) {
      const kept = this.writer.durable.get(id)
      const child = this.core.roster.get(id)
      const ratchet = child?.generation === generation ? child.guard.ratchet() : kept
      if (ratchet !== undefined) ratchets.set(id, { ...ratchet, generation })
    }
    const { lastDay: day } = this.writer
    const feedPlace = this.resumePoint.place?.()
    return {
      register: [...register.values()],
      exits: [...openExits.values()],
      killSwitch,
      ratchets,
      released: [...released.values()].map(exit => {
        const { positionId, generation } = exit.record
        return { positionId, generation, exit }
      }),
      ...(day !== undefined && { day }),
      ...(feedPlace !== undefined && { feedPlace }),
      isUnconfirmed: this.confirmation.isMissing,
    }
  }

  /**
   * The store may be older than its account: nothing is sent before a person has confirmed what is held,
   * unless the configuration asks for no confirmation.
   */
  private async doubtStore(why: string): Promise<void> {
    this.tell('store-doubted', { why })
    if (this.options.confirmsHoldings !== true) return
    // A write that fails leaves the sends of this process held; the store's health tells of it.
    await this.confirmation.doubt(why).catch(() => undefined)
  }

  /** From now on nothing new is sent; what was sent is still followed. */
  holdSends(): void {
    this.options.permission.stop()
  }

  /** Ends every actor, after what was decided is durable, or after so long. */
  async stop(): Promise<void> {
    await within(STOP_MS, this.writer.close())
    this.core.actors.stopAll()
  }

  private get now(): number {
    return this.clock.now()
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
      this.state.register.decide(afresh)
      this.writer.soon({ row: id })
    }
    if (afresh.entry?.kind === 'refused') {
      const { position, generation } = afresh
      send(this.core.gateway, { kind: 'own', position, generation })
      return
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
      position,
      ruleSet: this.rulesOf(registered),
      generation,
      ...(ratchet !== undefined && { ratchet }),
      guarded: () => {
        this.entryTests.begin(registered)
        guarded?.()
      },
    })
    if (this.state.killSwitch.state === 'flatten') this.byHand.exit(position.id, 'kill-switch')
  }

  private rulesOf(registered: Registered): RuleSet {
    const ruleSet = ruleSetOf(registered)
    return this.options.chaos?.rules(ruleSet) ?? ruleSet
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
