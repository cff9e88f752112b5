import { ActorRegistry } from '../actors/actor-registry.ts'
import { InstrumentTable } from '../domain/instrument.ts'
import { Faults } from '../exits/faults.ts'
import { DEFAULT_SUPERVISION } from '../resilience/supervision-policy.ts'
import { DurableRatchets } from './durable-ratchets.ts'
import { EventRecorder } from './event-recorder.ts'
import { ExitSaver } from './exit-saver.ts'
import { FeedCheckpoint } from './feed-checkpoint.ts'
import { Followers } from './followers.ts'
import { HoldingsConfirmation } from './holdings-confirmation.ts'
import { LateExecutions } from './late-executions.ts'
import { MassExitHold } from './mass-exit-hold.ts'
import type { AccountOptions } from './options.ts'
import { PositionClosing } from './position-closing.ts'
import { ServiceLines } from './service-lines.ts'
import { StateWriter } from './state-writer.ts'
import { TrustedClock } from './trusted-clock.ts'

/** Makes the parts that need only the options. */
export function baseOf({
  state,
  clock: machine,
  instruments: given,
  tickPath,
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
    tickPath,
    checkpoint: new FeedCheckpoint({
      isDurable: ({ position: { id }, isDecisionRecorded }) => {
        const row = state.positions.get(id)
        return isDecisionRecorded || row?.state !== 'open' || row.observed !== undefined
      },
    }),
  }
}

export type Base = ReturnType<typeof baseOf>

/** Makes the parts that make state durable and record events. */
export function durableParts(
  options: AccountOptions,
  { state, clock, instruments, registry, now }: Base,
) {
  const writer = new StateWriter(
    {
      keeper: options.keeper,
      positions: state.positions,
      onLine: options.onLine,
      onFenced: options.onFatal,
      onTrouble: options.onTrouble,
      monotonic: () => clock.monotonic(),
    },
    new DurableRatchets(state.ratchets, state.extremes),
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
  const closing = new PositionClosing({ state, writer, registry, instruments, clock, followers })
  const late = new LateExecutions({ state, writer, registry, clock })
  const recorder = new EventRecorder({ state, writer, clock, closing, late })
  const saver = new ExitSaver({
    state,
    writer,
    registry,
    clock,
    followers,
    hold: new MassExitHold(options.massExit, () => clock.monotonic()),
  })
  const faults = new Faults(notice => recorder.record(notice))
  return { writer, lines, confirmation, closing, late, recorder, saver, faults }
}

export type Durable = ReturnType<typeof durableParts>
