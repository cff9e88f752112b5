import { nextTurn } from '../ports/turns.ts'
import type { ActorSystem } from './actor.ts'

/** Resolves when every message has been handled, whatever calls are under way. */
export async function heard({ tallies }: Pick<ActorSystem, 'tallies'>): Promise<void> {
  const isQueued = (): boolean => [...tallies.values()].some(({ queued }) => queued > 0)
  while (isQueued()) await nextTurn()
}
