import type { GatewayDeps } from '../actors/gateway-deps.ts'
import type { GatewayPast } from '../actors/gateway-past.ts'
import type { ReconcilerDeps } from '../actors/reconciler.ts'
import type { InstrumentId } from '../domain/ids.ts'
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

/** Dependencies that the engine connects itself. */
type Wired = 'supervisor' | 'self' | 'toReconciler' | 'track' | 'broker' | 'leaving' | 'leavingNet'

/** Called as events happen in the engine. No callback is awaited, and none may throw. */
export interface EngineEvents {
  readonly journal: Journal
  /** Best prices have changed: `AccountSink.takeRatchets` has rows for the store. */
  ratcheted?(): void
  /** A position has its decision. */
  decided?(watched: WatchedPosition): void
  /** A position compares an instrument that no position of the account compared before. */
  compares?(instrument: InstrumentId): void
}

/** Dependencies and settings of the gateway and the reconciler. */
export interface GatewayOptions extends Omit<GatewayDeps, Wired> {
  /** The stored state that a new incarnation of the gateway starts from. */
  kept(): GatewayPast
  /** How exits are carried out; omitted fields are those of EXIT_DEFAULTS. */
  readonly exits?:
    | Partial<Omit<ExitSettings, 'capabilities' | 'listsOrders' | 'storeId'>>
    | undefined
  /** Random id of the store that the exits are kept in; none in virtual time. */
  readonly storeId?: string | undefined
  readonly instruments?: InstrumentTable | undefined
  readonly adopt?: Adoption | undefined
  /** Time between two lists of all holdings, ms; default RECONCILE_MS. */
  readonly reconcileMs?: number | undefined
}

/** Default time between two lists of all holdings, ms. */
export const RECONCILE_MS = 5_000
