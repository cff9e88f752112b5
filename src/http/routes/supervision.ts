import { z } from 'zod'
import { actorView } from '../../ports/supervision.ts'
import { inJson, type Route } from '../operation.ts'
import { count } from '../query.ts'
import { json } from '../reply.ts'
import { assertReady } from '../route.ts'

const MOST_MONITORS = 10_000

/** `/api/supervision`: the actor tree, and a restart by hand. */
export const supervisionRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/supervision',
      summary: 'The actors; monitors in trouble first',
      needs: 'read',
      query: z.object({
        limit: count(0, MOST_MONITORS, 'Most monitors; default 1,000.').optional(),
      }),
      answers: { 200: inJson('The actors', z.array(actorView)) },
    },
    ({ query: { limit = 1_000 } }) => json(control.supervisionTree(limit)),
  )
  on(
    {
      method: 'post',
      path: '/api/supervision/:id/restart',
      summary: 'Replace an actor by a new incarnation',
      needs: 'operate',
      answers: { 200: inJson('The actor', actorView) },
      errors: ['NOT_READY', 'ACTOR_UNKNOWN', 'ACTOR_DOWN'],
    },
    async ({ request }) => {
      assertReady(control)
      const by = access.requesterOf(request)
      return json(await control.restartActor(request.params['id']!, by))
    },
  )
}
