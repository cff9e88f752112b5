import type { ActorRegistry, Child } from '../actors/actor-registry.ts'
import { livenessOf } from '../actors/actor.ts'
import { hasLevels } from '../risk/stand-in.ts'

/** The actor that guards a position. */
export type GuardedBy = 'monitor' | 'caretaker' | 'none'

/** The actor that holds the band of a position: none while its monitor is in backoff, although `standIn` decides then. */
export function guardedBy(registry: ActorRegistry, { status, watched }: Child): GuardedBy {
  switch (status.kind) {
    case 'running':
      return livenessOf(status.ref).stopped ? 'none' : 'monitor'
    case 'backoff':
      return 'none'
    case 'quarantined':
      return registry.service('caretaker')?.status.kind === 'running' && hasLevels(watched)
        ? 'caretaker'
        : 'none'
  }
}
