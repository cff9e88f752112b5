import { sum } from '../domain/decimal.ts'
import type { PositionId } from '../domain/ids.ts'
import { signOf, type Side } from '../domain/position.ts'
import { isEnough, leftOf } from '../domain/units.ts'
import { isReportedTwice, type HoldingState } from './holding-state.ts'

/** A position's share of a holding. */
export interface Share {
  readonly positionId: PositionId
  readonly side: Side
  /** Epoch ms. */
  readonly openedAt: number
  /** Units that it owns and that are not known to be executed. */
  readonly owned: number
  /** Units of them that an order of ours may have executed already. */
  readonly underWay: number
}

/** No position has lost units. */
export const NOTHING_LOST: ReadonlyMap<PositionId, number> = new Map()

/** What a report of a holding says about its positions. */
export interface Verdict {
  /** Units that each position may close if our orders explain what is missing. */
  readonly most: ReadonlyMap<PositionId, number>
  /** Units that each position may close whatever our orders do. */
  readonly sure: ReadonlyMap<PositionId, number>
  /** Units that each position has lost, proved; the newest first. */
  readonly lost: ReadonlyMap<PositionId, number>
  /** Less is held than is owned, or the other side; it must be asked for by name. */
  readonly isShort: boolean
  /** No less is held than is owned, as far as we know what we have executed. */
  readonly isWhole: boolean
  /** The holding is on the other side of zero. */
  readonly isOversold: boolean
  /** Signed units that no position owns. */
  readonly beyond: number
}

const NOTHING_KNOWN: Verdict = {
  most: new Map(),
  sure: new Map(),
  lost: new Map(),
  isShort: false,
  isWhole: true,
  isOversold: false,
  beyond: 0,
}

/**
 * Shares a holding out among the positions in it: what it lacks is taken from the newest first, and
 * is lost only where two reports by name say so, `apartMs` apart, and none of our orders, and no
 * position that is new, can have changed it since `quietSince` (epoch ms).
 */
export function share(
  { known, byName }: HoldingState,
  shares: readonly Share[],
  { quietSince, apartMs }: { quietSince: number; apartMs: number },
): Verdict {
  const [first] = shares
  if (known === undefined) return NOTHING_KNOWN
  if (first === undefined) return { ...NOTHING_KNOWN, beyond: known.quantity }
  const held = signOf(first.side) * known.quantity
  const isOversold = held < 0
  const owned = shares.reduce((all, each) => sum(all, each.owned), 0)
  const underWay = shares.reduce((all, each) => sum(all, each.underWay), 0)
  const missing = leftOf(owned, Math.max(0, held))
  const lack = leftOf(owned, sum(Math.max(0, held), underWay))
  const [most, taken] = shareOut(shares, lack)
  const [sure] = shareOut(
    shares.map(each => ({ ...each, underWay: 0 })),
    missing,
  )
  const none = new Map(shares.map(each => [each.positionId, 0]))
  const isProved =
    underWay === 0 &&
    // A wrong side is for a person to judge: nothing is closed on it.
    !isOversold &&
    isReportedTwice(byName, quietSince + apartMs, apartMs)
  return {
    most: isOversold ? none : most,
    sure: isOversold ? none : sure,
    lost: isProved ? taken : new Map(),
    isShort: lack > 0 || isOversold,
    isWhole: isEnough(held, owned),
    isOversold,
    beyond: signOf(first.side) * leftOf(held, owned),
  }
}

function shareOut(
  shares: readonly Share[],
  lack: number,
): [allowances: Map<PositionId, number>, taken: Map<PositionId, number>] {
  const allowances = new Map<PositionId, number>()
  const taken = new Map<PositionId, number>()
  let open = lack
  const newestFirst = open > 0 ? shares.toSorted((a, b) => b.openedAt - a.openedAt) : shares
  for (const { positionId, owned, underWay } of newestFirst) {
    const lost = Math.min(open, leftOf(owned, underWay))
    allowances.set(positionId, leftOf(owned, lost))
    if (lost <= 0) continue
    open = leftOf(open, lost)
    taken.set(positionId, lost)
  }
  return [allowances, taken]
}
