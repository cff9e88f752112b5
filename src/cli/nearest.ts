import { onOneLine } from '../domain/plain-text.ts'
import type { PositionView } from '../ports/control/positions.ts'
import { numberText, stopText, targetText } from './levels.ts'

const MOST_SHOWN = 5

/** The level of a position that its price is nearest to. */
interface Near {
  readonly position: PositionView
  readonly level: number
  /** From the last price to the level, percent of the price. */
  readonly pct: number
}

/** Undefined for a position without a price, or without a level. */
function nearOf(position: PositionView): Near | undefined {
  const { lastPrice, stop, target } = position
  if (lastPrice === null) return undefined
  const levels = [stop, target].flatMap(level => (level === null ? [] : [level]))
  const [level] = levels.toSorted((a, b) => Math.abs(a - lastPrice) - Math.abs(b - lastPrice))
  if (level === undefined) return undefined
  return { position, level, pct: ((level - lastPrice) / lastPrice) * 100 }
}

/** Positions without a guard first, then those whose price is nearest to a level, then all others. */
export function nearest(positions: readonly PositionView[]): PositionView[] {
  const rankOf = (position: PositionView): number =>
    position.state === 'unguarded' ? -1 : Math.abs(nearOf(position)?.pct ?? Infinity)
  const ranked = positions.map(position => ({ position, rank: rankOf(position) }))
  return ranked
    .toSorted((a, b) => (a.rank === b.rank ? 0 : a.rank - b.rank))
    .map(each => each.position)
}

/** The positions whose price is nearest to a level, a line each. */
export function nearLines(positions: readonly PositionView[]): string[] {
  const all = positions.flatMap(position => nearOf(position) ?? [])
  const closest = all.toSorted((a, b) => Math.abs(a.pct) - Math.abs(b.pct))
  const isOfSeveral = new Set(positions.map(({ account }) => account)).size > 1
  return closest.slice(0, MOST_SHOWN).map(({ position, level: near, pct }, index) => {
    const name = isOfSeveral ? `${position.id} (${position.account ?? '-'})` : position.id
    const label = index === 0 ? 'closest     ' : '            '
    const level =
      near === position.stop ? `stop ${stopText(position)}` : `target ${targetText(position)}`
    const last = numberText(position.lastPrice!)
    return `${label} ${onOneLine(name)}: ${level}, ${pct > 0 ? '+' : ''}${pct.toFixed(2)} % from ${last}`
  })
}
