import { accountParts } from '../../domain/account-name.ts'
import { WatchkeeperError } from '../../errors.ts'
import type { Control } from '../../ports/control.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import { addressed, assertAccountKnown } from '../accounts.ts'
import {
  addPosition,
  changePosition,
  exitPosition,
  listPositions,
  onePosition,
  previewRules,
  releasePosition,
  whyPosition,
} from '../contract/positions.ts'
import { tradesCsv, wantsCsv } from '../csv.ts'
import type { Route } from '../operation.ts'
import { listPage, pageText, type ListQuery } from '../positions/list.ts'
import { addRequest, amendmentRequest, rulesRequest } from '../positions/requests.ts'
import { empty, json, jsonText } from '../reply.ts'
import { assertReady, badInput, bodyOf } from '../route.ts'
import { tradesQuery } from './exits.ts'

/** Parameters of closed positions alone, and of open ones alone. */
const CLOSED_ONLY = ['since', 'until', 'positionId', 'reason', 'before', 'format'] as const
const OPEN_ONLY = ['after', 'side', 'underlying', 'guard'] as const

/** `/api/positions`: guarded positions, and every change of them. */
export const positionRoutes: Route = (on, control, { access, account }) => {
  on(listPositions, async ({ request, query: given }) => {
    const { state = 'open', ...others } = given
    if (state === 'open') {
      refuse(others, CLOSED_ONLY, 'closed')
      assertAccountKnown(control, others.account)
      return jsonText(await pageText(await listPage(control, others satisfies ListQuery)))
    }
    refuse(others, OPEN_ONLY, 'open')
    const page = await control.trades(tradesQuery(others))
    if (wantsCsv(request, given.format)) return tradesCsv(page)
    return json({ positions: page.trades, next: page.next }, { headers: { vary: 'accept' } })
  })
  on(onePosition, ({ request }) => json(openPosition(control, request.params['id']!)))
  on(whyPosition, ({ request }) => {
    const id = request.params['id']!
    return json(found(control.why(id), id))
  })
  changes(on, control, { access, account })
}

const changes = (
  on: Parameters<Route>[0],
  control: Control,
  { access, account }: Pick<Parameters<Route>[2], 'access' | 'account'>,
): void => {
  on(addPosition, async ({ request }) => {
    assertReady(control)
    const { control: own, body } = addressed(control, bodyOf(request), account)
    assertReady(own)
    const wanted = addRequest(body, own)
    if (wanted.exitNow) access.assertMay(request, 'exit')
    const { added, isNew } = await own.add(wanted, access.requesterOf(request))
    const location = `${pathOf(control, added, account)}/positions/${encodeURIComponent(added.id)}`
    return json(added, { status: isNew ? 201 : 200, headers: { location } })
  })
  on(changePosition, async ({ request }) => {
    assertReady(control)
    const id = request.params['id']!
    const position = openPosition(control, id)
    const body = bodyOf(request, ['rules', 'quantity', 'entryPrice', 'force', 'exitNow'])
    if ('quantity' in body || 'entryPrice' in body) {
      // What is held decides what is sold: no agent sets it.
      access.assertRole(request, 'operate')
      const amendment = amendmentRequest(body, position, control)
      return json(await control.amend(id, amendment, access.requesterOf(request)))
    }
    const wanted = rulesRequest(body, position, control)
    if (wanted.force) access.assertMay(request, 'loosen')
    if (wanted.exitNow) access.assertMay(request, 'exit')
    return json(await control.changeRules(id, wanted, access.requesterOf(request)))
  })
  on(previewRules, ({ request }) => {
    assertReady(control)
    const id = request.params['id']!
    const position = openPosition(control, id)
    const wanted = rulesRequest(bodyOf(request, ['rules', 'exitNow']), position, control)
    return json(control.previewRules(id, wanted))
  })
  on(exitPosition, async ({ request }) => {
    assertReady(control)
    access.assertMay(request, 'exit')
    const { id } = request.params
    return json(await control.exit(id!, access.requesterOf(request)), { status: 202 })
  })
  on(releasePosition, async ({ request }) => {
    assertReady(control)
    await control.release(request.params['id']!, access.requesterOf(request))
    return empty()
  })
}

/** Throws BAD_INPUT for a parameter that belongs to positions of the other state. */
function refuse(
  given: Readonly<Record<string, unknown>>,
  names: readonly string[],
  state: 'open' | 'closed',
): void {
  const other = names.find(name => given[name] !== undefined)
  if (other !== undefined) throw badInput(other, other, `state=${state} with it`)
}

/** Where an added position is found: below its account, where there are several. */
function pathOf(control: Control, { account }: PositionView, at: string | undefined): string {
  if (at === undefined && (control.accounts?.size ?? 1) === 1) return '/api'
  return `/api/accounts/${at ?? accountParts(account!).name}`
}

const openPosition = (control: Control, id: string): PositionView => found(control.position(id), id)

function found<Value>(value: Value | undefined, id: string): Value {
  if (value !== undefined) return value
  throw new WatchkeeperError('POSITION_UNKNOWN', `no open position ${JSON.stringify(id)}`)
}
