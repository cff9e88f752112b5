import type { Engine } from '../engine/engine.ts'
import { Admission } from './admission.ts'
import { Coverage } from './coverage.ts'
import { EntryTests } from './entry-tests.ts'
import { KillSwitchActs } from './kill-switch.ts'
import { ManualExits } from './manual-exits.ts'
import { MissingPrices } from './missing-prices.ts'
import type { Base, Durable } from './open-base.ts'
import { STALE_MS, type AccountOptions, type Venue } from './options.ts'
import { PortfolioActs } from './portfolio-acts.ts'
import { NO_LIMITS, startPortfolio } from './portfolio.ts'
import { PositionChanges } from './position-changes.ts'
import { Watching } from './watching.ts'

type Running = Durable & { readonly engine: Engine<Venue> }

/** Makes the parts that judge, watch and change positions; each needs those before it. */
export function actsOf(options: AccountOptions, base: Base, running: Running) {
  const judging = judgingParts(options, base, running)
  const changing = changingParts(options, base, { ...running, ...judging })
  return {
    isObserving: options.mode === 'observe',
    ...judging,
    ...changing,
    portfolio: openPortfolio(options, base, { ...running, ...changing }),
  }
}

/** Makes the parts that evaluate positions and prices. */
function judgingParts(
  options: AccountOptions,
  { state, clock, instruments, registry, permission, tickPath, now }: Base,
  { writer, lines, engine, faults }: Running,
) {
  const { staleMs = STALE_MS } = options
  const { board, intake } = tickPath
  const positions = state.positions
  const coverage = new Coverage({
    state,
    registry,
    instruments,
    clock,
    staleMs,
    pauseMs: options.pauseMs ?? Infinity,
    isStoreWritable: () => writer.errors === 0 && permission.isStoreOurs,
  })
  const missingPrices = new MissingPrices({
    registry,
    prices: tickPath,
    note: lines.write,
  })
  const admission = new Admission({
    positions,
    board,
    gate: intake,
    instruments,
    clock,
    skewMs: options.skewMs ?? 0,
    staleMs,
  })
  const entryTests = new EntryTests({
    positions,
    writer,
    engine,
    tickPath,
    faults,
    now,
    staleMs,
  })
  return { coverage, missingPrices, admission, entryTests }
}

/** Makes the parts through which a person changes positions. */
function changingParts(
  options: AccountOptions,
  { state, clock, now }: Base,
  { writer, saver, engine, entryTests }: Running & { readonly entryTests: EntryTests },
) {
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
    positions: state.positions,
    writer,
    engine,
    clock,
    beforeGuard: options.beforeGuard,
    ...(options.beforeGrowth !== undefined && { beforeGrowth: options.beforeGrowth }),
    isNet: engine.broker.capabilities.holdings === 'net',
    exitOf: (id, generation) => {
      const record = engine.book.exits.record(id) ?? state.openExits.get(id)
      return record?.generation === generation ? record : undefined
    },
    released: (registered, exit) => saver.released(registered, exit),
    watching,
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
  return { manualExits, watching, changes, killSwitch }
}

/** Opens the trading day with its limits. */
function openPortfolio(
  { portfolio: options, tickPath }: AccountOptions,
  { state, instruments, registry, now }: Base,
  {
    writer,
    lines,
    engine,
    closing,
    late,
    manualExits,
  }: Running & { readonly manualExits: ManualExits },
): PortfolioActs {
  startPortfolio(
    {
      options,
      state,
      writer,
      actors: engine.actors,
      services: engine.services,
      quotes: tickPath.board,
      now,
      instruments,
      exit: id => manualExits.exit(id, 'daily-loss'),
      closing,
      late,
    },
    state.day,
  )
  return new PortfolioActs({
    dayStart: (options ?? NO_LIMITS).dayStart,
    portfolio: () => registry.refOf('portfolio'),
    note: lines.write,
    flush: () => writer.flush(),
  })
}
