import { holdingsView } from '../../ports/control/holdings.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'

/** `/api/holdings`: the holdings of the venue against the positions. */
export const holdingRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/holdings',
      summary: 'Holdings of the venue against the positions, working orders, and exits that wait',
      needs: 'read',
      answers: { 200: inJson('What the venue holds', holdingsView) },
      // The ages in it move on.
      isUntagged: true,
    },
    async () => json(await control.holdings()),
  )
}
