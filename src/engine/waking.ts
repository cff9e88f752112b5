import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send, type Ref } from '../actors/actor.ts'
import type { CaretakerMessage, MonitorMessage } from '../actors/messages.ts'
import { CATCH_UP, crossedLast } from '../actors/supervisor-state.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import { standIn } from '../risk/stand-in.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'

/** Wakes the actor that watches a pending position; where it is down, the decision is made here. */
export function wakeOf(
  registry: ActorRegistry,
  monotonic: () => number,
): (guard: WatchedPosition, dispatcher: Dispatcher) => void {
  return (guard, dispatcher) => {
    const child = registry.get(guard.position.id)
    if (child?.guard !== guard) return
    guard.woken(monotonic())
    switch (child.watch.kind) {
      case 'running':
        // If it has just ended, the message is lost: the next incarnation begins with the same catch-up.
        send(child.watch.ref as Ref<MonitorMessage>, CATCH_UP)
        return
      case 'backoff':
        tryStandIn(dispatcher, guard)
        send(registry.supervisor, { kind: 'crossed', positionId: guard.position.id })
        return
      case 'quarantined': {
        const watch = registry.service('caretaker')?.watch
        const isSent =
          watch?.kind === 'running' && send(watch.ref as Ref<CaretakerMessage>, crossedLast(guard))
        if (!isSent) tryStandIn(dispatcher, guard)
      }
    }
  }
}

/**
 * Decides in the place of a monitor that is down. Every tick passes here, so that an error of one position must not
 * keep the tick from the others. The position stays pending; the actor that evaluates it next crashes by the error.
 */
function tryStandIn(dispatcher: Dispatcher, guard: WatchedPosition): void {
  try {
    standIn(dispatcher, guard)
  } catch {
    dispatcher.foldErrors++
  }
}
