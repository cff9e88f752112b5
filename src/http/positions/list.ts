import { accountParts } from '../../domain/account-name.ts'
import { POSITION_STATES } from '../../domain/position.ts'
import type { Control } from '../../ports/control.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import { nextTurn } from '../../ports/turns.ts'
import { choice, count, text } from '../query.ts'

const MOST_POSITIONS = 1_000
const DEFAULT_POSITIONS = 1_000

/** Parameters that choose open positions. */
export const listParameters = {
  state: choice(['open', 'closed'], 'Default `open`.').optional(),
  after: text('after', '`next` of the page before: the last id of it.').optional(),
  limit: count(
    1,
    MOST_POSITIONS,
    'Most of one page; default 1,000, of closed ones 100.',
  ).optional(),
  instrument: text('instrument', 'Only those in this instrument.').optional(),
  account: text('account', 'Only those of this account.').optional(),
  side: choice(['long', 'short'], 'Only those of this side.').optional(),
  underlying: text('underlying', 'Only those with this underlying.').optional(),
  guard: choice(POSITION_STATES, 'Only those in this state.').optional(),
}

/** What `GET /api/positions` may ask of open positions. */
export interface ListQuery {
  readonly after?: string | undefined
  readonly limit?: number | undefined
  readonly instrument?: string | undefined
  readonly account?: string | undefined
  readonly side?: 'long' | 'short' | undefined
  readonly underlying?: string | undefined
  readonly guard?: PositionView['state'] | undefined
}

/** A page of positions. */
export interface PositionPage {
  readonly positions: readonly PositionView[]
  /** `after` of the next page; null at the end. */
  readonly next: string | null
}

/** Ids that are sorted, and positions that are read, in one turn of the event loop. */
const SORTED_AT_ONCE = 1_000
const READ_AT_ONCE = 24

/**
 * One page in the order of ids. The cursor is an id, so that positions which come and go between two
 * pages shift none of the others; only the positions of the page are read, a few in each turn.
 */
export async function listPage(
  control: Pick<Control, 'openIds' | 'position'>,
  { after, limit = DEFAULT_POSITIONS, ...filter }: ListQuery,
): Promise<PositionPage> {
  const ids: string[] = []
  for (const id of control.openIds()) if (after === undefined || id > after) ids.push(id)
  const positions: PositionView[] = []
  let last: string | null = null
  let read = 0
  for (const id of merged(await sortedParts(ids))) {
    if (++read % READ_AT_ONCE === 0) await nextTurn()
    const view = control.position(id)
    if (view === undefined || !isWanted(view, filter)) continue
    if (positions.length === limit) return { positions, next: last }
    positions.push(view)
    last = id
  }
  return { positions, next: null }
}

/** A page as JSON, written a few positions in each turn of the event loop. */
export async function pageText({ positions, next }: PositionPage): Promise<string> {
  const texts: string[] = []
  for (const position of positions) {
    if (texts.length > 0 && texts.length % READ_AT_ONCE === 0) await nextTurn()
    texts.push(JSON.stringify(position))
  }
  return `{"positions":[${texts.join(',')}],"next":${JSON.stringify(next)}}`
}

/** The ids in parts that are sorted each. */
async function sortedParts(ids: readonly string[]): Promise<string[][]> {
  const parts: string[][] = []
  for (let from = 0; from < ids.length; from += SORTED_AT_ONCE) {
    await nextTurn()
    parts.push(ids.slice(from, from + SORTED_AT_ONCE).sort())
  }
  return parts
}

/** All ids of sorted parts, in order. */
function* merged(parts: readonly (readonly string[])[]): Iterable<string> {
  const heads = parts.map(() => 0)
  for (;;) {
    let first = -1
    for (let part = 0; part < parts.length; part++) {
      const id = parts[part]![heads[part]!]
      if (id !== undefined && (first === -1 || id < parts[first]![heads[first]!]!)) first = part
    }
    if (first === -1) return
    yield parts[first]![heads[first]!++]!
  }
}

const isWanted = (
  view: PositionView,
  { instrument, account, side, underlying, guard }: ListQuery,
): boolean =>
  (instrument === undefined || view.instrument === instrument) &&
  (account === undefined || isIn(view, account)) &&
  (side === undefined || view.side === side) &&
  (underlying === undefined || view.underlying === underlying) &&
  (guard === undefined || view.state === guard)

/** Whether a position is in an account of the service, or in a part of one. */
const isIn = ({ account }: PositionView, name: string): boolean =>
  account !== undefined && (account === name || accountParts(account).name === name)
