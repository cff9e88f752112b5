import type { Control } from '../../ports/control.ts'
import { accountList, type AccountView } from '../../ports/control/accounts.ts'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import { accountsOf } from '../accounts.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'
import { freshHealthOf } from './health.ts'

/** `GET /api/accounts`: the accounts of the service. */
export const accountRoutes: Route = (on, control) => {
  on(
    {
      method: 'get',
      path: '/api/accounts',
      summary: 'The accounts; `/api/accounts/<name>/…` is `/api/…` of one alone',
      needs: 'read',
      answers: { 200: inJson('The accounts', accountList) },
    },
    async () => {
      const views: AccountView[] = []
      // One after the other: what each of them does in one turn does not add up.
      for (const [name, each] of accountsOf(control)) {
        views.push(viewOf([name, each], await freshHealthOf(each)))
      }
      return json(views)
    },
  )
}

function viewOf(
  [name, control]: readonly [string, Control],
  { status, output, checks }: HealthSnapshot,
): AccountView {
  const { state, held } = control.killSwitch()
  return {
    name,
    status,
    output,
    positions: [...control.openIds()].length,
    mode: String(checks['service:mode']?.[0]?.observedValue ?? 'guard'),
    killSwitch: state,
    heldExits: held.length,
    sharedLimits: [...new Set(control.gateway().limits.flatMap(({ shared = [] }) => shared))],
  }
}
