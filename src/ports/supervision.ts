/** Kinds of actors that are replaced when they end. */
export const SUPERVISED = ['monitor', 'gateway', 'reconciler', 'portfolio', 'caretaker'] as const
export type SupervisedKind = (typeof SUPERVISED)[number]

/** Why an incarnation follows another one: it threw, did not start, or a person wanted it. */
export const RESTART_CAUSES = ['crash', 'start', 'hand'] as const
export type RestartCause = (typeof RESTART_CAUSES)[number]

/** Actor status: running, in restart backoff, or quarantined after too many restarts. */
export const WATCH_STATES = ['alive', 'waiting', 'given-up'] as const
export type WatchState = (typeof WATCH_STATES)[number]

/** One actor as an operator sees it. Times are epoch ms. */
export interface ActorView {
  readonly kind: 'supervisor' | 'gateway' | 'reconciler' | 'portfolio' | 'caretaker' | 'monitor'
  /** What `restart` takes: the kind, or `monitor-<position id>`. */
  readonly id: string
  readonly epoch: number
  readonly alive: boolean
  /** Since when it has been handling one message; null: it is not. */
  readonly busySince: number | null
  /** When it last began to handle a message; null: never. */
  readonly lastBeatAt: number | null
  /** Messages that it has not begun yet. */
  readonly queued: number
  /** Crashes within the policy's window. */
  readonly restartsInWindow: number
  /** Crashes since the process started. */
  readonly restarts: number
  /** What the last crash said, on one line of at most 200 characters. */
  readonly lastError: string | null
  /** When its wait for the next incarnation is over; null: it is not waiting. */
  readonly nextRestartAt: number | null
  /** Only a person restarts it; the caretaker holds a position's last levels. */
  readonly quarantined: boolean
}

/** What http and the command line may ask about supervision. */
export interface Supervising {
  /** The actors that exist once, then monitors, those in trouble first; at most `limit` monitors. */
  supervisionTree(limit?: number): readonly ActorView[]
  /**
   * Replaces an actor by a new incarnation with a clean count, also one that was given up. Resolves
   * when that has started, with how it stands. Throws WatchkeeperError ACTOR_UNKNOWN.
   */
  restart(id: string, by: string): Promise<ActorView>
}
