import type { PositionEntry } from '../config/position-reader.ts'
import { inAccount } from '../domain/account-name.ts'
import { ratioOfSums, round15 } from '../domain/decimal.ts'
import type { Position } from '../domain/position.ts'
import { immediateExit } from '../risk/at-once.ts'
import { instantText } from '../risk/calendar.ts'
import type { Rule } from '../risk/rule.ts'

/** What one rule would do to a position right after its entry. Times are epoch ms. */
export interface CheckedRule {
  readonly rule: string
  readonly reason: string
  readonly stop?: number
  readonly target?: number
  /** Best price at which the rule arms, or its levels change their formula. */
  readonly ratchet?: number
  readonly exitAt?: number
  readonly rearmAt?: number
  /** Replaces the two above where the time of opening is unknown: ms from opening. */
  readonly exitAfterMs?: number
  readonly rearmAfterMs?: number
  /** The instrument that an `underlying` rule watches. */
  readonly instrument?: string
  readonly below?: number
  readonly above?: number
  /** True where the bounds follow from the first tick of that instrument. */
  readonly fromFirstTick?: true
  readonly afterMs?: number | 'auto'
  readonly action?: string
}

export interface CheckedPosition {
  readonly type: 'position'
  readonly positionId: string
  /** Name of the account, where the configuration names its accounts. */
  readonly account?: string
  readonly instrument: string
  readonly side: string
  readonly quantity: number
  readonly entryPrice: number
  /**
   * Epoch ms; null: the first tick of the replay, from which times are counted. Session times are
   * then those of a position that opens now.
   */
  readonly openedAt: number | null
  readonly priceSource: string
  readonly rules: readonly CheckedRule[]
}

/**
 * Each rule of a position as it is at entry; without `openedAt` as if the position opened at `now`.
 */
export function checkedPosition(
  { position, ruleSet, guardedIn }: PositionEntry,
  now: number,
): CheckedPosition {
  const opened: Position = { ...position, openedAt: position.openedAt ?? now }
  return {
    type: 'position',
    positionId: position.id,
    ...(guardedIn !== undefined && { account: guardedIn }),
    instrument: position.instrument,
    side: position.side,
    quantity: position.quantity,
    entryPrice: position.entryPrice,
    openedAt: position.openedAt ?? null,
    priceSource: position.priceSource,
    rules: ruleSet.rules.map((rule, index) => ({
      rule: ruleSet.names[index]!,
      reason: rule.reason,
      ...(position.openedAt === undefined && rule.reason !== 'session-end'
        ? fromOpening(atEntry(rule, opened), now)
        : atEntry(rule, opened)),
    })),
  }
}

/** Times of the positions that a start at `now` would refuse, such as a deadline in the past. */
export function startWarnings(
  { position, ruleSet, flags, guardedIn }: PositionEntry,
  now: number,
): readonly string[] {
  const { id, openedAt = now } = position
  const late =
    openedAt > now
      ? `openedAt ${instantText(openedAt)} lies ahead of the clock`
      : immediateExit({ ...position, openedAt }, ruleSet, {
          at: now,
          best: position.entryPrice,
          price: NaN,
          quietMs: Infinity,
          pricedAt: -Infinity,
          priceOf: () => NaN,
        })
  const flag = openedAt > now ? 'opensLater' : 'exitNow'
  if (late === undefined || flags[flag]) return []
  return [`${inAccount(id, guardedIn)}: ${late}: a start refuses it without ${flag}`]
}

function fromOpening(
  { exitAt, rearmAt, ...rest }: Partial<CheckedRule>,
  openedAt: number,
): Partial<CheckedRule> {
  return {
    ...rest,
    ...(exitAt !== undefined && { exitAfterMs: exitAt - openedAt }),
    ...(rearmAt !== undefined && { rearmAfterMs: rearmAt - openedAt }),
  }
}

function atEntry(rule: Rule, position: Position): Partial<CheckedRule> {
  switch (rule.kind) {
    case 'levels':
      return rule.arm(position, position.entryPrice, position.openedAt)
    case 'underlying': {
      const instrument = rule.instrument ?? position.underlying
      return {
        ...(instrument !== undefined && { instrument }),
        ...rule.bounds(undefined),
        ...(rule.needsAnchor && { fromFirstTick: true as const }),
      }
    }
    case 'stale-quote':
      return { afterMs: rule.afterMs, action: rule.action }
  }
}

/** Distance of a level from the entry price, percent of it, with the sign of the price move. */
export const distancePct = (entryPrice: number, level: number): number =>
  round15(ratioOfSums(level, 100, entryPrice, -100, entryPrice))
