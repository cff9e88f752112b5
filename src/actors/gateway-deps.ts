import type { Decision } from '../domain/decision.ts'
import type { GenerationKey } from '../domain/ids.ts'
import type { ExitOrder } from '../domain/order.ts'
import type { Position } from '../domain/position.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { ExitPersistence } from '../exits/persistence.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { NetView } from '../nets/aim.ts'
import type { NetRecord } from '../nets/record.ts'
import type { Journal } from '../ports/journal.ts'
import type { Leaving, Sender } from '../ports/sender.ts'
import type { StoredNet } from '../ports/state-repository.ts'
import type { Ref } from './actor.ts'
import type { GatewayMessage, ReconcilerMessage, SupervisorMessage } from './messages.ts'

/** What the gateway works with. */
export interface GatewayDeps {
  readonly broker: Sender
  readonly journal: Journal
  readonly supervisor: Ref<SupervisorMessage>
  readonly persistence: ExitPersistence
  /** Nothing may ever be sent: each exit is noted instead. */
  readonly isObserving?: boolean | undefined
  /** Whether an exit must wait before it is sent. */
  isHeld?(record: ExitRecord): boolean
  /** How the order of an exit leaves, as this incarnation knows it. */
  leaving(order: ExitOrder): Leaving
  /** Stops of positions that rest at the venue; undefined: there are none, as in virtual time. */
  readonly nets?: NetDeps | undefined
  /** How the stop order of a net leaves, as this incarnation knows it. */
  leavingNet(order: StopOrder): Leaving<StopOrder>
  /** Epoch ms; never jumps. */
  now(): number
  /** Longest wait for one answer of the broker, ms; Infinity where the call desk bounds each call. */
  readonly callTimeoutMs: number
  /** Asks what is held with each position that comes: where no cycle would, as in virtual time. */
  readonly asksAtOnce?: boolean | undefined
  /** Sends a message to the gateway itself. */
  self(message: GatewayMessage): void
  /** Sends a message to the reconciler, which asks for holdings and orders. */
  toReconciler(message: ReconcilerMessage): void
  /** Registers a call under way with those that wait for quiet. */
  track(call: Promise<unknown>): void
}

/** A net with its position, as the store keeps it. */
export type KeptNet = StoredNet<NetRecord>

/** What the gateway needs for stops that rest at the venue. */
export interface NetDeps {
  /** The open positions whose rules ask for a net, with their stops as they are now. */
  views(): Iterable<NetView>
  /** The rules of an open position are known, and ask for no net. */
  asksForNone(key: GenerationKey): boolean
  /** Resolves when a net is on disk, with the ratchet that its trigger follows from. */
  save(net: KeptNet): Promise<void>
  /** Makes a later state of a net durable soon; no caller waits for it. */
  note(net: KeptNet): void
  /** The store need not keep the net of that generation any more. */
  forget(key: GenerationKey): void
  /** The decision to exit a position whose net was executed, at `at` (epoch ms). */
  decide(position: Position, level: number, at: number): Decision
}
