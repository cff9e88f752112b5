import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import { livenessOf } from '../actors/actor.ts'
import { hasLevels } from '../risk/stand-in.ts'

/** Who guards a position: only the first two do. */
export type Guarding = 'monitor' | 'caretaker' | 'nobody'

/** Who holds the band of a position. A monitor in backoff does not, though folds decide for it. */
export function guardedBy(roster: ActorRegistry, { watch, guard }: Child): Guarding {
  switch (watch.kind) {
    case 'alive':
      return livenessOf(watch.ref).stopped ? 'nobody' : 'monitor'
    case 'waiting':
      return 'nobody'
    case 'given-up':
      return roster.service('caretaker')?.watch.kind === 'alive' && hasLevels(guard)
        ? 'caretaker'
        : 'nobody'
  }
}
