import type { ActorRegistry } from '../actors/actor-registry.ts'
import { actorSystem, send, type ActorSystem, type Down, type Ref } from '../actors/actor.ts'
import { caretaker } from '../actors/caretaker.ts'
import type { GatewayMessage, ReconcilerMessage, SupervisorMessage } from '../actors/messages.ts'
import { monitor, type MonitorShared, type MonitorState } from '../actors/monitor.ts'
import { reconciler, reconcilerState } from '../actors/reconciler.ts'
import {
  monitorName,
  supervisorState,
  type SupervisorDeps,
  type SupervisorState,
} from '../actors/supervisor-state.ts'
import { supervisor } from '../actors/supervisor.ts'
import type { AccountBook } from '../exits/account-book.ts'
import { Faults } from '../exits/faults.ts'
import type { NetBook } from '../nets/net-book.ts'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'
import { DEFAULT_SUPERVISION, type Supervision } from '../resilience/supervision-policy.ts'
import type { AccountSink } from '../risk/account-sink.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { PriceBoard } from '../risk/price-board.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { GatewayFactory } from './gateway-factory.ts'
import { RECONCILE_MS, type EngineEvents, type ExitVenue, type GatewayOptions } from './options.ts'
import { reportsDown, Services } from './services.ts'
import { wakeOf } from './waking.ts'

export interface EngineOptions<Venue> extends Omit<GatewayOptions, 'now' | 'journal'> {
  readonly events: EngineEvents
  /** Empty: the engine registers its actors there. */
  readonly registry: ActorRegistry
  readonly broker: Venue
  /** The dispatcher of the process; accounts share it. */
  readonly dispatcher: Dispatcher
  /** Prices that the dispatcher writes, and the broker may read. */
  readonly board: PriceBoard
  /** Epoch ms; default the time of the dispatcher's last event. */
  now?(): number
  /** How far the gateway's time is ahead of the dispatcher's last event, ms; default 0. */
  aheadMs?(): number
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  readonly staleMs?: number
  readonly supervision?: Supervision | undefined
  /** Called by each monitor before it handles a message. */
  readonly beforeMonitor?: MonitorShared['before']
  readonly clock: Pick<Clock, 'monotonic'>
  readonly timers: Timers
  /** From 0 to 1. */
  random(): number
  /**
   * Called when the supervisor has ended, which is never restarted; with epoch 0 also for an actor that exists once, and for a
   * monitor under `onGiveUp: shutdown`, whose restarts are given up.
   */
  onFailure(down: Down): void
}

/** The parts that are the same live and in virtual time, connected. */
export interface Engine<Venue> {
  readonly actors: ActorSystem
  readonly broker: Venue
  readonly dispatcher: Dispatcher
  /** The account's side of the dispatcher. */
  readonly sink: AccountSink
  readonly registry: ActorRegistry
  readonly services: Services
  readonly supervisor: Ref<SupervisorMessage>
  /** The present incarnation. */
  readonly gateway: Ref<GatewayMessage>
  readonly reconciler: Ref<ReconcilerMessage>
  /** Exits and holdings, as the present gateway knows them; while it recovers, as the one before knew them. */
  readonly book: AccountBook
  /** Nets, likewise. */
  readonly nets: NetBook
  /** Whether the present gateway has not recovered every row yet: messages to it wait. */
  isRecovering(): boolean
}

/**
 * Connects the account's supervisor, monitors and gateway with the dispatcher of the process: the straight line from
 * tick to order.
 */
export function connect<Venue extends ExitVenue>(options: EngineOptions<Venue>): Engine<Venue> {
  const { broker, registry, clock, dispatcher } = options
  const actors = actorSystem(clock)
  const sink = joinDispatcher(options)
  const services = new Services(registry)
  registry.supervisor = startSupervisor({ ...options, actors, sink, services })
  const now = options.now ?? ((): number => dispatcher.now + (options.aheadMs?.() ?? 0))
  const common = { ...options, journal: options.events.journal, now }
  const gateways = new GatewayFactory({
    ...common,
    actors,
    quotes: options.board,
    supervisor: registry.supervisor,
    toReconciler: message => send(registry.refOf('reconciler'), message),
  })
  services.serve('gateway', (epoch, onDown) => gateways.start(epoch, onDown))
  services.serve('reconciler', (epoch, onDown) => {
    const ref: Ref<ReconcilerMessage> = actors.spawn({
      name: 'reconciler',
      epoch,
      handle: reconciler,
      onDown,
      initialState: reconcilerState({
        ...common,
        reconcileMs: options.reconcileMs ?? RECONCILE_MS,
        keyOf: id => gateways.book.holdings.keyOf(id),
        self: message => send(ref, message),
        sendToGateway: message => send(registry.refOf('gateway'), message),
        track: call => actors.track(call),
      }),
    })
    return ref
  })
  serveCaretaker(services, actors, dispatcher)
  followVenue(broker, registry)
  return {
    actors,
    broker,
    dispatcher,
    sink,
    registry,
    services,
    supervisor: registry.supervisor,
    get gateway() {
      return registry.refOf('gateway')
    },
    get reconciler() {
      return registry.refOf('reconciler')
    },
    get book() {
      return gateways.book
    },
    get nets() {
      return gateways.nets
    },
    isRecovering: () => gateways.isRecovering,
  }
}

/** Passes what the venue pushes to the gateway. */
function followVenue(broker: ExitVenue, registry: ActorRegistry): void {
  broker.streamHints?.(hint => send(registry.refOf('gateway'), { kind: 'hint', hint }))
  broker.streamOrders?.(update => send(registry.refOf('gateway'), { kind: 'pushed', update }))
}

/** Starts the caretaker, which exits positions whose monitors are quarantined at their last levels. */
function serveCaretaker(services: Services, actors: ActorSystem, dispatcher: Dispatcher): void {
  services.serve('caretaker', (epoch, onDown) =>
    actors.spawn({ name: 'caretaker', epoch, initialState: dispatcher, handle: caretaker, onDown }),
  )
}

/** Connects the account with the dispatcher, which wakes, decides and ratchets its positions. */
function joinDispatcher(options: EngineOptions<ExitVenue>): AccountSink {
  const { registry, events, instruments, clock } = options
  // The same fault of a position is reported once, however many ticks meet it.
  const faults = new Faults(notice => events.journal(notice))
  return options.dispatcher.join({
    board: options.board,
    staleMs: options.staleMs ?? 0,
    ratcheted: () => events.ratcheted?.(),
    decided: watched => events.decided?.(watched),
    compares: instrument => events.compares?.(instrument),
    failed: (what, error) => faults.failed(what, error),
    ...(instruments && { hoursOf: name => instruments.of(name).hours }),
    wake: wakeOf(registry, () => clock.monotonic()),
    exit: watched => {
      const generation = registry.get(watched.position.id)?.generation ?? 1
      askForExit(registry, watched, generation)
    },
  })
}

/** Sends the decision of a position without a running monitor to the gateway. */
function askForExit(
  registry: ActorRegistry,
  { decision, position }: WatchedPosition,
  generation: number,
): void {
  send(registry.refOf('gateway'), { kind: 'exit', decision: decision!, position, generation })
}

interface SpawnDeps extends EngineOptions<ExitVenue> {
  readonly actors: ActorSystem
  readonly sink: AccountSink
  readonly services: Services
}

function startSupervisor(deps: SpawnDeps): Ref<SupervisorMessage> {
  const { actors, registry, dispatcher, services, clock, onFailure } = deps
  const ref: Ref<SupervisorMessage> = actors.spawn<SupervisorState, SupervisorMessage>({
    name: 'supervisor',
    epoch: 1,
    initialState: supervisorState(registry, {
      dispatcher,
      sink: deps.sink,
      journal: deps.events.journal,
      policy: deps.supervision ?? DEFAULT_SUPERVISION,
      timers: deps.timers,
      random: () => deps.random(),
      monotonic: () => clock.monotonic(),
      askForExit: (watched, generation) => askForExit(registry, watched, generation),
      spawnService: (kind, epoch) => services.start(kind, epoch),
      spawnMonitor: monitorSpawner(deps),
      stop: each => actors.stop(each),
      self: message => send(ref, message),
      shutdown: (name, reason) => onFailure({ name, epoch: 0, reason }),
    }),
    handle: supervisor,
    onDown: onFailure,
  })
  return ref
}

/** Starts monitors, all of them as children of one parent that receives no message. */
function monitorSpawner({
  actors,
  registry,
  dispatcher,
  beforeMonitor: before,
}: SpawnDeps): SupervisorDeps['spawnMonitor'] {
  const parent = actors.group('monitors')
  const shared: MonitorShared = {
    dispatcher,
    before,
    get gateway() {
      return registry.refOf('gateway')
    },
  }
  // One for all of them: what each monitor has of its own counts 10,000 times.
  const onDown = (down: Down, { watched }: MonitorState): void =>
    reportsDown(registry, { kind: 'monitor', positionId: watched.position.id })(down)
  return (watched, { epoch, generation }) => {
    return actors.spawn({
      name: monitorName(watched.position.id),
      kind: 'monitor',
      epoch,
      parent,
      initialState: { watched, generation, shared },
      handle: monitor,
      onDown,
    })
  }
}
