import { inAccount } from '../domain/account-name.ts'
import { onOneLine } from '../domain/plain-text.ts'
import { distancePct, type CheckedPosition, type CheckedRule } from './check-report.ts'
import { levelText } from './levels.ts'
import { pctText, tableLines, timeText, type Paint } from './output.ts'

/** The tick of an instrument, where it is known. */
export type TickSizeOf = (instrument: string) => number | undefined

/** Formats one position with its rules for a person. */
export function checkedText(
  position: CheckedPosition,
  paint: Paint,
  tickSizeOf: TickSizeOf = () => undefined,
): string {
  const { positionId, account, instrument, side, quantity, entryPrice, openedAt, priceSource } =
    position
  const name = inAccount(positionId, account)
  const opened = openedAt === null ? 'opens with the first tick' : `opened ${timeText(openedAt)}`
  const source = priceSource === 'quote' ? ', valued at the quote' : ''
  const head = `${paint('bold', onOneLine(name))}  ${side} ${quantity} ${onOneLine(instrument)} at ${entryPrice}, ${opened}${source}`
  const rows = position.rules.map(rule => [
    `  ${rule.rule}`,
    levelsOf(rule, position, tickSizeOf).join('; ') || 'no level at entry',
  ])
  return [head, ...tableLines(rows)].join('\n')
}

function levelsOf(
  rule: CheckedRule,
  { entryPrice, openedAt, instrument, side }: CheckedPosition,
  tickSizeOf: TickSizeOf,
): string[] {
  const tickSize = tickSizeOf(instrument)
  const level = (name: string, value: number | undefined, isBelow: boolean): string[] =>
    value === undefined
      ? []
      : [
          `${name} ${levelText(value, { isBelow, tickSize })} (${pctText(distancePct(entryPrice, value))})`,
        ]
  const watched = tickSizeOf(rule.instrument ?? instrument)
  const bound = (name: string, value: number | undefined, isBelow: boolean): string[] =>
    value === undefined ? [] : [`${name} ${levelText(value, { isBelow, tickSize: watched })}`]
  const isLong = side === 'long'
  // Without a time of opening, remaining instants are those of a position that opens now.
  const hedge = openedAt === null ? ' if it opened now' : ''
  const time = (name: string, at: number | undefined): string[] =>
    at === undefined ? [] : [`${name} at ${timeText(at)}${hedge}`]
  const after = (name: string, ms: number | undefined): string[] =>
    ms === undefined ? [] : [`${name} ${durationText(ms)} after opening`]
  return [
    ...level('stop', rule.stop, isLong),
    ...level('target', rule.target, !isLong),
    ...level(rule.stop === undefined ? 'arms at' : 'next step at', rule.ratchet, !isLong),
    ...time('exit', rule.exitAt),
    ...time('changes', rule.rearmAt),
    ...after('exit', rule.exitAfterMs),
    ...after('changes', rule.rearmAfterMs),
    ...(rule.instrument === undefined ? [] : [`watches ${onOneLine(rule.instrument)}`]),
    ...bound('exit at or below', rule.below, true),
    ...bound('exit at or above', rule.above, false),
    ...(rule.fromFirstTick === true ? ['bounds follow from its first tick'] : []),
    ...(rule.afterMs === undefined ? [] : [`${rule.action} when quiet for ${quiet(rule.afterMs)}`]),
  ]
}

const quiet = (afterMs: number | 'auto'): string =>
  afterMs === 'auto' ? 'three times its longest gap' : durationText(afterMs)

/** Ms as days, hours, minutes and seconds, without parts that are zero. */
export function durationText(ms: number): string {
  const parts: [number, string][] = [
    [Math.floor(ms / 86_400_000), 'd'],
    [Math.floor(ms / 3_600_000) % 24, 'h'],
    [Math.floor(ms / 60_000) % 60, 'min'],
    [(ms % 60_000) / 1000, 's'],
  ]
  const shown = parts.filter(([count]) => count !== 0).map(([count, unit]) => `${count} ${unit}`)
  return shown.length === 0 ? '0 s' : shown.join(' ')
}
