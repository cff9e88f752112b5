import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { quietFor } from '../risk/hours.ts'
import { quietLimit } from '../risk/quiet.ts'

/** The instruments whose prices decide: those of open positions, and the underlyings that their rules watch. */
export function* instrumentsHeld(registry: ActorRegistry): Iterable<InstrumentId> {
  for (const { watched } of registry.all()) {
    yield watched.position.instrument
    if (watched.other === undefined) continue
    const instrument = watched.underlying?.instrument ?? watched.position.underlying
    if (instrument !== undefined) yield instrument
  }
}

/**
 * The instruments to poll at `now` (epoch ms): those for which a `staleQuote` rule with `action: poll` has waited
 * too long for a tick.
 */
export function* instrumentsToPoll(registry: ActorRegistry, now: number): Iterable<InstrumentId> {
  for (const { watched } of registry.all()) {
    const mostMs = quietLimit(watched, 'poll')
    if (mostMs === Infinity) continue
    const since = Math.max(watched.own.stream.lastAt, watched.openedAt)
    if (quietFor(watched.hours, since, now) > mostMs) yield watched.position.instrument
  }
}
