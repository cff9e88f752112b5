import { type CheckedPosition, type CheckedRule, distancePct } from './check-report.ts'
import { type Paint, pctText, tableLines, timeText } from './output.ts'

/** One position with its rules, as a person reads it. `base`: the time its times are counted from. */
export function checkedText(position: CheckedPosition, base: number, paint: Paint): string {
  const { positionId, instrument, side, quantity, entryPrice, openedAt, priceSource } = position
  const opened = openedAt === null ? 'opens with the first tick' : `opened ${timeText(openedAt)}`
  const source = priceSource === 'quote' ? ', valued at the quote' : ''
  const head = `${paint('bold', positionId)}  ${side} ${quantity} ${instrument} at ${entryPrice}, ${opened}${source}`
  const rows = position.rules.map(rule => [
    `  ${rule.rule}`,
    levelsOf(rule, position, base).join('; ') || 'no level at entry',
  ])
  return [head, ...tableLines(rows)].join('\n')
}

function levelsOf(rule: CheckedRule, position: CheckedPosition, base: number): string[] {
  const { entryPrice } = position
  const level = (name: string, value: number | undefined): string[] =>
    value === undefined ? [] : [`${name} ${value} (${pctText(distancePct(entryPrice, value))})`]
  const bound = (name: string, value: number | undefined): string[] =>
    value === undefined ? [] : [`${name} ${value}`]
  const time = (name: string, at: number | undefined): string[] =>
    at === undefined ? [] : [`${name} ${timeOf(at, { rule, position, base })}`]
  return [
    ...level('stop', rule.stop),
    ...level('target', rule.target),
    ...level(rule.stop === undefined ? 'arms at' : 'next step at', rule.ratchet),
    ...time('exit', rule.exitAt),
    ...time('changes', rule.rearmAt),
    ...(rule.instrument === undefined ? [] : [`watches ${rule.instrument}`]),
    ...bound('exit at or below', rule.below),
    ...bound('exit at or above', rule.above),
    ...(rule.fromFirstTick === true ? ['bounds follow from its first tick'] : []),
    ...(rule.afterMs === undefined ? [] : [`${rule.action} when quiet for ${quiet(rule.afterMs)}`]),
  ]
}

const quiet = (afterMs: number | 'auto'): string =>
  afterMs === 'auto' ? 'three times its longest gap' : durationText(afterMs)

/** A time as it is; where the opening is not known yet, counted from it, or as if it were now. */
function timeOf(
  at: number,
  { rule, position, base }: { rule: CheckedRule; position: CheckedPosition; base: number },
): string {
  if (position.openedAt !== null) return `at ${timeText(at)}`
  if (rule.reason === 'session-end') return `at ${timeText(at)} if it opened now`
  return `${durationText(at - base)} after opening`
}

/** Ms as days, hours, minutes and seconds, leaving out what is zero. */
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
