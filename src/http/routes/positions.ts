import type { Response } from 'express'
import { parsePosition } from '../../config/positions-file.ts'
import { expectedWord } from '../../domain/closest-name.ts'
import { describeFault, InputError, WatchkeeperError, type Fault } from '../../errors.ts'
import type { Control } from '../../ports/control.ts'
import type { AddRequest, PositionView, RulesRequest } from '../../ports/control/positions.ts'
import { requesterOf } from '../auth.ts'
import { assertReady, badInput, bodyOf, flagOf, sendJson, type Route } from '../route.ts'
import { tradesQuery } from './exits.ts'

/** `/api/positions`: guarded positions, and every change of them. */
export const positionRoutes: Route = (router, control) => {
  router.get('/api/positions', async (request, response) => {
    const { state = 'open', ...others } = request.query
    if (state === 'closed') {
      const { trades, next } = await control.trades(tradesQuery(request))
      sendJson(response, { positions: trades, next })
      return
    }
    if (state !== 'open')
      throw badInput('state', state, expectedWord(state, ['open', 'closed'], 'open or closed'))
    const other = Object.keys(others)[0]
    if (other !== undefined) throw badInput(other, other, 'state=closed with it')
    sendJson(response, control.positions())
  })
  router.get('/api/positions/:id', ({ params }, response) => {
    sendJson(response, found(control.position(params.id), params.id))
  })
  router.get('/api/positions/:id/why', ({ params }, response) => {
    sendJson(response, found(control.why(params.id), params.id))
  })
  router.post('/api/positions', async (request, response) => {
    assertReady(control)
    const added = await control.add(addRequest(bodyOf(request), control), requesterOf(request))
    response.status(201).location(`/api/positions/${encodeURIComponent(added.id)}`)
    sendJson(response, added)
  })
  router.patch('/api/positions/:id', async (request, response) => {
    assertReady(control)
    const { id } = request.params
    const position = found(control.position(id), id)
    const wanted = rulesRequest(bodyOf(request, ['rules', 'force', 'exitNow']), position, control)
    sendJson(response, await control.changeRules(id, wanted, requesterOf(request)))
  })
  router.post('/api/positions/:id/rules/preview', (request, response) => {
    assertReady(control)
    const { id } = request.params
    const position = found(control.position(id), id)
    const wanted = rulesRequest(bodyOf(request, ['rules', 'exitNow']), position, control)
    sendJson(response, control.previewRules(id, wanted))
  })
  router.post('/api/positions/:id/exit', async (request, response) => {
    bodyOf(request, [])
    await change(control, response, 202, () =>
      control.exit(request.params.id, requesterOf(request)),
    )
  })
  router.delete('/api/positions/:id', async (request, response) => {
    bodyOf(request, [])
    await change(control, response, 204, () =>
      control.release(request.params.id, requesterOf(request)),
    )
  })
}

async function change(
  control: Control,
  response: Response,
  status: number,
  act: () => Promise<unknown>,
): Promise<void> {
  assertReady(control)
  const result = await act()
  response.status(status)
  if (result === undefined) response.end()
  else sendJson(response, result)
}

function found<Value>(value: Value | undefined, id: string): Value {
  if (value !== undefined) return value
  throw new WatchkeeperError('POSITION_UNKNOWN', `no open position ${JSON.stringify(id)}`)
}

/** Validates a body by the rules of a positions file; fault paths start at the body. */
function addRequest(
  position: Readonly<Record<string, unknown>>,
  { instruments, isStrict }: Pick<Control, 'instruments' | 'isStrict'>,
): AddRequest {
  const source = 'the body'
  const options = { instruments, strict: isStrict }
  const inBody = ({ path, found: was, expected }: Fault): Fault => ({
    path: path.replace(/^positions\[0\]\.?/, '') || source,
    found: was,
    expected,
  })
  try {
    const { entries, odd } = parsePosition(source, position, options)
    return {
      position: entries[0]!.position,
      rules: entries[0]!.rules,
      ...entries[0]!.flags,
      warnings: odd.map(fault => describeFault(inBody(fault))),
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(source, error.faults.map(inBody))
  }
}

/** Validates the rules as they would be afterwards: rules that the body does not name stay. */
function rulesRequest(
  body: Readonly<Record<string, unknown>>,
  present: PositionView,
  control: Control,
): RulesRequest {
  const { id, instrument, side, quantity, entryPrice, multiplier, underlying, contract } = present
  const given = body['rules']
  const rules = isMap(given) ? withoutNull({ ...present.rules, ...given }) : given
  if (isMap(given) && given['priceSource'] !== undefined) {
    const expected = 'none: a position keeps the price source that it was added with'
    throw badInput('rules.priceSource', given['priceSource'], expected)
  }
  const position = {
    id,
    instrument,
    side,
    quantity,
    entryPrice,
    multiplier,
    underlying,
    contract,
    rules,
  }
  const { warnings = [] } = addRequest(position, control)
  return {
    rules: given as RulesRequest['rules'],
    force: flagOf(body, 'force'),
    exitNow: flagOf(body, 'exitNow'),
    warnings,
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const withoutNull = (rules: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(rules).filter(([, options]) => options !== null))
