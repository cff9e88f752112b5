import { send } from '../actors/actor.ts'
import { within } from '../actors/deadline.ts'
import { heard } from '../actors/heard.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Position } from '../domain/position.ts'
import type { Tick } from '../domain/tick.ts'
import type { Engine } from '../engine/engine.ts'
import type { Amendment, RulesRequest } from '../ports/control/positions.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { Registered } from '../ports/state-repository.ts'
import type { PhaseMeter } from '../ports/telemetry.ts'
import type { Supervision } from '../resilience/supervision-policy.ts'
import type { Admission } from './admission.ts'
import { ClockWatch } from './clock-watch.ts'
import type { Coverage } from './coverage.ts'
import type { EntryTests } from './entry-tests.ts'
import type { FeedCheckpoint } from './feed-checkpoint.ts'
import type { HoldingsConfirmation } from './holdings-confirmation.ts'
import type { KillSwitchActs } from './kill-switch.ts'
import type { ManualExits } from './manual-exits.ts'
import type { MissingPrices } from './missing-prices.ts'
import type { Venue } from './options.ts'
import type { AccountParts } from './parts.ts'
import type { PortfolioActs } from './portfolio-acts.ts'
import type { PositionChanges, RulesChanged } from './position-changes.ts'
import type { SendPermission } from './send-permission.ts'
import type { ServiceLines } from './service-lines.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import type { TickPath } from './tick-path.ts'
import type { ClockEvent, TrustedClock } from './trusted-clock.ts'
import type { Watching } from './watching.ts'
import { wholeState } from './whole-state.ts'
import type { AccountChange } from './write-queue.ts'

const UNMEASURED: PhaseMeter = { phase: (_name, part) => part() }
/** Longest wait for the store during an orderly stop, ms. */
const STOP_MS = 10_000

/** A guarded account: the line from tick to order, what makes it durable, and what a person may do to it. */
export class Account implements Omit<
  AccountParts,
  'writer' | 'permission' | 'registry' | 'lines' | 'entryTests'
> {
  readonly state: AccountState
  readonly clock: TrustedClock
  readonly instruments: InstrumentTable
  readonly supervision: Supervision
  readonly checkpoint: FeedCheckpoint
  readonly confirmation: HoldingsConfirmation
  readonly engine: Engine<Venue>
  readonly isObserving: boolean
  readonly coverage: Coverage
  readonly missingPrices: MissingPrices
  readonly admission: Admission
  readonly manualExits: ManualExits
  readonly watching: Watching
  readonly changes: PositionChanges
  readonly killSwitch: KillSwitchActs
  readonly portfolio: PortfolioActs
  private readonly writer: StateWriter
  private readonly permission: SendPermission
  private readonly lines: ServiceLines
  /** The path of its ticks from the feed to the dispatcher; accounts of one feed share it. */
  readonly tickPath: TickPath
  private readonly entryTests: EntryTests
  private readonly clockWatch: ClockWatch

  constructor(parts: AccountParts) {
    this.state = parts.state
    this.clock = parts.clock
    this.instruments = parts.instruments
    this.supervision = parts.supervision
    this.checkpoint = parts.checkpoint
    this.confirmation = parts.confirmation
    this.engine = parts.engine
    this.isObserving = parts.isObserving
    this.coverage = parts.coverage
    this.missingPrices = parts.missingPrices
    this.admission = parts.admission
    this.manualExits = parts.manualExits
    this.watching = parts.watching
    this.changes = parts.changes
    this.killSwitch = parts.killSwitch
    this.portfolio = parts.portfolio
    this.writer = parts.writer
    this.permission = parts.permission
    this.lines = parts.lines
    this.tickPath = parts.tickPath
    this.entryTests = parts.entryTests
    this.clockWatch = new ClockWatch(parts.clock)
  }

  /** Errors of the store since its last successful write. */
  get storeErrors(): number {
    return this.writer.errors
  }

  /** The best price of a position as it is on disk: only durable prices are shown outside. */
  durableBest(position: Position): number {
    return this.writer.ratchets.best(position) ?? position.entryPrice
  }

  /** Journal lines whose commit has begun so far. */
  get begunLines(): number {
    return this.writer.begunLines
  }

  /** The state of durable writes, for health and metrics. */
  get storeStanding() {
    const { errors: failing, lineCount: journalLines, backlog, age } = this.writer
    return { failing, journalLines, ...backlog, ratchetAgeMs: age.ms }
  }

  /** The broker's last prices of instruments. */
  quotes(instruments: readonly InstrumentId[]): Promise<readonly Tick[]> {
    const { quotes } = this.engine.broker
    if (quotes === undefined) return Promise.resolve([])
    return quotes(instruments, new AbortController().signal)
  }

  /** Takes a tick as it comes. */
  tick(tick: Tick): void {
    this.tickPath.take(tick)
  }

  /** Takes a tick that was missed when it came, in the order of the feed. */
  missed(tick: Tick): void {
    this.tickPath.takeMissed(tick)
  }

  /** One monitoring cycle: does what is due by time, and repeats requests that were not answered. */
  cycle(profiler: PhaseMeter = UNMEASURED): void {
    const { dispatcher, registry, supervisor } = this.engine
    profiler.phase('clock', () => {
      for (const event of this.clockWatch.check()) this.clockMoved(event)
    })
    profiler.phase('deadlines', () => dispatcher.advance(this.clock.now()))
    profiler.phase('actors', () => {
      send(supervisor, { kind: 'cycle' })
      this.manualExits.repeat()
      send(registry.refOf('gateway'), { kind: 'cycle' })
      send(registry.refOf('reconciler'), { kind: 'cycle' })
      send(registry.refOf('portfolio'), { kind: 'cycle' })
    })
    profiler.phase('flush', () => {
      this.writer.keepPlace()
      this.writer.drain()
    })
    profiler.phase('guarding', () => this.coverage.sweepInTurns())
  }

  /** A person says that the machine's clock is right. */
  acceptClock(by: string): void {
    for (const event of this.clockWatch.accept()) this.clockMoved(event, by)
  }

  /** Takes a position under guard; it is durable when the promise resolves. */
  add(position: Position, rules: Registered['rules'], by: string): Promise<Registered> {
    return this.changes.add({ position, rules }, by)
  }

  changeRules(id: PositionId, request: RulesRequest, by: string): Promise<RulesChanged> {
    return this.changes.changeRules(id, request, by)
  }

  amend(id: PositionId, request: Amendment, by: string): Promise<Registered> {
    return this.changes.amend(id, request, by)
  }

  async release(id: PositionId, by: string): Promise<void> {
    await this.changes.release(id, by)
  }

  /** A line about the service as a whole, durable soon. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void {
    this.lines.write(kind, detail)
  }

  /** The same, durable when the promise resolves. */
  record(kind: JournalKind, detail: Readonly<Record<string, unknown>>): Promise<void> {
    this.note(kind, detail)
    return this.writer.flush()
  }

  /** Resolves when everything written so far is durable. @throws WatchkeeperError STORE_FAILED or STORE_FULL. */
  flush(): Promise<void> {
    return this.writer.flush()
  }

  /** Resolves when no message, call or write is under way. */
  async settled(): Promise<void> {
    const { actors } = this.engine
    do {
      await actors.idle()
      this.writer.drain()
      await this.writer.busy
    } while (!actors.isIdle || this.writer.busy !== undefined)
  }

  /** Resolves when every message is handled; calls to the broker may still be under way. */
  heard(): Promise<void> {
    return heard(this.engine.actors)
  }

  /** The whole stored state as it is in memory, to write it again to a store that has lost it. */
  whole(): AccountChange {
    return wholeState(this, this.writer)
  }

  /** From now on nothing new is sent; what was sent is still followed. */
  holdSends(): void {
    this.permission.stop()
  }

  /**
   * Ends every actor at once. The positions are unguarded from then on; decisions that were made still become
   * durable.
   */
  abandon(): void {
    const { actors, dispatcher, sink, broker } = this.engine
    actors.stopAll()
    // The dispatcher keeps no tick of the shared prices for this account any more.
    dispatcher.leave(sink)
    this.tickPath.forget(broker)
    this.tickPath.testing.delete(this.entryTests)
  }

  /** Ends every actor once its decisions are durable, after `STOP_MS` at the latest. */
  async stop(): Promise<void> {
    await within(STOP_MS, this.writer.close())
    this.engine.actors.stopAll()
  }

  /** Journals a change of the clock. Time in which the machine slept counts as unguarded. */
  private clockMoved({ kind, ...detail }: ClockEvent, by?: string): void {
    if (kind === 'followed' && 'why' in detail && detail.why === 'slept')
      this.coverage.paused(detail.movedMs)
    this.note(`clock-${kind}`, { ...detail, ...(by !== undefined && { by }) })
  }
}
