import type { Down } from '../actors/actor.ts'
import { connect, type Engine } from '../engine/engine.ts'
import { WatchkeeperError } from '../errors.ts'
import type { Faults } from '../exits/faults.ts'
import type { JournalEvent } from '../ports/journal.ts'
import type { GenerationRatchet } from '../ports/state-repository.ts'
import { inTurns } from '../ports/turns.ts'
import type { Ratchet, Since } from '../risk/watched-state.ts'
import { Account } from './account.ts'
import { textOf } from './journal-line.ts'
import { NetKeeper } from './net-keeper.ts'
import { actsOf } from './open-acts.ts'
import { baseOf, type Base, durableParts, type Durable } from './open-base.ts'
import { STALE_MS, type AccountOptions, type Venue } from './options.ts'
import type { StateWriter } from './state-writer.ts'
import { pastOf } from './state.ts'
import type { TickFollower } from './tick-path.ts'

/** Positions that are resumed in one turn of the event loop. */
const RESUMED_AT_ONCE = 32

/**
 * Opens a guarded account from the state of an earlier process: makes its parts in one order, starts its engine,
 * and watches its open positions.
 */
export async function openAccount(options: AccountOptions): Promise<Account> {
  options.tickPath.board.numberSeriesAbove(options.state.lastSeries)
  const base = baseOf(options)
  const durable = durableParts(options, base)
  const engine = connectEngine(options, base, durable)
  const account = new Account({
    ...base,
    ...durable,
    engine,
    ...actsOf(options, base, { ...durable, engine }),
  })
  const { doubt, state, confirmsHoldings } = options
  // This comes first, so that nothing is sent while positions are resumed.
  const doubted = doubt === undefined ? undefined : account.confirmation.doubt(doubt)
  await resumeAll(account)
  // What is shown, and compared with the venue, is the whole account.
  if (engine.isRecovering()) await account.heard()
  if (confirmsHoldings === true && state.positions.size === 0) await account.confirmation.ask()
  await doubted
  // Health starts from what this finds; found on request, it would hold the loop for all positions at once.
  await account.coverage.swept()
  return account
}

/** Watches the positions of an earlier process, `RESUMED_AT_ONCE` in each turn of the event loop. */
async function resumeAll({ state, watching }: Account): Promise<void> {
  await inTurns(state.positions.values(), RESUMED_AT_ONCE, row => watching.resume(row))
}

/** The straight line from tick to order: exits are saved by the saver, events journaled by the recorder. */
function connectEngine(
  options: AccountOptions,
  { state, clock, instruments, registry, permission, supervision, checkpoint }: Base,
  { writer, recorder, saver, confirmation, faults }: Durable,
): Engine<Venue> {
  const follower = followerOf(options.venue, {
    faults,
    track: filling => engine.actors.track(filling),
  })
  const engine: Engine<Venue> = connect({
    registry,
    broker: options.venue,
    dispatcher: options.tickPath.dispatcher,
    board: options.tickPath.board,
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
      compares: instrument => follower && options.tickPath.follow(instrument, follower),
    },
    kept: () => pastOf(state),
    isHeld: record => !permission.isOurs || saver.isHeld(record),
    isObserving: options.mode === 'observe',
    nets: new NetKeeper({ state, writer, registry, now: () => clock.now() }),
    beforeMonitor: options.chaos && (watched => options.chaos!.beforeMonitor(watched)),
    now: () => clock.steady(),
    callTimeoutMs: options.callTimeoutMs,
    staleMs: options.staleMs ?? STALE_MS,
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
  attachRatchets(writer, { engine, registry, checkpoint })
  return engine
}

/** Names the sources from which the writer takes rows of best prices and the place of the feed. */
function attachRatchets(
  writer: StateWriter,
  {
    engine,
    registry,
    checkpoint,
  }: Pick<Base, 'registry' | 'checkpoint'> & { readonly engine: Engine<Venue> },
): void {
  writer.attach({
    feedPlace: () => checkpoint.place?.(),
    takeRatchets: (sink, isLast) => {
      if (!isLast && !checkpoint.requestTake(engine.sink.pending)) return false
      engine.sink.takeRatchets(
        {
          ratchet: (watched, row) => {
            const child = registry.get(watched.position.id)
            if (child?.watched !== watched) return
            sink.ratchet(watched.position.id, ratchetOf(row, child.generation))
          },
          extremes: (series, row) => sink.extremesOf(String(series), row),
        },
        isLast,
      )
      return true
    },
  })
}

/** Passes ticks to a simulated venue, whose orders may wait for a price; undefined for any other venue. */
function followerOf(
  venue: Venue,
  { faults, track }: { readonly faults: Faults; track(filling: Promise<void>): void },
): TickFollower | undefined {
  if (venue.priced === undefined) return undefined
  return {
    venue,
    priced: instrument => {
      const fill = (): Promise<void> | undefined => venue.priced!(instrument)
      const filling = faults.alone(`orders at a price of ${instrument}`, fill, undefined)
      if (filling !== undefined) track(filling)
    },
  }
}

/** A row for the store. Fields that almost every position has are written out: a spread takes twice the memory. */
function ratchetOf(row: Ratchet & Partial<Since>, generation: number): GenerationRatchet {
  const { best, worst, series, mark, ...others } = row
  const isPlain = worst !== undefined && series !== undefined && mark !== undefined
  if (!isPlain || Object.keys(others).length > 0) return { ...row, generation }
  return { best, worst, series, mark, generation }
}

/** Whether the venue has an order of an attempt that this store never sent: the store is older than the account. */
const isUnsentOrder = (event: JournalEvent): boolean =>
  event.kind === 'exit-foreign' && event.by === 'look-up'

const actorFailed = ({ name, reason }: Down): WatchkeeperError =>
  new WatchkeeperError('ACTOR_FAILED', `the ${name} failed: ${textOf(reason)}`, { cause: reason })
