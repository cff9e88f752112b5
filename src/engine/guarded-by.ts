import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import { livenessOf } from '../actors/actor.ts'
import { hasLevels } from '../risk/stand-in.ts'

/** The actor that guards a position. */
export type GuardedBy = 'monitor' | 'caretaker' | 'none'

/** The actor that holds the band of a position: none while its monitor is in backoff, although `standIn` decides then. */
export function guardedBy(registry: ActorRegistry, { watch, guard }: Child): GuardedBy {
  switch (watch.kind) {
    case 'running':
      return livenessOf(watch.ref).stopped ? 'none' : 'monitor'
    case 'backoff':
      return 'none'
    case 'quarantined':
      return registry.service('caretaker')?.watch.kind === 'running' && hasLevels(guard)
        ? 'caretaker'
        : 'none'
  }
}
