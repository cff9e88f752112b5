/** Counts by name, added up; a name that some of them lack counts 0 there. */
export function sumOf<Name extends string>(
  all: readonly Readonly<Record<Name, number>>[],
): Record<Name, number> {
  const total = {} as Record<Name, number>
  for (const each of all) for (const name in each) total[name] = (total[name] ?? 0) + each[name]
  return total
}

/** The same for maps. */
export function sumOfMaps<Key>(all: readonly ReadonlyMap<Key, number>[]): Map<Key, number> {
  const total = new Map<Key, number>()
  for (const each of all)
    for (const [key, count] of each) total.set(key, (total.get(key) ?? 0) + count)
  return total
}
