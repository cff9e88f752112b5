/**
 * Converts a scrape from the text format of Prometheus to OpenMetrics 1.0: a counter's family has
 * no `_total` suffix, there are no empty lines, and `# EOF` ends it. The client library can do this
 * too, but then renames its counters permanently.
 */
export function openMetricsOf(text: string): string {
  const lines = text.split('\n').filter(line => line !== '')
  const counters = new Set(
    lines.flatMap(line => /^# TYPE (\S+)_total counter$/.exec(line)?.[1] ?? []),
  )
  const named = lines.map(line => {
    const [, head, name, rest] = /^(# (?:HELP|TYPE) )(\S+)_total( .*)$/.exec(line) ?? []
    return name !== undefined && counters.has(name) ? `${head}${name}${rest}` : line
  })
  return [...named, '# EOF', ''].join('\n')
}
