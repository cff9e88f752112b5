import { ActorRegistry } from '../actors/actor-registry.ts'
import type { Down } from '../actors/actor.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import { connect, type Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { JournalEvent } from '../ports/journal.ts'
import { DEFAULT_SUPERVISION } from '../resilience/supervision-policy.ts'
import { Account } from './account.ts'
import { Admission } from './admission.ts'
import { Coverage } from './coverage.ts'
import { EntryTests } from './entry-tests.ts'
import { EventRecorder } from './event-recorder.ts'
import { ExitSaver } from './exit-saver.ts'
import { FeedCheckpoint } from './feed-checkpoint.ts'
import { Followers } from './followers.ts'
import { HoldingsConfirmation } from './holdings-confirmation.ts'
import { textOf } from './journal-line.ts'
import { KillSwitchActs } from './kill-switch.ts'
import { ManualExits } from './manual-exits.ts'
import { MassExitHold } from './mass-exit-hold.ts'
import { MissingPrices } from './missing-prices.ts'
import type { AccountOptions, Venue } from './options.ts'
import { PortfolioActs } from './portfolio-acts.ts'
import { NO_LIMITS, startPortfolio } from './portfolio.ts'
import { PositionChanges } from './position-changes.ts'
import { ServiceLines } from './service-lines.ts'
import { StateWriter } from './state-writer.ts'
import { pastOf } from './state.ts'
import { TickIntake } from './tick-intake.ts'
import { Ticks } from './ticks.ts'
import { TrustedClock } from './trusted-clock.ts'
import { Watching } from './watching.ts'

/** Default age beyond which a price guards nothing, ms. */
const FRESH_MS = 30_000

/**
 * Opens a guarded account with what an earlier process left: its state becomes durable, its engine runs, and
 * its open positions are watched. Each part is made of those before it.
 */
export async function openAccount(options: AccountOptions): Promise<Account> {
  const base = baseOf(options)
  const durable = durableParts(options, base)
  const engine = connectEngine(options, base, durable)
  const account = new Account({
    ...base,
    ...durable,
    engine,
    ...acting(options, base, durable, engine),
  })
  for (const registered of options.state.register.values()) account.watching.resume(registered)
  if (options.confirmsHoldings === true && options.state.register.size === 0) {
    await account.confirmation.ask()
  }
  if (options.doubt !== undefined) await account.confirmation.doubt(options.doubt)
  return account
}

/** What needs nothing but the options. */
function baseOf({
  state,
  clock: machine,
  instruments: given,
  ticks,
  supervision,
  permission,
}: AccountOptions) {
  const clock = TrustedClock.of(machine)
  const instruments = given ?? new InstrumentTable()
  return {
    state,
    clock,
    instruments,
    permission,
    registry: new ActorRegistry(),
    supervision: supervision ?? DEFAULT_SUPERVISION,
    now: (): number => clock.now(),
    intake: new TickIntake(
      { ...(ticks ?? { confirmMs: FRESH_MS }), machineNow: () => clock.machineNow() },
      instruments,
    ),
    checkpoint: new FeedCheckpoint({
      isDurable: ({ position: { id }, isDecisionRecorded }) => {
        const row = state.register.get(id)
        return isDecisionRecorded || row?.state !== 'open' || row.observed !== undefined
      },
    }),
  }
}

type Base = ReturnType<typeof baseOf>

/** What makes state durable, and records what happens. */
function durableParts(options: AccountOptions, { state, clock, registry, now }: Base) {
  const writer = new StateWriter(
    {
      keeper: options.keeper,
      register: state.register,
      onLine: options.onLine,
      onFenced: options.onFatal,
      onTrouble: options.onTrouble,
    },
    state.ratchets,
    state.day,
  )
  const lines = new ServiceLines(writer, now)
  const confirmation = new HoldingsConfirmation({
    registry,
    broker: options.venue,
    state,
    writer,
    lines,
    now,
    callTimeoutMs: options.callTimeoutMs,
    isWanted: options.confirmsHoldings === true,
  })
  const followers = new Followers(options.followers ?? [], state)
  const { performance } = options
  const recorder = new EventRecorder({ state, writer, registry, clock, performance, followers })
  const saver = new ExitSaver({
    state,
    writer,
    registry,
    clock,
    performance,
    followers,
    hold: new MassExitHold(options.massExit, () => clock.monotonic()),
  })
  return { writer, lines, confirmation, recorder, saver }
}

type Durable = ReturnType<typeof durableParts>

/** The straight line from tick to order, which saves through the recorder. */
function connectEngine(
  options: AccountOptions,
  { state, clock, instruments, registry, permission, supervision, checkpoint }: Base,
  { writer, recorder, saver, confirmation }: Durable,
): Engine<Venue> {
  const engine = connect({
    registry,
    broker: options.venue,
    board: options.board,
    persistence: saver,
    events: {
      journal: (event, generation) => {
        recorder.record(event, generation)
        if (isUnsentOrder(event)) {
          void confirmation.doubt('the broker has an order that this store never sent')
        }
      },
      ratcheted: () => writer.gather(),
      decided: watched => checkpoint.decided(watched),
    },
    kept: () => pastOf(state),
    isHeld: record => !permission.isOurs || saver.isHeld(record),
    isObserving: options.mode === 'observe',
    beforeMonitor: options.chaos && (watched => options.chaos!.beforeMonitor(watched)),
    now: () => clock.steady(),
    callTimeoutMs: options.callTimeoutMs,
    freshMs: options.freshMs ?? FRESH_MS,
    instruments,
    storeId: state.storeId,
    exits: options.exits,
    adopt: options.adopt,
    reconcileMs: options.reconcileMs,
    supervision,
    clock,
    timers: options.timers,
    random: options.random ?? Math.random,
    onFailure: down => options.onFatal(actorFailed(down)),
  })
  writer.attach({
    feedPlace: () => checkpoint.place?.(),
    takeRatchets: (take, isLast) => {
      if (!isLast && !checkpoint.isCalm(engine.dispatcher.pending)) return false
      engine.dispatcher.takeRatchets((watched, ratchet) => {
        const child = registry.get(watched.position.id)
        if (child?.guard !== watched) return
        take(watched.position.id, { ...ratchet, generation: child.generation })
      })
      return true
    },
  })
  return engine
}

/** A venue that finds an order of an attempt that this store never sent: the store is older than the account. */
const isUnsentOrder = (event: JournalEvent): boolean =>
  event.kind === 'exit-foreign' && event.by === 'look-up'

const actorFailed = ({ name, reason }: Down): WatchkeeperError =>
  new WatchkeeperError('ACTOR_FAILED', `the ${name} failed: ${textOf(reason)}`, { cause: reason })

/** What judges, watches and changes positions. */
function acting(
  options: AccountOptions,
  { state, clock, instruments, registry, permission, intake, now }: Base,
  { writer, lines, saver }: Durable,
  engine: Engine<Venue>,
) {
  const { board } = options
  const freshMs = options.freshMs ?? FRESH_MS
  const rows = state.register
  const coverage = new Coverage({
    state,
    roster: registry,
    instruments,
    clock,
    staleMs: freshMs,
    pauseMs: options.pauseMs ?? Infinity,
    isStoreOurs: () => writer.errors === 0 && permission.isStoreOurs,
  })
  const missingPrices = new MissingPrices({
    roster: registry,
    isPriced: each => board.hasPrice(each),
    tell: lines.write,
  })
  const admission = new Admission({
    rows,
    board,
    gate: intake,
    clock,
    skewMs: options.skewMs ?? 0,
    freshMs,
  })
  const entryTests = new EntryTests({ rows, writer, core: engine, now, freshMs })
  const ticks = new Ticks({ engine, intake, entryTests, missingPrices, writer, now })
  const manualExits = new ManualExits({ engine, state, writer, now })
  const watching = new Watching({
    engine,
    state,
    writer,
    entryTests,
    manualExits,
    isObserving: options.mode === 'observe',
    rulesFor: rules => options.chaos?.rules(rules) ?? rules,
    now,
  })
  const changes = new PositionChanges({
    rows,
    writer,
    core: engine,
    clock,
    beforeGuard: options.beforeGuard,
    isNet: engine.broker.capabilities.holdings === 'net',
    exitOf: (id, generation) => {
      const record = engine.book.exits.record(id) ?? state.openExits.get(id)
      return record?.generation === generation ? record : undefined
    },
    released: (registered, exit) => saver.released(registered, exit),
    guard: (registered, watched) => watching.watch(registered, { watched }),
  })
  const killSwitch = new KillSwitchActs({
    engine,
    state,
    writer,
    changes,
    manualExits,
    saver,
    watching,
    now,
  })
  startPortfolio(
    {
      options: options.portfolio,
      state,
      writer,
      actors: engine.actors,
      services: engine.services,
      quotes: board,
      now,
      instruments,
      exit: id => manualExits.exit(id, 'daily-loss'),
    },
    state.day,
  )
  const portfolio = new PortfolioActs({
    dayStart: (options.portfolio ?? NO_LIMITS).dayStart,
    portfolio: () => registry.refOf('portfolio'),
    tell: lines.write,
    flush: () => writer.flush(),
  })
  return {
    isObserving: options.mode === 'observe',
    coverage,
    missingPrices,
    admission,
    entryTests,
    ticks,
    manualExits,
    watching,
    changes,
    killSwitch,
    portfolio,
  }
}
