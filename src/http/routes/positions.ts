import type { Response } from 'express'
import { parsePositions } from '../../config/positions-file.ts'
import { InputError } from '../../errors.ts'
import type { AddRequest, Control, PositionView, RulesRequest } from '../../ports/control.ts'
import { requesterOf } from '../guard.ts'
import { Problem } from '../problem.ts'
import { assertReady, bodyOf, flagOf, type Route, sendJson } from '../route.ts'

/** `/api/positions`: what is guarded, and every change of it. */
export const positionRoutes: Route = (router, control) => {
  router.get('/api/positions', (_request, response) => sendJson(response, control.positions()))
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
  throw new Problem(404, 'POSITION_UNKNOWN', `no open position ${JSON.stringify(id)}`)
}

/** The same rules as for a positions file; paths of faults start at the body. */
function addRequest(
  { exitNow, ...position }: Readonly<Record<string, unknown>>,
  { instruments }: Pick<Control, 'instruments'>,
): AddRequest {
  const source = 'the body'
  const text = JSON.stringify({ positions: [position] })
  try {
    const [entry] = parsePositions({ source, text }, { instruments }).entries
    return {
      position: entry!.position,
      rules: entry!.rules,
      exitNow: flagOf({ exitNow }, 'exitNow'),
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    const faults = error.faults.map(({ path, found: was, expected }) => ({
      path: path.replace(/^positions\[0\]\.?/, '') || source,
      ...{ found: was, expected },
    }))
    throw new InputError(source, faults)
  }
}

function rulesRequest(
  body: Readonly<Record<string, unknown>>,
  present: PositionView,
  control: Control,
): RulesRequest {
  const { id, instrument, side, quantity, entryPrice } = present
  const { rules } = addRequest(
    { id, instrument, side, quantity, entryPrice, rules: body['rules'] },
    control,
  )
  return { rules, force: flagOf(body, 'force'), exitNow: flagOf(body, 'exitNow') }
}
