import { type ActorSystem, actorSystem, type Down, type Ref, send } from '../actors/actor.ts'
import { gateway, gatewayState } from '../actors/gateway.ts'
import type { GatewayParts } from '../actors/gateway-calls.ts'
import type { GatewayMessage, MonitorMessage, SupervisorMessage } from '../actors/messages.ts'
import { monitor, type MonitorShared } from '../actors/monitor.ts'
import { type MonitorLife, Roster, supervisor } from '../actors/supervisor.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/ledger.ts'
import type { Broker } from '../ports/broker.ts'
import type { Quotes } from '../ports/quotes.ts'
import { Dispatcher } from '../risk/dispatcher.ts'
import type { Guard } from '../risk/guard.ts'

type Wired = 'supervisor' | 'self' | 'track' | 'broker' | 'now'

export interface CoreOptions<Venue> extends Omit<GatewayParts, Wired> {
  /** Makes the broker, which may look at the prices that the dispatcher knows. */
  broker(quotes: Quotes): Venue
  /** Epoch ms; default the time of the dispatcher's last event. */
  now?(): number
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  readonly freshMs?: number
  /** There are ratchets to be taken. */
  ratcheted?(): void
  /** What an earlier process left behind. */
  readonly before: { readonly exits: readonly ExitRecord[]; readonly killSwitch: KillSwitch }
  /** An actor that nobody replaces has ended. */
  onFailure(down: Down): void
}

/** The parts that are the same live and in virtual time, connected. */
export interface Core<Venue> {
  readonly actors: ActorSystem
  readonly broker: Venue
  readonly dispatcher: Dispatcher
  readonly roster: Roster
  readonly supervisor: Ref<SupervisorMessage>
  readonly gateway: Ref<GatewayMessage>
}

const CATCH_UP: MonitorMessage = { kind: 'catch-up' }

/** Connects dispatcher, monitors, supervisor and gateway: the straight line from tick to order. */
export function connect<Venue extends GatewayParts['broker'] & Pick<Broker, 'streamOrders'>>({
  broker: makeBroker,
  before,
  freshMs = 0,
  ratcheted = () => undefined,
  onFailure,
  ...options
}: CoreOptions<Venue>): Core<Venue> {
  const actors = actorSystem()
  const roster = new Roster()
  const dispatcher: Dispatcher = new Dispatcher({
    ...{ freshMs, ratcheted },
    wake: ({ position }) => {
      const child = roster.get(position.id)
      if (child !== undefined) send(child.ref, CATCH_UP)
    },
    exit: ({ position }, decision) => {
      const generation = roster.get(position.id)?.generation ?? 1
      send(gatewayRef, { kind: 'exit', decision, position, generation })
    },
  })
  const broker = makeBroker(dispatcher)
  const spawnMonitor = monitors(actors, () => ({ dispatcher, gateway: gatewayRef, supervisorRef }))
  const { journal } = options
  const stopMonitor = (ref: Ref<MonitorMessage>): void => actors.stop(ref)
  const supervisorRef: Ref<SupervisorMessage> = actors.spawn({
    name: 'supervisor',
    epoch: 1,
    initialState: { roster, parts: { dispatcher, journal, spawnMonitor, stopMonitor } },
    handle: supervisor,
    onDown: onFailure,
  })
  const parts: GatewayParts = {
    now: () => dispatcher.now,
    ...options,
    broker,
    supervisor: supervisorRef,
    self: message => send(gatewayRef, message),
    track: call => actors.track(call),
  }
  const gatewayRef: Ref<GatewayMessage> = actors.spawn({
    name: 'gateway',
    epoch: 1,
    initialState: gatewayState(parts, before),
    handle: gateway,
    onDown: onFailure,
  })
  broker.streamOrders(fill => {
    const event = { kind: 'filled', fill } as const
    send(gatewayRef, { kind: 'happened', positionId: fill.positionId, event })
  })
  return { actors, broker, dispatcher, roster, supervisor: supervisorRef, gateway: gatewayRef }
}

interface Surroundings extends MonitorShared {
  readonly supervisorRef: Ref<SupervisorMessage>
}

/** Starts monitors, which know what is around them once all of it is there. */
function monitors(actors: ActorSystem, surroundings: () => Surroundings) {
  const parent = actors.group('monitors')
  let shared: Surroundings | undefined
  return (guard: Guard, { epoch, generation }: MonitorLife): Ref<MonitorMessage> => {
    const around = (shared ??= surroundings())
    const positionId = guard.position.id
    return actors.spawn({
      name: `monitor-${positionId}`,
      epoch,
      parent,
      initialState: { guard, generation, shared: around },
      handle: monitor,
      onDown: ({ reason }) =>
        send(around.supervisorRef, { kind: 'down', positionId, epoch, reason }),
    })
  }
}
