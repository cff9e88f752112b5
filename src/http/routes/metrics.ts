import type { Route } from '../route.ts'

const TEXT_FORMAT = 'text/plain; version=0.0.4; charset=utf-8'

/** `GET /metrics`: what Prometheus scrapes. */
export const metricRoutes: Route = (router, control) => {
  router.get('/metrics', async (_request, response) => {
    const text = await control.metrics()
    response.setHeader('cache-control', 'no-store')
    response.type(TEXT_FORMAT).send(text)
  })
}
