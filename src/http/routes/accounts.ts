import type { Control } from '../../ports/control.ts'
import { accountList, type AccountView } from '../../ports/control/accounts.ts'
import { accountsOf } from '../accounts.ts'
import { inJson, type Route } from '../operation.ts'
import { json } from '../reply.ts'

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
    () => json([...accountsOf(control)].map(([name, each]) => viewOf(name, each))),
  )
}

function viewOf(name: string, control: Control): AccountView {
  const { status, output, checks } = control.health()
  return {
    name,
    status,
    output,
    positions: [...control.openIds()].length,
    mode: String(checks['service:mode']?.[0]?.observedValue ?? 'guard'),
    killSwitch: control.killSwitch().state,
  }
}
