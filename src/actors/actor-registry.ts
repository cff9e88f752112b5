import type { PositionId } from '../domain/ids.ts'
import type { RestartCause } from '../ports/supervision.ts'
import { freshBackoff, type BackoffState } from '../resilience/backoff.ts'
import type { RestartHistory } from '../resilience/restarts.ts'
import { netOf } from '../risk/rules/net.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import type { Ref } from './actor.ts'
import type {
  CaretakerMessage,
  GatewayMessage,
  PortfolioMessage,
  ReconcilerMessage,
  ServiceKind,
  SupervisorMessage,
} from './messages.ts'

/** What each of them takes. */
export interface ServiceMessage {
  readonly gateway: GatewayMessage
  readonly reconciler: ReconcilerMessage
  readonly portfolio: PortfolioMessage
  readonly caretaker: CaretakerMessage
}

/** What an actor's incarnations have suffered. Times are monotonic ms. */
export interface Crashes {
  /** Crashes, and starts that failed, within the window. */
  readonly recent: RestartHistory
  readonly backoff: BackoffState
  /** Since the process started. */
  readonly total: number
  /** Time that its waits for the next incarnation have taken, the present one left out, ms. */
  readonly downMs: number
  /** Of the last one; bounded. */
  readonly lastError: string | undefined
  /** Why the next incarnation starts, or the present one did. */
  readonly cause: RestartCause | undefined
}

/** Of an actor that has never crashed; shared by all of them. */
export const UNHARMED: Crashes = {
  recent: [],
  backoff: freshBackoff,
  total: 0,
  downMs: 0,
  lastError: undefined,
  cause: undefined,
}

/** What has become of an actor. Times are monotonic ms. */
export type ActorStatus =
  /** The actor itself, in its present incarnation. */
  | { readonly kind: 'running'; readonly ref: Ref<never> }
  /** In restart backoff, or waiting among many that restart; for a position the stand-in decides. */
  | {
      readonly kind: 'backoff'
      readonly since: number
      readonly until: number
      readonly isAwaitingTurn: boolean
      cancel(): void
    }
  /** Not restarted any more. The caretaker holds the last levels of a position. */
  | { readonly kind: 'quarantined'; readonly since: number }

/** What the supervisor knows of one actor. */
export interface Supervised {
  /** The present incarnation, or the last one; 0 before the first. */
  readonly epoch: number
  readonly status: ActorStatus
  readonly crashes: Crashes
}

/** The monitor of a position. */
export interface Child extends Supervised {
  readonly watched: WatchedPosition
  /** Generation of the position id, from 1. */
  readonly generation: number
}

/** Where to find each actor. Written by the supervisor, and once by the start of each service; read at each wake. */
export class ActorRegistry {
  /** Positions whose monitors have ever crashed, or were given up: most cycles check no other. */
  readonly harmed = new Set<PositionId>()
  /** Positions whose rules ask for a stop at the venue: most cycles check no other for it. */
  readonly netted = new Set<PositionId>()
  /** Positions whose children have changed since a reader cleared this. */
  readonly touched = new Set<PositionId>()
  private readonly children = new Map<PositionId, Child>()
  private readonly single = new Map<ServiceKind, Supervised>()
  private readonly refs = new Map<ServiceKind, Ref<never>>()
  private supervisorRef: Ref<SupervisorMessage> | undefined

  /** The supervisor: the one actor that is never replaced. @throws Error before it is started. */
  get supervisor(): Ref<SupervisorMessage> {
    if (this.supervisorRef === undefined) throw new Error('the supervisor was never started')
    return this.supervisorRef
  }

  set supervisor(ref: Ref<SupervisorMessage>) {
    this.supervisorRef = ref
  }

  /** Positions that have a child, whatever its state. */
  get size(): number {
    return this.children.size
  }

  /** The children, in the order in which their positions came. */
  all(): Iterable<Child> {
    return this.children.values()
  }

  get(id: PositionId): Child | undefined {
    return this.children.get(id)
  }

  set(id: PositionId, child: Child): void {
    this.touched.add(id)
    this.children.set(id, child)
    if (netOf(child.watched.ruleSet) === undefined) this.netted.delete(id)
    else this.netted.add(id)
    if (child.crashes.total > 0 || child.status.kind === 'quarantined') this.harmed.add(id)
    else this.harmed.delete(id)
  }

  delete(id: PositionId): void {
    this.touched.add(id)
    this.children.delete(id)
    this.netted.delete(id)
    this.harmed.delete(id)
  }

  /** The actors that exist once. */
  services(): Iterable<[ServiceKind, Supervised]> {
    return this.single
  }

  service(kind: ServiceKind): Supervised | undefined {
    return this.single.get(kind)
  }

  setService(kind: ServiceKind, service: Supervised): void {
    this.single.set(kind, service)
    if (service.status.kind === 'running') this.refs.set(kind, service.status.ref)
  }

  /**
   * The present incarnation of an actor that exists once; while it is in backoff or quarantined, the
   * last one, which takes no message any more. Ask again for each message.
   * @throws Error where it was never started.
   */
  refOf<Kind extends ServiceKind>(kind: Kind): Ref<ServiceMessage[Kind]> {
    const ref = this.refs.get(kind)
    if (ref === undefined) throw new Error(`the ${kind} was never started`)
    return ref as Ref<ServiceMessage[Kind]>
  }
}
