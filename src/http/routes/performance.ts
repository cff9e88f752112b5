import { cycleMetricsReport, performanceReport } from '../../ports/control/performance.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'

/** Counters and durations of the monitoring cycles. */
export const performanceRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/metrics',
      summary: 'What the monitoring cycles have done since the last reset',
      needs: 'read',
      answers: { 200: inJson('Sums of all cycles', cycleMetricsReport) },
    },
    () => json(control.cycleMetrics()),
  )
  on(
    {
      method: 'post',
      path: '/api/metrics/reset',
      summary: 'Read the same, and begin anew',
      needs: 'operate',
      answers: { 200: inJson('Sums of all cycles until now', cycleMetricsReport) },
    },
    ({ request }) => {
      return json(control.resetMetrics(access.requesterOf(request)))
    },
  )
  on(
    {
      method: 'get',
      path: '/api/report',
      summary: 'Percentiles of every operation, the slowest cycles, and trends',
      needs: 'read',
      answers: { 200: inJson('The report', performanceReport) },
    },
    () => json(control.report()),
  )
}
