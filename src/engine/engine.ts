import { ActorRegistry, UNHARMED, type Actor, type ServiceKind } from '../actors/actor-registry.ts'
import { actorSystem, send, type ActorSystem, type Down, type Ref } from '../actors/actor.ts'
import { caretaker } from '../actors/caretaker.ts'
import type {
  CaretakerMessage,
  GatewayMessage,
  ReconcilerMessage,
  SupervisorMessage,
} from '../actors/messages.ts'
import { monitor, type MonitorShared } from '../actors/monitor.ts'
import { reconciler, reconcilerState } from '../actors/reconciler.ts'
import {
  monitorName,
  supervisorState,
  type SupervisorParts,
  type SupervisorState,
} from '../actors/supervisor-state.ts'
import { supervisor } from '../actors/supervisor.ts'
import type { AccountBook } from '../exits/account-book.ts'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'
import { DEFAULT_SUPERVISION, type Supervision } from '../resilience/supervision-policy.ts'
import { Dispatcher } from '../risk/dispatcher.ts'
import type { PriceBoard } from '../risk/price-board.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { GatewayFactory } from './gateway-factory.ts'
import { RECONCILE_MS, type ExitVenue, type GatewayOptions } from './options.ts'
import { wakeOf } from './waking.ts'

export interface EngineOptions<Venue> extends Omit<GatewayOptions, 'now'> {
  readonly broker: Venue
  /** Prices that the dispatcher writes, and the broker may read. */
  readonly board: PriceBoard
  /** Epoch ms; default the time of the dispatcher's last event. */
  now?(): number
  /** What the gateway's time is ahead of the dispatcher's last event, ms; default 0. */
  aheadMs?(): number
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  readonly freshMs?: number
  /** There are ratchets to be taken. */
  ratcheted?(): void
  /** A position has its decision. */
  decided?(guard: WatchedPosition): void
  readonly supervision?: Supervision | undefined
  /** What each monitor calls before its work. */
  readonly beforeMonitor?: MonitorShared['before']
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** From 0 to 1. */
  random(): number
  /** An actor that nobody replaces has ended. */
  onFailure(down: Down): void
}

/** The parts that are the same live and in virtual time, connected. */
export interface Engine<Venue> {
  readonly actors: ActorSystem
  readonly broker: Venue
  readonly dispatcher: Dispatcher
  readonly roster: ActorRegistry
  readonly supervisor: Ref<SupervisorMessage>
  /** The present incarnation. */
  readonly gateway: Ref<GatewayMessage>
  readonly reconciler: Ref<ReconcilerMessage>
  /** What the present gateway knows of exits and holdings. */
  readonly book: AccountBook
  /**
   * Starts an actor of which there is one and puts it under supervision. Gives what finds its present
   * incarnation.
   */
  serve<Message>(kind: ServiceKind, start: StartService<Message>): () => Ref<Message>
}

/** Starts one incarnation; `onDown` must hear of its end. */
export type StartService<Message> = (epoch: number, onDown: (down: Down) => void) => Ref<Message>

/** Connects dispatcher, monitors, supervisor and gateway: the straight line from tick to order. */
export function connect<Venue extends ExitVenue>(options: EngineOptions<Venue>): Engine<Venue> {
  const { board, broker, onFailure, clock, supervision = DEFAULT_SUPERVISION } = options
  const actors = actorSystem(clock)
  const roster = new ActorRegistry()
  const askForExit: SupervisorParts['askForExit'] = ({ decision, position }, generation) => {
    send(gatewayRef(), { kind: 'exit', decision: decision!, position, generation })
  }
  const dispatcher: Dispatcher = new Dispatcher({
    board,
    freshMs: options.freshMs ?? 0,
    ratcheted: options.ratcheted ?? (() => undefined),
    ...(options.decided && { decided: options.decided }),
    ...(options.instruments && { hoursOf: name => options.instruments!.of(name).hours }),
    wake: guard => wake(guard),
    exit: guard => askForExit(guard, roster.get(guard.position.id)?.generation ?? 1),
  })
  const starts = new Map<ServiceKind, StartService<never>>()
  const spawnService = (kind: ServiceKind, epoch: number): Ref<never> =>
    starts.get(kind)!(epoch, down(supervisorRef, { kind }))
  const supervisorRef: Ref<SupervisorMessage> = actors.spawn<SupervisorState, SupervisorMessage>({
    name: 'supervisor',
    epoch: 1,
    initialState: supervisorState(roster, {
      dispatcher,
      journal: options.journal,
      policy: supervision,
      askForExit,
      spawnService,
      timers: options.timers,
      random: options.random,
      monotonic: () => clock.monotonic(),
      spawnMonitor: monitors(actors, () => ({
        dispatcher,
        supervisorRef,
        before: options.beforeMonitor,
        get gateway() {
          return gatewayRef()
        },
      })),
      stop: ref => actors.stop(ref),
      self: message => send(supervisorRef, message),
      shutdown: (name, reason) => onFailure({ name, epoch: 0, reason }),
    }),
    handle: supervisor,
    onDown: onFailure,
  })
  const wake = wakeOf({
    dispatcher,
    roster,
    supervisor: supervisorRef,
    monotonic: () => clock.monotonic(),
  })
  const serve = <Message>(
    kind: ServiceKind,
    start: StartService<Message>,
  ): (() => Ref<Message>) => {
    starts.set(kind, start)
    const watch = { kind: 'alive', ref: spawnService(kind, 1) } as const
    roster.setService(kind, { epoch: 1, watch, crashes: UNHARMED })
    let last = watch.ref
    return () => {
      const present = roster.service(kind)!.watch
      if (present.kind === 'alive') last = present.ref
      return last as Ref<Message>
    }
  }
  const lives: GatewayFactory = new GatewayFactory({
    now: () => dispatcher.now + (options.aheadMs?.() ?? 0),
    ...options,
    actors,
    broker,
    quotes: board,
    supervisor: supervisorRef,
    ask: message => send(reconcilerRef(), message),
  })
  const gatewayRef = serve<GatewayMessage>('gateway', (epoch, onDown) => lives.start(epoch, onDown))
  const reconcilerRef = serve<ReconcilerMessage>('reconciler', (epoch, onDown) => {
    const ref: Ref<ReconcilerMessage> = actors.spawn({
      name: 'reconciler',
      epoch,
      handle: reconciler,
      onDown,
      initialState: reconcilerState({
        now: () => dispatcher.now + (options.aheadMs?.() ?? 0),
        ...options,
        broker,
        reconcileMs: options.reconcileMs ?? RECONCILE_MS,
        keyOf: id => lives.book.holdingOf(id),
        self: message => send(ref, message),
        tellGateway: message => send(gatewayRef(), message),
        track: call => actors.track(call),
      }),
    })
    return ref
  })
  serve<CaretakerMessage>('caretaker', (epoch, onDown) =>
    actors.spawn({ name: 'caretaker', epoch, initialState: dispatcher, handle: caretaker, onDown }),
  )
  broker.streamOrders?.(update => send(gatewayRef(), { kind: 'pushed', update }))
  return {
    actors,
    broker,
    dispatcher,
    roster,
    supervisor: supervisorRef,
    serve,
    get gateway() {
      return gatewayRef()
    },
    get reconciler() {
      return reconcilerRef()
    },
    get book() {
      return lives.book
    },
  }
}

/** Tells the supervisor that an incarnation has ended by a throw. */
const down =
  (supervisor: Ref<SupervisorMessage>, actor: Actor) =>
  ({ epoch, reason }: Down): void => {
    send(supervisor, { kind: 'down', actor, epoch, reason })
  }

interface Surroundings extends MonitorShared {
  readonly supervisorRef: Ref<SupervisorMessage>
}

/** Starts monitors, which know what is around them once all of it is there. */
function monitors(actors: ActorSystem, surroundings: () => Surroundings) {
  const parent = actors.group('monitors')
  let shared: Surroundings | undefined
  const spawnMonitor: SupervisorParts['spawnMonitor'] = (guard, { epoch, generation }) => {
    const around = (shared ??= surroundings())
    const positionId = guard.position.id
    return actors.spawn({
      name: monitorName(positionId),
      kind: 'monitor',
      epoch,
      parent,
      initialState: { guard, generation, shared: around },
      handle: monitor,
      onDown: down(around.supervisorRef, { kind: 'monitor', positionId }),
    })
  }
  return spawnMonitor
}
