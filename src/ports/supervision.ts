import { z } from 'zod'
import { maybe, maybeTime, word, type Answer } from './control/answer.ts'

/** Kinds of actors that are restarted when they end. */
export const SUPERVISED = ['monitor', 'gateway', 'reconciler', 'portfolio', 'caretaker'] as const
export type SupervisedKind = (typeof SUPERVISED)[number]

/**
 * Why an incarnation was started: the previous one threw, did not start, or a person requested it.
 */
export const RESTART_CAUSES = ['crash', 'start', 'hand'] as const
export type RestartCause = (typeof RESTART_CAUSES)[number]

/** Actor status: running, in restart backoff, or quarantined after too many restarts. */
export const ACTOR_STATUSES = ['running', 'backoff', 'quarantined'] as const
export type ActorStatusName = (typeof ACTOR_STATUSES)[number]

/** One actor as an operator sees it. */
export const actorView = z.object({
  kind: word(['supervisor', ...SUPERVISED]),
  id: z.string().describe('What `restart` takes: the kind, or `monitor-<position id>`.'),
  epoch: z.number(),
  state: word(ACTOR_STATUSES).describe(
    'Running, in restart backoff, or quarantined: only a person restarts it then, and the caretaker ' +
      "holds a position's last levels.",
  ),
  busySince: maybeTime.describe('Since when it has been handling one message; null: it is not.'),
  lastBeatAt: maybeTime.describe('When it last began to handle a message; null: never.'),
  queued: z.number().describe('Messages that it has not begun yet.'),
  restartsInWindow: z.number().describe("Crashes within the policy's window."),
  restarts: z.number().describe('Crashes since the process started.'),
  lastError: z
    .string()
    .nullable()
    .describe('What the last crash said, on one line of at most 200 characters.'),
  nextRestartAt: maybe.describe('When its backoff is over, epoch ms; null: no restart is planned.'),
})

export interface ActorView extends Answer<typeof actorView> {}

/** `GET /api/supervision`. */
export const actorList = z.array(actorView)

/** Supervision as HTTP and the command line use it. */
export interface Supervising {
  /** The actors that exist once, then monitors, those in trouble first; at most `limit` monitors. */
  supervisionTree(limit?: number): readonly ActorView[]
  /**
   * Replaces an actor by a new incarnation with a clean restart count, also a quarantined one.
   * Resolves with its state when the new incarnation has started.
   *
   * @throws WatchkeeperError ACTOR_UNKNOWN.
   */
  restart(id: string, by: string): Promise<ActorView>
}
