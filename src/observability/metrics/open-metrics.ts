/**
 * A scrape in the format of OpenMetrics 1.0, made from its text for Prometheus: a counter's family is
 * called without the `_total` of its samples, there are no empty lines, and the end is said. The
 * client library can do it too, but renames its counters for good by that.
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
