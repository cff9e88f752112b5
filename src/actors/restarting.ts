import type { RestartCause } from '../ports/supervision.ts'
import { alive, nextDelay } from '../resilience/backoff.ts'
import { paceRestart, recordRestart } from '../resilience/restarts.ts'
import type { Supervised } from './actor-registry.ts'
import type { Actor } from './messages.ts'
import type { SupervisorState } from './supervisor-state.ts'

/** One actor as restarting it needs it, whatever its kind. */
export interface Subject {
  readonly actor: Actor
  readonly policy: {
    readonly maxRestarts: number
    readonly withinMs: number
    readonly backoff: Parameters<typeof nextDelay>[0]
  }
  /** As the registry has it now. */
  readonly present: Supervised
  put(change: Partial<Supervised>): void
  /** Starts an incarnation and sends its first message; may throw. */
  start(epoch: number): void
  /** Decides in its place while it is down, as far as that can be. */
  standIn(): void
  /** Says that a new incarnation has replaced an earlier one. */
  notifyRestarted(): void
  /** Does what the policy wants once it is not restarted any more. */
  giveUp(reason: unknown): void
  /** Takes back what giving up has done. */
  undoGiveUp(): void
}

/** Longest text of an error that is kept of an actor, characters. */
const LONGEST_ERROR = 200

interface Crash {
  readonly reason: unknown
  readonly cause: RestartCause
}

/** An incarnation has ended by itself, or did not start: a new one follows, unless restarts are used up. */
export function crashed(state: SupervisorState, subject: Subject, { reason, cause }: Crash): void {
  const now = state.parts.monotonic()
  const { policy, present } = subject
  const [recent, verdict] = recordRestart(policy, present.crashes.recent, now)
  const random = state.parts.random()
  const [backoff, delayMs] = nextDelay(policy.backoff, present.crashes.backoff, now, random)
  const { downMs } = present.crashes
  const total = present.crashes.total + 1
  const lastError = shortText(reason)
  subject.put({ crashes: { recent, backoff, total, downMs, lastError, cause } })
  if (verdict === 'restart') {
    if (delayMs > 0) wait(state, subject, { delayMs, isAwaitingTurn: false })
    else restart(state, subject)
    return
  }
  subject.put({ status: { kind: 'quarantined', since: now } })
  subject.giveUp(reason)
}

/** The backoff of an actor is over, or was ended: it starts as soon as its turn comes. */
export function restart(state: SupervisorState, subject: Subject): void {
  const { parts, fleet } = state
  const [pace, { delayMs, isCommonCause }] = paceRestart(
    parts.policy.fleet,
    fleet.pace,
    parts.monotonic(),
  )
  fleet.pace = pace
  if (isCommonCause) parts.journal({ kind: 'common-cause', ...parts.policy.fleet })
  if (delayMs > 0) wait(state, subject, { delayMs, isAwaitingTurn: true })
  else launch(state, subject)
}

/** Starts the next incarnation now. A start that fails counts as a crash. */
export function launch(state: SupervisorState, subject: Subject): void {
  const epoch = subject.present.epoch + 1
  countDownTime(state, subject)
  try {
    subject.start(epoch)
  } catch (reason) {
    subject.put({ epoch })
    crashed(state, subject, { reason, cause: 'start' })
    return
  }
  const { crashes } = subject.present
  if (crashes.cause === undefined) return
  const backoff = alive(subject.policy.backoff, crashes.backoff, state.parts.monotonic())
  subject.put({ crashes: { ...crashes, backoff } })
  subject.notifyRestarted()
}

/** The wait of an actor is over. */
export function due(state: SupervisorState, subject: Subject, epoch: number): void {
  const { status, epoch: last } = subject.present
  if (status.kind !== 'backoff' || last !== epoch) return
  if (status.isAwaitingTurn) launch(state, subject)
  else restart(state, subject)
}

/** What it is there for has come up: its backoff is over, but not the wait for its turn. */
export function endBackoff(state: SupervisorState, subject: Subject): void {
  const { status } = subject.present
  if (status.kind !== 'backoff' || status.isAwaitingTurn) return
  status.cancel()
  restart(state, subject)
}

/** A person wants a new incarnation: it starts at once, with a clean count. */
export function revive(state: SupervisorState, subject: Subject): void {
  end(state, subject.present)
  if (subject.present.status.kind === 'quarantined') subject.undoGiveUp()
  const { crashes } = subject.present
  subject.put({
    crashes: {
      ...crashes,
      recent: [],
      cause: 'hand',
      backoff: { failures: 0, aliveSince: null },
    },
  })
  launch(state, subject)
}

/** Ends whatever keeps an actor going, its incarnation or its wait. */
export function end({ parts }: SupervisorState, { status }: Supervised): void {
  if (status.kind === 'running') parts.stop(status.ref)
  if (status.kind === 'backoff') status.cancel()
}

/** Only the actor itself waits for this: what comes up meanwhile is decided by the stand-in. */
function wait(
  state: SupervisorState,
  subject: Subject,
  { delayMs, isAwaitingTurn }: { delayMs: number; isAwaitingTurn: boolean },
): void {
  const { parts } = state
  const { actor, present } = subject
  const { epoch } = present
  const cancel = parts.timers.after(delayMs, () => parts.self({ kind: 'due', actor, epoch }))
  countDownTime(state, subject)
  const since = parts.monotonic()
  subject.put({
    status: { kind: 'backoff', since, until: since + delayMs, isAwaitingTurn, cancel },
  })
  subject.standIn()
}

/** A wait that is over, or goes on as another one, counts as time that the actor was down. */
function countDownTime({ parts }: SupervisorState, subject: Subject): void {
  const { status, crashes } = subject.present
  if (status.kind !== 'backoff') return
  const since = parts.monotonic()
  const downMs = crashes.downMs + since - status.since
  // What follows may fail, and count once more, from now on.
  subject.put({ status: { ...status, since }, crashes: { ...crashes, downMs } })
}

function shortText(reason: unknown): string {
  const text = reason instanceof Error ? reason.message : String(reason)
  const [line = ''] = text.split('\n')
  return line.length > LONGEST_ERROR ? `${line.slice(0, LONGEST_ERROR)}…` : line
}
