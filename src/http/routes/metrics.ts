import type { MetricsFormat } from '../../ports/control.ts'
import type { Route } from '../operation.ts'

const TYPES: Readonly<Record<MetricsFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

/** `GET /metrics`: metrics for Prometheus, in the OpenMetrics format where `Accept` prefers it. */
export const metricRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/metrics',
      summary: 'Figures for Prometheus, or as OpenMetrics where Accept prefers it',
      needs: 'open',
      isUntagged: true,
      answers: {
        200: {
          description: 'The figures',
          content: [{ type: 'text/plain' }, { type: 'application/openmetrics-text' }],
        },
      },
    },
    async ({ request }) => {
      const format = formatOf(request.headers.accept ?? '')
      const text = await control.metrics(format)
      return {
        status: 200,
        type: TYPES[format],
        text,
        headers: { vary: 'accept' },
      }
    },
  )
}

/**
 * OpenMetrics only for a client that names it: the wildcard of a browser or curl gets plain text.
 */
function formatOf(accept: string): MetricsFormat {
  let [text, openmetrics] = [0, 0]
  for (const range of accept.toLowerCase().split(',')) {
    const [type, ...given] = range.split(';').map(part => part.trim())
    const parameters = new Map(given.map(each => each.split('=') as [string, string | undefined]))
    const weight = Number(parameters.get('q') ?? 1)
    const isKnown = ['1.0.0', undefined].includes(parameters.get('version'))
    if (type === 'text/plain' || type === '*/*') text = Math.max(text, weight)
    if (type === 'application/openmetrics-text' && isKnown) {
      openmetrics = Math.max(openmetrics, weight)
    }
  }
  return openmetrics > 0 && openmetrics >= text ? 'openmetrics' : 'text'
}
