import type { Child } from '../actors/actor-registry.ts'
import type { UnguardedCause } from '../domain/unguarded.ts'
import type { Registered } from '../ports/state-repository.ts'

/** The text for each cause of an unguarded position. */
const TEXTS: Readonly<Record<Exclude<UnguardedCause, 'entry'>, (child?: Child) => string>> = {
  halt: () => 'the kill switch is halt',
  store: () => 'the store refuses writes',
  monitor: child =>
    child === undefined
      ? 'it has no monitor yet'
      : `its monitor crashed (${child.crashes.lastError ?? 'no error'})`,
  rules: () => 'none of its rules ever exits it',
  'not-open': () => 'it is not open yet: its openedAt lies ahead of the clock',
  unpriced: () => 'its instrument never had a fresh price',
  price: () => 'its last price is too old',
  down: () => 'no process was there',
  pause: () => 'the process stood still',
}

interface Unguarded {
  readonly cause: UnguardedCause
  /** Its monitor. */
  readonly child: Child | undefined
  readonly entry: Registered['entry']
}

/** Why a position is not guarded, for a person. */
export function unguardedText({ cause, child, entry }: Unguarded): string {
  if (cause !== 'entry') return TEXTS[cause](child)
  const why = entry?.kind === 'refused' ? entry.why : 'it would be exited at once'
  return `${why}: exit it, release it, or change its rules with exitNow`
}
