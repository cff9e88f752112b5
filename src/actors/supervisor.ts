import type { PositionId } from '../domain/ids.ts'
import type { Journal } from '../ports/journal.ts'
import type { Dispatcher } from '../risk/dispatcher.ts'
import type { Guard } from '../risk/guard.ts'
import type { RuleSet } from '../risk/rule.ts'
import { type Ref, send } from './actor.ts'
import type { MonitorMessage, SupervisorMessage } from './messages.ts'

/** Crashes of one monitor in a row, without a catch-up in between, after which nobody retries. */
const MAX_CRASHES = 5

const CATCH_UP: MonitorMessage = { kind: 'catch-up' }

/** Which life of which position an incarnation is. */
export interface MonitorLife {
  readonly epoch: number
  /** Life of the position id, from 1. */
  readonly generation: number
}

/** The present incarnation of a position's monitor. */
interface Child {
  readonly guard: Guard
  /** Life of the position id, from 1. */
  readonly generation: number
  readonly epoch: number
  readonly ref: Ref<MonitorMessage>
  /** Crashes since the monitor last did its work. */
  readonly crashes: number
  /** Catch-ups of the position before this incarnation. */
  readonly catchUpsBefore: number
}

/** Where to find the monitor of a guard. Written by the supervisor alone, read at each wake. */
export class Roster {
  private readonly children = new Map<PositionId, Child>()

  get size(): number {
    return this.children.size
  }

  /** The present incarnations, in the order in which their positions came. */
  all(): Iterable<Child> {
    return this.children.values()
  }

  get(id: PositionId): Child | undefined {
    return this.children.get(id)
  }

  set(id: PositionId, child: Child): void {
    this.children.set(id, child)
  }

  delete(id: PositionId): void {
    this.children.delete(id)
  }
}

export interface SupervisorState {
  readonly roster: Roster
  readonly parts: SupervisorParts
}

export interface SupervisorParts {
  readonly dispatcher: Dispatcher
  readonly journal: Journal
  /** Starts one incarnation of the monitor of a position. */
  spawnMonitor(guard: Guard, life: MonitorLife): Ref<MonitorMessage>
  /** Ends a monitor that is not needed any more. */
  stopMonitor(ref: Ref<MonitorMessage>): void
}

/** Keeps one monitor alive for each guarded position. No tick and no order passes through it. */
export function supervisor(state: SupervisorState, message: SupervisorMessage): SupervisorState {
  const { roster, parts } = state
  switch (message.kind) {
    case 'guard': {
      const { position, ruleSet, ratchet, generation, guarded } = message
      if (roster.get(position.id) === undefined) {
        const guard = parts.dispatcher.open(position, ruleSet, ratchet)
        start(state, guard, { epoch: 1, crashes: 0, generation })
      }
      guarded?.()
      return state
    }
    case 'rerule': {
      const child = roster.get(message.positionId)
      if (child !== undefined) rerule(state, child, message.ruleSet)
      message.guarded()
      return state
    }
    case 'down': {
      const { positionId, epoch, reason } = message
      const child = roster.get(positionId)
      if (child === undefined || child.epoch !== epoch) return state
      replace(state, child, reason)
      return state
    }
    case 'intended': {
      const child = roster.get(message.positionId)
      if (child !== undefined) child.guard.isDecisionRecorded = true
      return state
    }
    case 'cycle':
      for (const { guard, ref } of roster.all()) {
        if (guard.decision !== undefined && !guard.isDecisionRecorded) send(ref, CATCH_UP)
      }
      return state
    case 'closed': {
      const child = roster.get(message.positionId)
      if (child === undefined) return state
      roster.delete(message.positionId)
      parts.dispatcher.close(child.guard)
      parts.stopMonitor(child.ref)
      return state
    }
  }
}

/** In one step: what was not seen yet is decided under the old rules, then the new ones begin. */
function rerule(state: SupervisorState, child: Child, ruleSet: RuleSet): void {
  const { guard, epoch, generation } = child
  const { dispatcher, stopMonitor } = state.parts
  dispatcher.foldOne(guard)
  if (guard.decision !== undefined) return
  const ratchet = guard.ratchet()
  dispatcher.close(guard)
  stopMonitor(child.ref)
  const next = dispatcher.open(guard.position, ruleSet, ratchet)
  start(state, next, { epoch: epoch + 1, crashes: 0, generation })
}

/** Crashes without a catch-up in between add up to giving up. */
function replace(state: SupervisorState, child: Child, reason: unknown): void {
  const { guard, epoch, crashes, catchUpsBefore } = child
  const { journal } = state.parts
  const positionId = guard.position.id
  const again = guard.catchUps > catchUpsBefore ? 1 : crashes + 1
  if (again > MAX_CRASHES) {
    journal({ kind: 'monitor-gave-up', positionId, reason })
    return
  }
  journal({ kind: 'monitor-restarted', positionId, epoch: epoch + 1, reason })
  start(state, guard, { epoch: epoch + 1, crashes: again, generation: child.generation })
}

/** The first message of every incarnation is the catch-up. */
function start(
  { roster, parts }: SupervisorState,
  guard: Guard,
  life: { epoch: number; crashes: number; generation: number },
): void {
  const ref = parts.spawnMonitor(guard, life)
  roster.set(guard.position.id, { guard, ref, ...life, catchUpsBefore: guard.catchUps })
  send(ref, CATCH_UP)
}
