import { metrics } from '../../src/observability/metrics/registry.ts'

const HEAD = `# Metrics

What \`GET /metrics\` shows, in the format of Prometheus, besides the usual ones of a Node process
(\`process_…\`, \`nodejs_…\`). All are read when they are scraped: a tick pays nothing for them. No label
ever holds the id of a position, an order or an instrument.
`

/** The page that describes every metric, made from the registry. */
export function metricsPage(): string {
  const own = metrics()
    .registry.getMetricsAsArray()
    .filter(({ name }) => name.startsWith('watchkeeper_'))
    .map(metric => {
      const {
        name,
        help,
        labelNames = [],
      } = metric as unknown as {
        name: string
        help: string
        labelNames?: readonly string[]
      }
      const { type } = metric as unknown as { type: string }
      const labels = labelNames.map(label => `\`${label}\``).join(', ') || '–'
      return `- **\`${name}\`** (${type}; labels: ${labels})\n  ${help}`
    })
  return `${HEAD}\n${own.join('\n')}\n`
}

// Run by hand, it writes the page: node --import tsx test/support/metrics-doc.ts > docs/metrics.md
if (process.argv[1] === import.meta.filename) process.stdout.write(metricsPage())
