import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send, type Ref } from '../actors/actor.ts'
import type { CaretakerMessage, MonitorMessage } from '../actors/messages.ts'
import { CATCH_UP, crossedLast } from '../actors/supervisor-state.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'

/** Wakes the actor that watches a pending position; where it is down, the decision is made here. */
export function wakeOf(
  registry: ActorRegistry,
  monotonic: () => number,
): (watched: WatchedPosition) => void {
  return watched => {
    const child = registry.get(watched.position.id)
    if (child?.watched !== watched) return
    watched.woken(monotonic())
    switch (child.status.kind) {
      case 'running':
        // If it has just ended, the message is lost: the next incarnation begins with the same catch-up.
        send(child.status.ref as Ref<MonitorMessage>, CATCH_UP)
        return
      case 'backoff':
        watched.sink.standIn(watched)
        send(registry.supervisor, { kind: 'stood-in', positionId: watched.position.id })
        return
      case 'quarantined': {
        const status = registry.service('caretaker')?.status
        const isSent =
          status?.kind === 'running' &&
          send(status.ref as Ref<CaretakerMessage>, crossedLast(watched))
        if (!isSent) watched.sink.standIn(watched)
      }
    }
  }
}
