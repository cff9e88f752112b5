/** Most names of one tally: some come from venues and adapters. */
export const MOST_NAMES = 100
/** Counts what comes under a further name. */
export const OTHER_NAMES = 'other'

/** Adds `by` to the count of a name. Changes `counts`, whose size stays bounded. */
export function tally(counts: Map<string, number>, name: string, by = 1): void {
  const key = counts.has(name) || counts.size < MOST_NAMES ? name : OTHER_NAMES
  counts.set(key, (counts.get(key) ?? 0) + by)
}

/** What was counted between two states of a tally that only grows; names without a change are left out. */
export function tallied(
  now: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): Record<string, number> {
  const changes = [...now].map(([name, count]) => [name, count - (before.get(name) ?? 0)] as const)
  return Object.fromEntries(changes.filter(([, count]) => count !== 0))
}
