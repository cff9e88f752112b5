import type { PositionId } from '../domain/ids.ts'
import type { Journal } from '../ports/journal.ts'
import type { Timers } from '../ports/timers.ts'
import { freshPace, type FleetPace, type RestartHistory } from '../resilience/restarts.ts'
import type { Supervision } from '../resilience/supervision-policy.ts'
import type { AccountSink } from '../risk/account-sink.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import type { ActorRegistry } from './actor-registry.ts'
import type { Ref } from './actor.ts'
import type {
  CaretakerMessage,
  MonitorMessage,
  ServiceKind,
  SupervisorMessage,
} from './messages.ts'

/** The generation of a position that an incarnation of its monitor serves. */
export interface MonitorIncarnation {
  readonly epoch: number
  /** Generation of the position id, from 1. */
  readonly generation: number
}

/** What the supervisor works with. */
export interface SupervisorDeps {
  readonly dispatcher: Dispatcher
  /** The account at the dispatcher. */
  readonly sink: AccountSink
  readonly journal: Journal
  readonly policy: Supervision
  readonly timers: Timers
  /** Monotonic ms. */
  monotonic(): number
  /** From 0 to 1, for the jitter of a backoff. */
  random(): number
  /** Starts one incarnation of the monitor of a position. */
  spawnMonitor(watched: WatchedPosition, incarnation: MonitorIncarnation): Ref<MonitorMessage>
  /** Starts one incarnation of an actor that exists once. */
  spawnService(kind: ServiceKind, epoch: number): Ref<never>
  /** Ends an incarnation that is not needed any more: what it still has under way changes nothing. */
  stop(ref: Ref<never>): void
  /** Repeats the decision of a position that has no monitor. */
  askForExit(watched: WatchedPosition, generation: number): void
  self(message: SupervisorMessage): void
  /** Something without which the process cannot go on is not restarted any more. */
  shutdown(actor: string, reason: unknown): void
}

export interface SupervisorState {
  readonly registry: ActorRegistry
  readonly parts: SupervisorDeps
  /** What is counted across all children; written by the supervisor alone. */
  readonly fleet: {
    pace: FleetPace
    giveUps: RestartHistory
    /** Decisions that there were when each of them was recorded; −1: some are not. */
    recordedAt: number
  }
}

/** The first state of a supervisor. */
export const supervisorState = (
  registry: ActorRegistry,
  parts: SupervisorDeps,
): SupervisorState => ({
  registry,
  parts,
  fleet: { pace: freshPace, giveUps: [], recordedAt: -1 },
})

export const CATCH_UP: MonitorMessage = { kind: 'catch-up' }

/** Says that a frozen position has crossed its last levels. */
export const crossedLast = (watched: WatchedPosition): CaretakerMessage => ({
  kind: 'crossed',
  watched,
})

/** The name of an actor, as it is shown. */
export const monitorName = (id: PositionId): string => `monitor-${id}`
