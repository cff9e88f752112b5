import { requesterOf } from '../auth.ts'
import { badInput, bodyOf, sendJson, type Route } from '../route.ts'

/** `/api/log-levels`: the log level of each component, changed at run time. */
export const logLevelRoutes: Route = (router, control) => {
  router.get('/api/log-levels', (_request, response) => sendJson(response, control.logLevels()))
  router.post('/api/log-levels', (request, response) => {
    const { component, level } = bodyOf(request, ['component', 'level'])
    if (typeof component !== 'string') throw badInput('component', component, 'a component')
    if (typeof level !== 'string') throw badInput('level', level, 'a level')
    control.setLogLevel(component, level, requesterOf(request))
    sendJson(response, control.logLevels())
  })
}
