import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HOOK_KINDS, type HookConfig } from '../../config/hook-schema.ts'
import { WatchkeeperError } from '../../errors.ts'
import type { Control } from '../../ports/control.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import type { Requester } from '../../ports/control/requester.ts'
import type { Alert } from '../hooks/alert.ts'
import { fieldsOf, type Fields } from '../hooks/fields.ts'
import { freqtradeAlert } from '../hooks/freqtrade.ts'
import { tradingviewAlert } from '../hooks/tradingview.ts'
import { inJson, type Route } from '../operation.ts'
import { addRequest, rulesRequest } from '../positions/requests.ts'
import { json, type Reply } from '../reply.ts'
import { assertReady } from '../route.ts'

const ALERTS: Readonly<
  Record<(typeof HOOK_KINDS)[number], (fields: Fields, hook: HookConfig) => Alert>
> = { freqtrade: freqtradeAlert, tradingview: tradingviewAlert }

const outcome = z.object({
  outcome: z.enum(['guarded', 'tightened', 'exiting', 'noted']),
  id: z.string().optional().describe('Position.'),
  stop: z.number().nullable().optional(),
  warnings: z.array(z.string()).optional(),
})

type Outcome = z.infer<typeof outcome>

/** `/hooks/<kind>/<secret>`: webhooks of programs that can set no header. */
export const hookRoutes: Route = (on, control, { access, idempotency }) => {
  for (const kind of HOOK_KINDS) {
    on(
      {
        method: 'post',
        path: `/hooks/${kind}/:secret`,
        summary: `A webhook of ${kind}: guards, tightens or exits a position; the same one again changes nothing`,
        needs: 'open',
        answers: { 200: inJson('What became of it', outcome) },
        errors: [
          'BAD_TOKEN',
          'TOKENS_LIMITED',
          'ROLE_TOO_LOW',
          'NOT_READY',
          'POSITION_UNKNOWN',
          'POSITION_EXISTS',
          'POSITION_CLOSED',
          'WRONG_SIDE',
          'ACCOUNT_MIXED',
          'OPENS_LATER',
          'EXITS_AT_ONCE',
          'LOOSENS',
          'KEY_REUSED',
          'KEY_RUNNING',
          'KEY_UNKNOWN',
          'ACTOR_DOWN',
          'STORE_FAILED',
          'STORE_FULL',
          'STORE_GONE',
          'STORE_LOST',
          'FENCED',
        ],
        takesAnyType: true,
        // Its key is in the message.
        isUnkept: true,
      },
      async ({ request, response }) => {
        const hook = access.admitHook(request, response, kind)
        const fields = fieldsOf(request.body, request.get('content-type') ?? '')
        const alert = ALERTS[kind](fields, hook)
        assertReady(control)
        const by = access.requesterOf(request)
        const key = createHash('sha256').update(alert.key).digest('base64url')
        return idempotency.answer(request, () => act(control, hook, { alert, by }), key)
      },
    )
  }
}

async function act(
  control: Control,
  hook: HookConfig,
  { alert, by }: { readonly alert: Alert; readonly by: Requester },
): Promise<Reply> {
  switch (alert.kind) {
    case 'noted':
      return answer({ outcome: 'noted' })
    case 'guard': {
      const { account, rules } = hook
      const position = {
        ...(rules !== undefined && { rules }),
        ...alert.position,
        ...(account !== undefined && { account }),
      }
      const { added } = await control.add(addRequest(position, control), by)
      const { id, stop, warnings } = added
      return answer({ outcome: 'guarded', id, stop, warnings: [...warnings] })
    }
    case 'tighten': {
      const present = reachable(control, hook, alert.positionId)
      const rules = { stopLoss: { price: alert.stop } }
      const wanted = rulesRequest({ rules }, present, control)
      const { id, stop } = await control.changeRules(alert.positionId, wanted, by)
      return answer({ outcome: 'tightened', id, stop })
    }
    case 'exit': {
      if (!hook.mayExit) {
        const text = `hook ${hook.name}: found an exit; its mayExit is off`
        throw new WatchkeeperError('ROLE_TOO_LOW', text)
      }
      const { id } = reachable(control, hook, alert.positionId)
      await control.exit(id, by)
      return answer({ outcome: 'exiting', id })
    }
  }
}

const answer = (value: Outcome): Reply => json(value)

/** Throws POSITION_UNKNOWN; ROLE_TOO_LOW for a position of another account than the hook's. */
function reachable(control: Control, { name, account }: HookConfig, id: string): PositionView {
  const position = control.position(id)
  if (position === undefined) {
    throw new WatchkeeperError('POSITION_UNKNOWN', `no open position ${JSON.stringify(id)}`)
  }
  if (account === undefined || position.account === account) return position
  const text = `hook ${name}: found a position of another account than ${account}`
  throw new WatchkeeperError('ROLE_TOO_LOW', text)
}
