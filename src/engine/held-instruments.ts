import type { ActorRegistry } from '../actors/actor-registry.ts'
import type { InstrumentId } from '../domain/ids.ts'
import { quietFor } from '../risk/hours.ts'

/** The instruments whose prices decide: those of open positions, and the underlyings that their rules watch. */
export function* instrumentsHeld(registry: ActorRegistry): Iterable<InstrumentId> {
  for (const { guard } of registry.all()) {
    yield guard.position.instrument
    if (guard.other === undefined) continue
    const instrument = guard.underlying?.instrument ?? guard.position.underlying
    if (instrument !== undefined) yield instrument
  }
}

/**
 * The instruments to poll at `now` (epoch ms): those for which a `staleQuote` rule with `action: poll` has waited
 * too long for a tick.
 */
export function* instrumentsToPoll(registry: ActorRegistry, now: number): Iterable<InstrumentId> {
  for (const { guard } of registry.all()) {
    const { stream } = guard.own
    for (const rule of guard.ruleSet.rules) {
      if (rule.kind !== 'stale-quote' || rule.action !== 'poll') continue
      const afterMs = rule.afterMs === 'auto' ? stream.quietMs : rule.afterMs
      const since = Math.max(stream.lastAt, guard.openedAt)
      if (quietFor(guard.hours, since, now) > afterMs) yield guard.position.instrument
    }
  }
}
