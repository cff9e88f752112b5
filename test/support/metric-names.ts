import { metrics } from '../../src/observability/metrics/registry.ts'

interface Described {
  readonly name: string
  readonly type: string
  readonly labelNames: readonly string[]
}

const known = metrics().registry.getMetricsAsArray() as unknown as readonly Described[]

/** The labels of each sample that a scrape can show, by its name. */
const labelsBySample = new Map(
  known.flatMap(({ name, type, labelNames }): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labelNames, 'le']],
          [`${name}_sum`, labelNames],
          [`${name}_count`, labelNames],
        ]
      : [[name, labelNames]],
  ),
)

/** Labels that Prometheus adds. */
const ADDED = ['instance', 'job']
const SELECTED = /\b((?:watchkeeper|nodejs|process)_\w+)(?:\{([^}]*)\})?/g
const GROUPED = /\b(?:by|on|ignoring)\s*\(([^)]*)\)/g

/** Names in a query of PromQL that no scrape shows: samples and labels. */
export function unknownIn(query: string): string[] {
  const found = [...query.matchAll(SELECTED)].map(([, name, selectors = '']) => {
    return {
      name: name!,
      selected: [...selectors.matchAll(/(\w+)\s*[=!]/g)].map(([, each]) => each!),
    }
  })
  const labels = found.flatMap(({ name }) => labelsBySample.get(name) ?? [])
  const grouped = [...query.matchAll(GROUPED)].flatMap(([, names]) =>
    names!.split(',').map(name => name.trim()),
  )
  return [
    ...found.filter(({ name }) => !labelsBySample.has(name)).map(({ name }) => name),
    ...found.flatMap(({ name, selected }) =>
      selected
        .filter(label => ![...ADDED, ...(labelsBySample.get(name) ?? [])].includes(label))
        .map(label => `${name}{${label}}`),
    ),
    ...grouped.filter(label => ![...ADDED, ...labels].includes(label)),
  ]
}
