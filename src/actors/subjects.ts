import { recordGiveUp } from '../resilience/restarts.ts'
import { atMarket } from '../risk/at-market.ts'
import { freeze, standIn, thaw } from '../risk/stand-in.ts'
import type { Child } from './actor-registry.ts'
import { send } from './actor.ts'
import type { ServiceKind } from './messages.ts'
import type { Subject } from './restarting.ts'
import { CATCH_UP, monitorName, type SupervisorState } from './supervisor-state.ts'

/** The monitor of a position, to be restarted. Its first message is always the catch-up. */
export function monitorSubject(state: SupervisorState, { watched, generation }: Child): Subject {
  const { registry, parts } = state
  const { dispatcher, journal } = parts
  const positionId = watched.position.id
  const subject: Subject = {
    actor: { kind: 'monitor', positionId },
    policy: parts.policy.monitor,
    get present() {
      return registry.get(positionId)!
    },
    put: change => registry.set(positionId, { ...registry.get(positionId)!, ...change }),
    start: epoch => {
      const ref = parts.spawnMonitor(watched, { epoch, generation })
      subject.put({ epoch, status: { kind: 'running', ref } })
      dispatcher.suspend(watched)
      send(ref, CATCH_UP)
    },
    standIn: () => standIn(dispatcher, watched),
    notifyRestarted: () => {
      const { epoch, crashes } = subject.present
      const { lastError: reason, cause = 'crash' } = crashes
      journal({ kind: 'monitor-restarted', positionId, epoch, cause, reason })
    },
    giveUp: reason => giveUp(state, subject.present as Child, reason),
    undoGiveUp: () => thaw(dispatcher, watched),
  }
  return subject
}

/** The monitor is not restarted any more: its position is left with its last levels, or exited. */
function giveUp({ parts, fleet }: SupervisorState, { watched }: Child, reason: unknown): void {
  const { policy, dispatcher, journal } = parts
  const positionId = watched.position.id
  let action: 'quarantine' | 'exit-position' | 'shutdown' = policy.monitor.onGiveUp
  if (action === 'exit-position') {
    const [history, verdict] = recordGiveUp(policy.giveUpExits, fleet.giveUps, parts.monotonic())
    fleet.giveUps = history
    action = verdict
  }
  journal({ kind: 'monitor-gave-up', positionId, reason, action })
  if (action === 'exit-position') {
    dispatcher.conclude(watched, atMarket(watched, 'unguarded', dispatcher.now))
    return
  }
  freeze(dispatcher, watched)
  if (action === 'shutdown') parts.shutdown(monitorName(positionId), reason)
}

/** An actor that exists once, to be restarted. */
export function serviceSubject({ registry, parts }: SupervisorState, kind: ServiceKind): Subject {
  const subject: Subject = {
    actor: { kind },
    policy: parts.policy[kind],
    get present() {
      return registry.service(kind)!
    },
    put: change => registry.setService(kind, { ...registry.service(kind)!, ...change }),
    start: epoch => {
      const ref = parts.spawnService(kind, epoch)
      subject.put({ epoch, status: { kind: 'running', ref } })
    },
    standIn: () => undefined,
    notifyRestarted: () => {
      const { epoch, crashes } = subject.present
      const { lastError: reason, cause = 'crash' } = crashes
      parts.journal({ kind: 'actor-restarted', actor: kind, epoch, cause, reason })
    },
    giveUp: reason => {
      parts.journal({ kind: 'actor-gave-up', actor: kind, reason })
      parts.shutdown(kind, reason)
    },
    undoGiveUp: () => undefined,
  }
  return subject
}
