import type { Engine } from '../engine/engine.ts'
import type { RuleFacts } from '../observability/metrics/facts.ts'
import type { ActorStatusName } from '../ports/supervision.ts'
import { RULES } from '../risk/rules/registry.ts'

/**
 * Counts for metrics: the state of rules, the positions whose monitors have yet to catch up, and monitors by state. They
 * are kept where they change, as a pass over 10,000 positions would cost a scrape some ms.
 */
export function registryFacts({ registry, sink }: Pick<Engine<unknown>, 'registry' | 'sink'>): {
  readonly rules: readonly RuleFacts[]
  readonly pending: number
  readonly monitors: Readonly<Record<ActorStatusName, number>>
} {
  const { tally, pending } = sink
  const configured = new Map<string, number>()
  const armed = new Map<string, number>()
  for (const [{ names }, holders] of tally.holders) {
    for (const [index, name] of names.entries()) {
      configured.set(name, (configured.get(name) ?? 0) + holders.count)
      armed.set(name, (armed.get(name) ?? 0) + holders.armed[index]!)
    }
  }
  const rules = RULES.map(({ name }) => {
    const counts = tally.counts.get(name)
    return {
      name,
      configured: configured.get(name) ?? 0,
      armed: armed.get(name) ?? 0,
      evaluated: counts?.evaluated ?? 0,
      errored: counts?.errored ?? 0,
      fired: counts?.fired ?? 0,
    }
  })
  return { rules, pending, monitors: monitorsIn(registry) }
}

/** Monitors by their state: one that never crashed runs. */
function monitorsIn(registry: Engine<unknown>['registry']): Record<ActorStatusName, number> {
  const monitors = { running: registry.size, backoff: 0, quarantined: 0 }
  for (const id of registry.harmed) {
    const kind = registry.get(id)?.status.kind ?? 'running'
    if (kind === 'running') continue
    monitors.running--
    monitors[kind]++
  }
  return monitors
}
