import { UNHARMED, type ActorRegistry, type ServiceMessage } from '../actors/actor-registry.ts'
import { send, type Down, type Ref } from '../actors/actor.ts'
import type { Actor, ServiceKind } from '../actors/messages.ts'

/** Starts one incarnation; `onDown` must be called when it ends by a throw. */
export type StartService<Message> = (epoch: number, onDown: (down: Down) => void) => Ref<Message>

/** The actors that exist once: how each is started, and restarted after a crash. */
export class Services {
  private readonly registry: ActorRegistry
  private readonly starts = new Map<ServiceKind, StartService<never>>()

  constructor(registry: ActorRegistry) {
    this.registry = registry
  }

  /** Starts the first incarnation of an actor and puts it under supervision. */
  serve<Kind extends ServiceKind>(kind: Kind, start: StartService<ServiceMessage[Kind]>): void {
    this.starts.set(kind, start)
    const status = { kind: 'running', ref: this.start(kind, 1) } as const
    this.registry.setService(kind, { epoch: 1, status, crashes: UNHARMED })
  }

  /** Starts one incarnation of an actor that is served. */
  start(kind: ServiceKind, epoch: number): Ref<never> {
    return this.starts.get(kind)!(epoch, reportsDown(this.registry, { kind }))
  }
}

/** Reports to the supervisor that an incarnation has ended by a throw. */
export const reportsDown =
  (registry: ActorRegistry, actor: Actor) =>
  ({ epoch, reason }: Down): void => {
    send(registry.supervisor, { kind: 'down', actor, epoch, reason })
  }
