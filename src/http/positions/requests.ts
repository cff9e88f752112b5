import { parsePosition } from '../../config/positions-file.ts'
import { describeFault, InputError, type Fault } from '../../errors.ts'
import type { Control } from '../../ports/control.ts'
import type {
  AddRequest,
  Amendment,
  PositionView,
  RulesRequest,
} from '../../ports/control/positions.ts'
import { badInput, flagOf } from '../route.ts'

type Known = Pick<Control, 'instruments' | 'isStrict' | 'ruleSets'>

/** Validates a body by the rules of a positions file; fault paths start at the body. */
export function addRequest(
  position: Readonly<Record<string, unknown>>,
  { instruments, isStrict, ruleSets }: Known,
): AddRequest {
  const source = 'the body'
  const options = { instruments, strict: isStrict, ruleSets }
  const inBody = ({ path, found: was, expected }: Fault): Fault => ({
    path: path.replace(/^positions\[0\]\.?/, '') || source,
    found: was,
    expected,
  })
  try {
    const { entries, odd } = parsePosition(source, position, options)
    const { position: parsed, rules, filledIn, flags } = entries[0]!
    return {
      position: parsed,
      rules,
      filledIn,
      ...flags,
      warnings: odd.map(fault => describeFault(inBody(fault))),
    }
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    throw new InputError(source, error.faults.map(inBody))
  }
}

/** Validates the rules as they would be afterwards: rules that the body does not name stay. */
export function rulesRequest(
  body: Readonly<Record<string, unknown>>,
  present: PositionView,
  control: Known,
): RulesRequest {
  const given = body['rules']
  const isNamed = typeof given === 'string'
  const rules = isMap(given) ? withoutNull({ ...present.rules, ...given }) : given
  if (isMap(given) && given['priceSource'] !== undefined) refuseSource(given['priceSource'])
  const { id, instrument, side, quantity, entryPrice, multiplier, underlying, contract } = present
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
  const { warnings = [], rules: whole, position: judged, filledIn } = addRequest(position, control)
  const isSourced = isNamed && filledIn?.includes('priceSource') !== true
  if (isSourced && judged.priceSource !== present.priceSource) refuseSource(judged.priceSource)
  return {
    rules: isNamed ? whole : (given as RulesRequest['rules']),
    ...(isNamed && { isWhole: true }),
    force: flagOf(body, 'force'),
    exitNow: flagOf(body, 'exitNow'),
    warnings,
  }
}

/** Validates the facts as a positions file would have them, together with those that stay. */
export function amendmentRequest(
  body: Readonly<Record<string, unknown>>,
  present: PositionView,
  control: Known,
): Amendment {
  if (body['rules'] !== undefined) {
    throw badInput('rules', body['rules'], 'rules, or quantity and entryPrice, one at a time')
  }
  const { id, instrument, side, multiplier, underlying, contract, rules } = present
  const facts = { quantity: present.quantity, entryPrice: present.entryPrice }
  const given = Object.fromEntries(
    Object.entries(body).filter(([name]) => Object.hasOwn(facts, name)),
  )
  const kept = { id, instrument, side, multiplier, underlying, contract, rules }
  const { position, warnings = [] } = addRequest({ ...kept, ...facts, ...given }, control)
  const { quantity, entryPrice } = position
  return {
    ...('quantity' in body && { quantity }),
    ...('entryPrice' in body && { entryPrice }),
    force: flagOf(body, 'force'),
    exitNow: flagOf(body, 'exitNow'),
    warnings,
  }
}

function refuseSource(found: unknown): never {
  const expected = 'none: a position keeps the price source that it was added with'
  throw badInput('rules.priceSource', found, expected)
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const withoutNull = (rules: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(rules).filter(([, options]) => options !== null))
