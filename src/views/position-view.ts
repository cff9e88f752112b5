import type { Account } from '../account/account.ts'
import { excursionsOf } from '../domain/excursions.ts'
import { FRESH } from '../domain/fresh.ts'
import type { Position } from '../domain/position.ts'
import { viewOf as sideOf } from '../domain/tick.ts'
import type { PositionView } from '../ports/control/positions.ts'
import type { Registered } from '../ports/state-repository.ts'
import { standing } from '../risk/standing.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'

/** An open position as it is shown at `now` (epoch ms): state, rules and levels. */
export function viewOf(account: Account, registered: Registered, now: number): PositionView {
  const { position, rules, observed } = registered
  const { state, cause } = account.coverage.standingOf(registered)
  const watched = account.engine.registry.get(position.id)?.watched
  const exit = account.state.openExits.get(position.id)
  const { tickSize } = account.instruments.of(position.instrument)
  const levels =
    watched === undefined
      ? { best: position.entryPrice, stop: null, target: null }
      : standing(watched, now, account.durableBest(position))
  const { worst = null } = watched?.ratchet() ?? {}
  const { firstStop = null } = registered
  const prices = priceOf(account, { position, watched, now })
  const reason = observed?.reason ?? exit?.decision.reason ?? watched?.decision?.reason
  return {
    ...FRESH,
    ...position,
    state,
    ...(cause !== undefined && { unguardedBy: cause }),
    unguardedMs: Math.round(account.coverage.unguardedMs(registered)),
    rules,
    ...levels,
    ...excursionsOf(position, { best: levels.best, worst, firstStop, price: prices.lastPrice }),
    worst,
    firstStop,
    ...prices,
    ...(tickSize !== undefined && { tickSize }),
    ...(reason !== undefined && { reason }),
  }
}

/** The last price that was received, also one that is too old to decide or from outside the market's hours. */
function priceOf(
  { tickPath: { intake, board } }: Account,
  {
    position,
    watched,
    now,
  }: {
    readonly position: Position
    readonly watched: WatchedPosition | undefined
    readonly now: number
  },
): Pick<PositionView, 'lastPrice' | 'priceAgeMs'> {
  const shown = intake.shownPrice(position.instrument)
  if (shown !== undefined) return { lastPrice: shown.price, priceAgeMs: now - shown.ts }
  const view = sideOf(position.side, position.priceSource)
  // A position without a monitor has a price as well: it may be why it has none.
  const stream = watched?.own.stream ?? board.market(position.instrument)?.[view]
  if (stream === undefined || stream.lastAt === -Infinity) {
    return { lastPrice: null, priceAgeMs: null }
  }
  const { lastPrice, lastAt } = stream
  return { lastPrice, priceAgeMs: now - lastAt }
}
