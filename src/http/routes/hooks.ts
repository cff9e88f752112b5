import { createHash } from 'node:crypto'
import { z } from 'zod'
import { HOOK_KINDS, type HookConfig } from '../../config/hook-schema.ts'
import { WatchkeeperError } from '../../errors.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import type { Control } from '../../ports/control.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import type { Requester } from '../../ports/control/requester.ts'
import { addressed } from '../accounts.ts'
import type { Alert } from '../hooks/alert.ts'
import { fieldsOf, type Fields } from '../hooks/fields.ts'
import { freqtradeAlert } from '../hooks/freqtrade.ts'
import { tradingviewAlert } from '../hooks/tradingview.ts'
import type { KeyedMessage } from '../kept-requests.ts'
import { inJson, type Route, type RouteDeps } from '../operation.ts'
import { addRequest, rulesRequest } from '../positions/requests.ts'
import { json, type Reply } from '../reply.ts'
import { assertReady } from '../route.ts'

const ALERTS: Readonly<
  Record<(typeof HOOK_KINDS)[number], (fields: Fields, hook: HookConfig) => Alert>
> = { freqtrade: freqtradeAlert, tradingview: tradingviewAlert }

const ERRORS: readonly ErrorCode[] = [
  'BAD_TOKEN',
  'TOKENS_LIMITED',
  'ROLE_TOO_LOW',
  'NOT_READY',
  'NOT_DURABLE_YET',
  'ACCOUNT_REQUIRED',
  'ACCOUNT_UNKNOWN',
  'POSITION_UNKNOWN',
  'POSITION_EXISTS',
  'STOP_ELSEWHERE',
  'POSITION_CLOSED',
  'WRONG_SIDE',
  'ACCOUNT_MIXED',
  'OPENS_LATER',
  'EXITS_AT_ONCE',
  'EXIT_RUNNING',
  'LOOSENS',
  'KEY_REUSED',
  'ACTOR_DOWN',
  'STORE_FAILED',
  'STORE_FULL',
  'STORE_GONE',
  'STORE_LOST',
  'FENCED',
]

const outcome = z.object({
  outcome: z.enum(['guarded', 'tightened', 'exiting', 'noted']),
  id: z.string().optional().describe('Position.'),
  stop: z.number().nullable().optional(),
  warnings: z.array(z.string()).optional(),
})

type Outcome = z.infer<typeof outcome>

/** `/hooks/<kind>/<secret>`: webhooks of programs that can set no header. */
export const hookRoutes: Route = (on, control, { access, idempotency, settings, ownStopsOf }) => {
  for (const kind of HOOK_KINDS) {
    on(
      {
        method: 'post',
        path: `/hooks/${kind}/:secret`,
        summary: `A webhook of ${kind}: guards, tightens or exits a position; the same one again changes nothing`,
        needs: 'open',
        answers: { 200: inJson('What became of it', outcome) },
        errors: ERRORS,
        takesAnyType: true,
        // Its key is in the message.
        isUnkept: true,
      },
      async ({ request, response }) => {
        const hook = access.admitHook(request, response, kind)
        const fields = fieldsOf(request.body, request.get('content-type') ?? '')
        const alert = ALERTS[kind](fields, hook)
        assertReady(control)
        const scope = scopeOf(control, hook, alert)
        assertReady(scope.control)
        const by = access.requesterOf(request)
        const work = idempotency.answerMessage(
          request,
          () => act(scope, hook, { alert, by, ownStops: ownStopsOf(hook.name) }),
          keyOf(alert),
        )
        return answeredWithin(settings.hookMs, work)
      },
    )
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** The key of an alert and the digest of its meaning. */
const keyOf = (alert: Alert): KeyedMessage => ({
  key: hashOf(alert.key),
  digest: hashOf(JSON.stringify(alert)),
  reused: `id: found ${JSON.stringify(alert.key)}, which another message of this hook has; expected an id of its own`,
})

/** What an alert concerns: the account that guards, and its name where the hook or the message has one. */
interface Scope {
  readonly control: Control
  readonly account: string | undefined
  /** The venue's name of a part of the account, for a position that is added. */
  readonly part: unknown
}

/**
 * Throws ROLE_TOO_LOW for another account than the hook's; ACCOUNT_REQUIRED where there are several and neither
 * names one; ACCOUNT_UNKNOWN.
 */
function scopeOf(control: Control, hook: HookConfig, { account: asked }: Alert): Scope {
  if (hook.account !== undefined && asked !== undefined && asked !== hook.account) {
    throw foreign(hook, `the account ${JSON.stringify(asked)}, expected ${hook.account}`)
  }
  const account = hook.account ?? asked
  const { control: own, body } = addressed(control, account === undefined ? {} : { account })
  return { control: own, account, part: body['account'] }
}

interface Acting {
  readonly alert: Alert
  readonly by: Requester
  readonly ownStops: ReturnType<RouteDeps['ownStopsOf']>
}

const UNKNOWN_STOPS =
  'whether freqtrade keeps a stop of its own on the exchange is not known: its API has not answered'

async function act(
  scope: Scope,
  hook: HookConfig,
  { alert, by, ownStops }: Acting,
): Promise<Reply> {
  const { control, part } = scope
  switch (alert.kind) {
    case 'noted':
      return answer({ outcome: 'noted' })
    case 'guard': {
      const { rules } = hook
      if (ownStops === 'yes') throw stopElsewhere(hook)
      const position = {
        ...(rules !== undefined && { rules }),
        ...alert.position,
        ...(part !== undefined && { account: part }),
      }
      const { added } = await control.add(addRequest(position, control), by)
      const { id, stop, warnings } = added
      const late = ownStops === 'unknown' ? [UNKNOWN_STOPS] : []
      return answer({ outcome: 'guarded', id, stop, warnings: [...warnings, ...late] })
    }
    case 'tighten': {
      const present = reachable(scope, hook, alert.positionId)
      const rules = { stopLoss: { price: alert.stop } }
      const wanted = rulesRequest({ rules }, present, control)
      const { id, stop, warnings } = await control.changeRules(alert.positionId, wanted, by)
      return answer({ outcome: 'tightened', id, stop, warnings: [...warnings] })
    }
    case 'exit': {
      if (!hook.mayExit) {
        const text = `hook ${hook.name}: found an exit; its mayExit is off`
        throw new WatchkeeperError('ROLE_TOO_LOW', text)
      }
      const { id } = reachable(scope, hook, alert.positionId)
      await control.exit(id, by)
      return answer({ outcome: 'exiting', id })
    }
  }
}

const answer = (value: Outcome): Reply => json(value)

/** Throws POSITION_UNKNOWN; ROLE_TOO_LOW for a position of another account than the one that counts. */
function reachable({ control, account }: Scope, hook: HookConfig, id: string): PositionView {
  const position = control.position(id)
  if (position === undefined) {
    throw new WatchkeeperError('POSITION_UNKNOWN', `no open position ${JSON.stringify(id)}`)
  }
  if (account === undefined || isPartOf(position.account, account)) return position
  throw foreign(hook, `the position ${JSON.stringify(id)}, which is not of the account ${account}`)
}

/** Whether a position is of an account, or of a part of it: `acme/A1` is of `acme`. */
const isPartOf = (found: string | undefined, account: string): boolean =>
  found === account || found?.startsWith(`${account}/`) === true

const stopElsewhere = ({ name }: HookConfig): WatchkeeperError =>
  new WatchkeeperError(
    'STOP_ELSEWHERE',
    `hook ${name}: freqtrade keeps a stop of its own on the exchange (stoploss_on_exchange): two orders could close one position`,
  )

const foreign = ({ name }: HookConfig, found: string): WatchkeeperError =>
  new WatchkeeperError('ROLE_TOO_LOW', `hook ${name}: found ${found}`)

/**
 * What `work` gives, or NOT_DURABLE_YET after `longestMs`: a sender that hears nothing gives up. The work goes on, and
 * the same message again gets its outcome.
 */
async function answeredWithin<Result>(longestMs: number, work: Promise<Result>): Promise<Result> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_done, fail) => {
    const text = `not durable after ${longestMs} ms: send the same message again, it acts once`
    timer = setTimeout(() => fail(new WatchkeeperError('NOT_DURABLE_YET', text)), longestMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
