import type { HoldingsView, HoldingView } from '../ports/control/holdings.ts'
import { readable, tableLines, timeText, type Paint } from './output.ts'

const HOLDS: Readonly<Record<string, string>> = {
  'kill-switch': 'the kill switch is halt',
  'observe-mode': 'the service only observes',
  'second-guard': 'orders of a second guard work',
}

/** What the venue holds against the positions, as lines for a person. */
export function holdingLines(view: HoldingsView, paint: Paint): string[] {
  const { at, failure, isListed } = view
  return [
    ...(isListed
      ? [`as of ${timeText(at)}`]
      : [paint('red', 'the venue has not listed its holdings')]),
    ...(failure === undefined ? [] : [paint('yellow', `no newer list: ${failure}`)]),
    ...holdingTable(view.holdings),
    '',
    ...orderLines(view.orders),
    '',
    ...exitLines(view),
  ]
}

function holdingTable(holdings: HoldingsView['holdings']): string[] {
  if (holdings.length === 0) return ['nothing is listed, and no position is open']
  return tableLines(
    [
      ['instrument', 'held', 'positions', 'difference', 'age', 'which positions', ''],
      ...holdings.map(each => [
        nameText(each),
        each.held === null ? 'unknown' : String(each.held),
        String(each.owned),
        each.difference === null ? 'unknown' : signed(each.difference),
        each.ageMs === null ? '' : `${readable(each.ageMs / 1_000, 0)} s`,
        positionsText(each),
        meaning(each),
      ]),
    ],
    new Set([1, 2, 3, 4]),
  )
}

const nameText = ({ instrument, side, account, ticket }: HoldingView): string =>
  [instrument, side, account, ticket].filter(each => each !== undefined).join(' ')

const signed = (units: number): string => (units > 0 ? `+${units}` : String(units))

const MOST_IDS = 3

function positionsText({ positions }: HoldingView): string {
  const names = positions.slice(0, MOST_IDS).map(({ id }) => id)
  const more = positions.length - names.length
  return [...names, ...(more > 0 ? [`and ${more} more`] : [])].join(', ')
}

/** What a difference means for the positions. */
function meaning({ held, owned, difference, underWay, positions }: HoldingView): string {
  if (held === null || difference === null) return 'the venue did not report it'
  if (difference === 0) return ''
  if (positions.length === 0) return 'no position covers it'
  const isMissing = difference * owned < 0
  if (!isMissing) return `no position covers ${Math.abs(difference)}`
  if (Math.abs(difference) <= underWay) return 'orders of exits under way explain it'
  return held * owned < 0 ? 'the opposite side is held' : `${Math.abs(difference)} missing`
}

function orderLines(orders: HoldingsView['orders']): string[] {
  if (orders === null) return ['working orders: not listed by the venue']
  const others = orders.filter(({ owner }) => owner !== 'ours')
  if (others.length === 0) return [`working orders of others: none (${orders.length} of exits)`]
  return tableLines(
    [
      ['working orders of others', 'instrument', 'remaining', ''],
      ...others.map(({ clientOrderId, instrument, remaining, owner }) => [
        clientOrderId ?? 'without an id',
        instrument,
        signed(remaining),
        owner === 'second-guard' ? 'of a second guard: nothing is sent' : '',
      ]),
    ],
    new Set([2]),
  )
}

function exitLines({ exits, isUnconfirmed }: HoldingsView): string[] {
  const head = isUnconfirmed
    ? 'nothing is sent before a person confirms the holdings'
    : 'the holdings need no confirmation'
  if (exits.length === 0) return [`${head}; no exit waits to be sent`]
  return [
    head,
    ...tableLines(
      [
        ['exits that wait', '', 'quantity', 'instrument', 'reason', ''],
        ...exits.map(({ id, action, quantity, instrument, reason, heldBy }) => [
          id,
          action,
          String(quantity),
          instrument,
          reason,
          heldBy.length === 0 ? '' : `held: ${heldBy.map(each => HOLDS[each] ?? each).join(', ')}`,
        ]),
      ],
      new Set([2]),
    ),
  ]
}
