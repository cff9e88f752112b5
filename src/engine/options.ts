import type { GatewayDeps } from '../actors/gateway-calls.ts'
import type { GatewayPast } from '../actors/gateway-state.ts'
import type { ReconcilerDeps } from '../actors/reconciler.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { ExitSettings } from '../exits/settings.ts'
import type { Adoption } from '../exits/unowned.ts'
import type { Broker } from '../ports/broker.ts'
import type { Journal } from '../ports/journal.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'

/** A broker as the gateway and the reconciler use it. */
export type ExitVenue = GatewayDeps['broker'] &
  ReconcilerDeps['broker'] &
  Pick<Broker, 'capabilities' | 'streamOrders' | 'streamHints'>

type Wired = 'supervisor' | 'self' | 'ask' | 'track' | 'broker' | 'leaving' | 'leavingNet'

/** What happens in the engine, as it happens; nothing of it is awaited, and none may throw. */
export interface EngineEvents {
  readonly journal: Journal
  /** There are ratchets to be taken. */
  ratcheted?(): void
  /** A position has its decision. */
  decided?(watched: WatchedPosition): void
}

/** What the gateway and the reconciler are made of. */
export interface GatewayOptions extends Omit<GatewayDeps, Wired> {
  /** Everything that is open, as a new incarnation must take it. */
  kept(): GatewayPast
  /** How exits are carried out; what is left out is as in EXIT_DEFAULTS. */
  readonly exits?:
    Partial<Omit<ExitSettings, 'capabilities' | 'listsOrders' | 'storeId'>> | undefined
  /** Random id of the store that the exits are kept in; none in virtual time. */
  readonly storeId?: string | undefined
  readonly instruments?: InstrumentTable | undefined
  readonly adopt?: Adoption | undefined
  /** Time between two lists of everything that is held, ms; default RECONCILE_MS. */
  readonly reconcileMs?: number | undefined
}

/** Time between two lists of everything that is held, where nothing else is said, ms. */
export const RECONCILE_MS = 5_000
