import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Engine } from '../engine/engine.ts'
import type { Supervision } from '../resilience/supervision-policy.ts'
import type { Admission } from './admission.ts'
import type { Coverage } from './coverage.ts'
import type { EntryTests } from './entry-tests.ts'
import type { FeedCheckpoint } from './feed-checkpoint.ts'
import type { HoldingsConfirmation } from './holdings-confirmation.ts'
import type { KillSwitchActs } from './kill-switch.ts'
import type { ManualExits } from './manual-exits.ts'
import type { MissingPrices } from './missing-prices.ts'
import type { Venue } from './options.ts'
import type { PortfolioActs } from './portfolio-acts.ts'
import type { PositionChanges } from './position-changes.ts'
import type { SendPermission } from './send-permission.ts'
import type { ServiceLines } from './service-lines.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'
import type { TickPath } from './tick-path.ts'
import type { TrustedClock } from './trusted-clock.ts'
import type { Watching } from './watching.ts'

/** The parts of a guarded account; `open.ts` makes them, in this order. */
export interface AccountParts {
  readonly state: AccountState
  readonly clock: TrustedClock
  readonly instruments: InstrumentTable
  readonly permission: SendPermission
  readonly registry: ActorRegistry
  readonly supervision: Supervision
  readonly checkpoint: FeedCheckpoint
  readonly writer: StateWriter
  readonly lines: ServiceLines
  readonly confirmation: HoldingsConfirmation
  readonly engine: Engine<Venue>
  readonly isObserving: boolean
  readonly coverage: Coverage
  readonly missingPrices: MissingPrices
  readonly admission: Admission
  readonly entryTests: EntryTests
  /** The path of its ticks, which accounts of one feed share. */
  readonly tickPath: TickPath
  readonly manualExits: ManualExits
  readonly watching: Watching
  readonly changes: PositionChanges
  readonly killSwitch: KillSwitchActs
  readonly portfolio: PortfolioActs
}
