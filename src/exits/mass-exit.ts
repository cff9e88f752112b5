import type { ExitReason } from '../domain/reason.ts'

/** When many exits at once suggest false prices. */
export interface MassExitOptions {
  /** Price exits within `withinMs` that need no confirmation. */
  readonly max: number
  readonly withinMs: number
  /** Longest time that an exit waits for a second source, ms. */
  readonly confirmMs: number
}

/** The exits of late, and those that wait. */
export interface MassExits {
  /** Times of price exits within the window, epoch ms, oldest first. */
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
 * Takes one more exit, decided at `now` (epoch ms). Gives until when it needs a second source: a price
 * that crosses its level too lets it go before.
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
