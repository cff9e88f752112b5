/** Exit reasons, most important first: the order within a decision that has several. */
export const EXIT_REASONS = [
  'kill-switch',
  'daily-loss',
  'manual',
  'stop-loss',
  'session-end',
  'take-profit',
  'trailing-stop',
  'profit-lock',
  'peak-drawdown',
  'profit-floor',
  'custom',
  'underlying',
  'max-hold',
  'stale-quote',
  'unguarded',
  'venue-stop',
] as const

/** Why a position is exited. */
export type ExitReason = (typeof EXIT_REASONS)[number]

/** Reasons of rules that follow the best price: among them the tightest level comes first. */
export const FOLLOWING_REASONS: ReadonlySet<ExitReason> = new Set<ExitReason>([
  'trailing-stop',
  'profit-lock',
  'peak-drawdown',
  'profit-floor',
  'custom',
])

/**
 * How an exit can end. `gone`: the holding is gone without a fill of this service; `observed`: the
 * exit was not sent; `discarded`: a person has discarded it, or released its position.
 */
export const EXIT_OUTCOMES = ['filled', 'gone', 'dust', 'observed', 'discarded'] as const

export type ExitOutcome = (typeof EXIT_OUTCOMES)[number]
