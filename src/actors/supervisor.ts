import type { GenerationKey } from '../domain/ids.ts'
import { watchedBy } from '../risk/rule.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { UNHARMED, type Child } from './actor-registry.ts'
import { send, type Ref } from './actor.ts'
import type { Actor, CaretakerMessage, MonitorMessage, SupervisorMessage } from './messages.ts'
import { crashed, due, end, endBackoff, revive, type Subject } from './restarting.ts'
import { monitorSubject, serviceSubject } from './subjects.ts'
import { CATCH_UP, crossedLast, type SupervisorState } from './supervisor-state.ts'

/** Keeps one monitor alive for each guarded position. No tick and no order passes through it. */
export function supervisor(state: SupervisorState, message: SupervisorMessage): SupervisorState {
  const { registry, parts } = state
  switch (message.kind) {
    case 'watch': {
      const { position, ruleSet, ratchet, generation, done } = message
      const known = registry.get(position.id)
      // A generation that is watched already, or an earlier one that comes late, begins nothing.
      if (known === undefined || known.generation < generation) {
        if (known !== undefined) close(state, known)
        begin(state, parts.sink.open(position, ruleSet, ratchet), { afterEpoch: 0, generation })
      }
      done?.()
      return state
    }
    case 'rerule': {
      const child = registry.get(message.positionId)
      if (child !== undefined) rerule(state, child, message)
      message.done()
      return state
    }
    case 'down': {
      const subject = subjectOf(state, message.actor)
      if (subject?.present.epoch === message.epoch) {
        crashed(state, subject, { reason: message.reason, cause: 'crash' })
      }
      return state
    }
    case 'due': {
      const subject = subjectOf(state, message.actor)
      if (subject !== undefined) due(state, subject, message.epoch)
      return state
    }
    case 'stood-in': {
      const child = registry.get(message.positionId)
      if (child !== undefined) endBackoff(state, monitorSubject(state, child))
      return state
    }
    case 'restart': {
      const subject = subjectOf(state, message.actor)
      if (subject !== undefined) revive(state, subject)
      message.done(subject !== undefined)
      return state
    }
    case 'intended': {
      const child = childOf(state, message)
      child?.watched.decisionRecorded()
      return state
    }
    case 'cycle':
      remindAll(state)
      return state
    case 'closed': {
      const child = childOf(state, message)
      if (child !== undefined) close(state, child)
      return state
    }
  }
}

/** Lets go of a position whose generation is over. */
function close(state: SupervisorState, child: Child): void {
  const { registry, parts } = state
  registry.delete(child.watched.position.id)
  parts.dispatcher.close(child.watched)
  end(state, child)
}

/** The present generation of a position, if a message is about that one: an earlier generation's may come late. */
function childOf(
  { registry }: SupervisorState,
  { positionId, generation }: GenerationKey,
): Child | undefined {
  const child = registry.get(positionId)
  return child?.generation === generation ? child : undefined
}

function subjectOf(state: SupervisorState, actor: Actor): Subject | undefined {
  const { registry } = state
  if (actor.kind !== 'monitor') {
    return registry.service(actor.kind) && serviceSubject(state, actor.kind)
  }
  const child = registry.get(actor.positionId)
  return child && monitorSubject(state, child)
}

/** Takes a watched position under supervision; its first incarnation is the one after `afterEpoch`. */
function begin(
  state: SupervisorState,
  watched: WatchedPosition,
  { afterEpoch, generation }: { afterEpoch: number; generation: number },
): void {
  const { registry, parts } = state
  const epoch = afterEpoch + 1
  // Written out: a spread costs each position more memory.
  const childOn = (status: Child['status']): Child => ({
    watched,
    generation,
    epoch,
    crashes: UNHARMED,
    status,
  })
  try {
    const ref = parts.spawnMonitor(watched, { epoch, generation })
    registry.set(watched.position.id, childOn({ kind: 'running', ref }))
    send(ref, CATCH_UP)
  } catch (reason) {
    // A place in the registry, which `crashed` gives its status; until then nothing is restarted or sent.
    const child = childOn({ kind: 'quarantined', since: parts.monotonic() })
    registry.set(watched.position.id, child)
    crashed(state, monitorSubject(state, child), { reason, cause: 'start' })
  }
}

type Rerule = Extract<SupervisorMessage, { readonly kind: 'rerule' }>

/** In one step: what was not seen yet is decided under the old rules, then the new ones begin. */
function rerule(
  state: SupervisorState,
  child: Child,
  { ruleSet, position = child.watched.position }: Pick<Rerule, 'ruleSet' | 'position'>,
): void {
  const { watched, epoch, generation } = child
  const { dispatcher } = state.parts
  dispatcher.foldOne(watched)
  if (watched.decision !== undefined) return
  const { anchor, ...reached } = watched.ratchet()
  dispatcher.close(watched)
  end(state, child)
  // A base price is one of the instrument that it was taken of.
  const isKept = watchedBy(ruleSet, position) === watchedBy(watched.ruleSet, position)
  const ratchet = anchor !== undefined && isKept ? { ...reached, anchor } : reached
  begin(state, state.parts.sink.open(position, ruleSet, ratchet), { afterEpoch: epoch, generation })
}

/** Most cycles have no decision that is not recorded: they check no monitor that never crashed. */
function remindAll(state: SupervisorState): void {
  const { registry, parts, fleet } = state
  const { decisions } = parts.sink
  if (fleet.recordedAt === decisions) {
    for (const id of registry.harmed) remind(state, registry.get(id)!)
    return
  }
  fleet.recordedAt = decisions
  for (const child of registry.all()) {
    remind(state, child)
    if (!isRecorded(child)) fleet.recordedAt = -1
  }
}

const isRecorded = ({ watched }: Child): boolean =>
  watched.decision === undefined || watched.isDecisionRecorded

/** Repeats what is not answered yet: a decision, or a crossing that a caretaker has lost. */
function remind({ registry, parts }: SupervisorState, child: Child): void {
  const { watched, status, generation } = child
  if (!isRecorded(child)) {
    if (status.kind === 'running') send(status.ref as Ref<MonitorMessage>, CATCH_UP)
    else parts.askForExit(watched, generation)
  }
  if (status.kind !== 'quarantined' || watched.closed || !watched.pending) return
  const caretaker = registry.service('caretaker')?.status
  if (caretaker?.kind === 'running') {
    send(caretaker.ref as Ref<CaretakerMessage>, crossedLast(watched))
  }
}
