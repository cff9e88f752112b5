import type { InstrumentId } from '../domain/ids.ts'
import { signOf, type Position } from '../domain/position.ts'
import { WatchkeeperError } from '../errors.ts'
import { instantText } from './calendar.ts'
import { merge, noLevels } from './merge.ts'
import type { RuleSet } from './rule.ts'

/** What is known when rules begin to hold for a position. Prices as they are. */
export interface Beginning {
  /** Epoch ms. */
  readonly at: number
  readonly best: number
  /** Base price of the `underlying` rule, once known. */
  readonly anchor?: number | undefined
  /** Last price in the position's view; NaN: unknown. */
  readonly price: number
  /** When it came, epoch ms; −Infinity: never. */
  readonly pricedAt: number
  /** Quiet time for `afterMs: auto`, ms; Infinity: not known yet. */
  readonly quietMs: number
  /** Last price of another instrument; NaN: unknown. */
  priceOf(instrument: InstrumentId): number
}

/** Why rules would exit a position at once, by price or by time; undefined: they would not. */
export function immediateExit(
  position: Position,
  ruleSet: RuleSet,
  now: Beginning,
): string | undefined {
  const asked = { best: now.best, at: now.at }
  const { stop, stopBy, target, targetBy, exitAt, exitBy } = merge(
    ruleSet,
    position,
    asked,
    asked,
    noLevels(),
  )
  const sign = signOf(position.side)
  const price = sign * now.price
  const ruleName = (index: number): string => ruleSet.names[index]!
  if (price <= stop)
    return `the price ${now.price} is past the stop ${sign * stop} of ${ruleName(stopBy)}`
  if (price >= target) {
    return `the price ${now.price} is past the target ${sign * target} of ${ruleName(targetBy)}`
  }
  if (exitAt <= now.at) return pastText(ruleName(exitBy), exitAt)
  for (const rule of ruleSet.rules) {
    if (rule.kind === 'stale-quote' && rule.action === 'exit') {
      const after = rule.afterMs === 'auto' ? now.quietMs : rule.afterMs
      // Before a first price the quiet time begins when the position comes.
      const since = now.pricedAt === -Infinity ? now.at : Math.max(now.pricedAt, position.openedAt)
      const due = since + after
      if (due <= now.at) return pastText('staleQuote', due)
    }
    if (rule.kind !== 'underlying') continue
    const instrument = rule.instrument ?? position.underlying
    const other = instrument === undefined ? NaN : now.priceOf(instrument)
    if (rule.needsAnchor && now.anchor === undefined) continue
    const { below = -Infinity, above = Infinity } = rule.bounds(now.anchor)
    if (other <= below || other >= above) {
      return `the price ${other} of ${instrument} is past the bound ${other <= below ? below : above} of underlying`
    }
  }
  return undefined
}

/** Throws EXITS_AT_ONCE if the rules would exit the position at once. */
export function refuseImmediateExit(position: Position, ruleSet: RuleSet, now: Beginning): void {
  const why = immediateExit(position, ruleSet, now)
  if (why === undefined) return
  const text = `${position.id} would be exited at once: found that ${why}`
  throw new WatchkeeperError('EXITS_AT_ONCE', `${text}; expected rules that wait, or exitNow`)
}

const pastText = (rule: string, at: number): string =>
  `the time of ${rule} is past (${instantText(at)})`
