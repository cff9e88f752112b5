import { z } from 'zod'
import { LOG_COMPONENTS, LOG_LEVELS } from '../../ports/log.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { bodyOf, wordOf } from '../route.ts'

const levels = inJson('Level by component', z.record(z.string(), z.string()))

/** `/api/log-levels`: how much each component logs, changed while it runs. */
export const logLevelRoutes: Route = (on, control, { access }) => {
  on(
    {
      method: 'get',
      path: '/api/log-levels',
      summary: 'The log level of each component',
      needs: 'read',
      answers: { 200: levels },
    },
    () => json(control.logLevels()),
  )
  on(
    {
      method: 'post',
      path: '/api/log-levels',
      summary: 'Change the log level of a component',
      needs: 'operate',
      body: z.object({ component: z.enum(LOG_COMPONENTS), level: z.enum(LOG_LEVELS) }),
      answers: { 200: levels },
    },
    ({ request }) => {
      const body = bodyOf(request, ['component', 'level'])
      const component = wordOf(body, 'component', LOG_COMPONENTS)
      const level = wordOf(body, 'level', LOG_LEVELS)
      control.setLogLevel(component, level, access.requesterOf(request))
      return json(control.logLevels())
    },
  )
}
