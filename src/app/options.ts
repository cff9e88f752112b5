import type { TrustedClock } from '../account/trusted-clock.ts'
import type { PositionEntry } from '../config/position-reader.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Control } from '../ports/control.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { ChaosPlan } from '../resilience/chaos-plan.ts'
import type { LogTarget } from './log.ts'

/** What a service is started with. */
export interface ServiceOptions {
  readonly config: ServiceConfig
  /** Positions of the file: ids that the store has never seen are taken under guard. */
  readonly entries: readonly PositionEntry[]
  /** Named rule sets that positions may use; default none. */
  readonly ruleSets?: Control['ruleSets']
  /** What is to go wrong on purpose. */
  readonly chaos?: ChaosPlan | undefined
  /** Forgets the demo account and everything that is kept. */
  readonly fresh: boolean
  /** Takes an empty store although this machine has seen it with something in it. */
  readonly acceptsEmptyStore?: boolean
  /** Called with the reason why it waits for the store. */
  readonly onWait?: (why: WatchkeeperError) => void
  /** Ends the wait for the store; it is thrown. */
  readonly signal?: AbortSignal | undefined
  /** Opened and claimed already; default: the one that the config names. */
  readonly store?: OwnedStore | undefined
  readonly clock: Clock
  /** Of watchkeeper. */
  readonly version: string
  readonly log: LogTarget
  readonly onFatal: (error: WatchkeeperError) => void
}

/** The same with the clock that every part of the service reads. */
export interface TrustedOptions extends ServiceOptions {
  readonly clock: TrustedClock
}
