import type { ExitReason } from '../domain/reason.ts'

/** When many exits at once suggest false prices. */
export interface MassExitOptions {
  /** Price exits within `withinMs` that do not wait. */
  readonly max: number
  readonly withinMs: number
  /** Time that each further one waits, ms: for a person to stop it where the prices are wrong. */
  readonly confirmMs: number
}

/** The price exits of late. Times are ms of one clock, whichever the caller uses. */
export interface MassExits {
  /** Times of price exits within the window, oldest first. */
  readonly recent: readonly number[]
}

/** No exit so far. */
export const NO_MASS_EXIT: MassExits = { recent: [] }

/** Reasons that no price has decided: they never wait. */
const WITHOUT_PRICE: ReadonlySet<ExitReason> = new Set([
  'kill-switch',
  'daily-loss',
  'manual',
  'session-end',
  'max-hold',
  'stale-quote',
  'unguarded',
])

/**
 * Takes one more exit, decided at `now`. Gives until when it waits; undefined: it does not.
 */
export function countExit(
  state: MassExits,
  { max, withinMs, confirmMs }: MassExitOptions,
  { reason, now }: { reason: ExitReason; now: number },
): [MassExits, waitUntil: number | undefined] {
  if (WITHOUT_PRICE.has(reason)) return [state, undefined]
  const recent = [...state.recent.filter(at => at > now - withinMs), now].slice(-(max + 1))
  return [{ recent }, recent.length > max ? now + confirmMs : undefined]
}
