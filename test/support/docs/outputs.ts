/**
 * Compares what a page shows with what came. The placeholders of a page:
 *
 * - `…` stands for any text within a line; a line with nothing else, for any number of lines;
 * - a time that lies within the last hour may be shown as any other time, and so may the start or end of today;
 * - a duration (`0.3 s`, `20 ms`) may be any other one in the same unit, and so may JSON's `…Ms`;
 * - JSON may be broken into lines.
 *
 * Where figures are measured, such as a table of percentiles, each number stands for any other one.
 */
export interface Comparison {
  readonly isMeasured: boolean
  /** Epoch ms; times in the hour before it vary. */
  readonly now: number
}

const ISO = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z`
const NUMBER = String.raw`[-+]?\d[\d,.]*`
const DURATION = String.raw`\d+(?:\.\d+)?(?= (?:ms|s|min|h)\b)`
/** Replaces a recent time. */
const NOW = '<now>'
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Whether `actual` is what a page shows as `expected`. */
export function isAsShown(expected: string, actual: string, comparison: Comparison): boolean {
  if (tidy(expected) === tidy(actual)) return true
  const [shownText, shownJson] = partedJson(expected)
  if (shownJson !== undefined) {
    const [text, json] = partedJson(actual)
    return (
      json !== undefined &&
      isSameText(shownText, text, comparison) &&
      isSameJson(shownJson.value, json.value, comparison)
    )
  }
  return isSameText(expected, actual, comparison)
}

const tidy = (text: string): string =>
  `${text.replace(/[ \r]+$/gm, '').replace(/^\n+|\n+$/g, '')}\n`

function isSameText(expected: string, actual: string, comparison: Comparison): boolean {
  const recent = new RegExp(ISO, 'g')
  const seen = tidy(actual).replace(recent, time =>
    isRecent(Date.parse(time), comparison) ? NOW : time,
  )
  return patternOf(tidy(expected), comparison).test(seen)
}

const isRecent = (at: number, { now }: Comparison): boolean =>
  (at > now - HOUR && at <= now + 60_000) || (at % DAY === 0 && Math.abs(at - now) <= DAY)

function patternOf(expected: string, { isMeasured }: Comparison): RegExp {
  const varying = new RegExp(
    [`…`, ISO, DURATION, ` {2,}`, ...(isMeasured ? [NUMBER] : [])].join('|'),
    'g',
  )
  const lines = expected.split('\n').slice(0, -1)
  const source = lines.map(line => {
    if (line.trim() === '…') return '(?:[^\\n]*\\n)*?'
    let [pattern, from] = ['', 0]
    for (const { 0: part, index } of line.matchAll(varying)) {
      pattern += literal(line.slice(from, index)) + sourceOf(part)
      from = index + part.length
    }
    return `${pattern}${literal(line.slice(from))}\\n`
  })
  return new RegExp(`^${source.join('')}$`)
}

function sourceOf(part: string): string {
  if (part === '…') return '[^\\n]*?'
  // Columns are as wide as their widest value.
  if (part.startsWith('  ')) return ' {2,}'
  if (new RegExp(`^${ISO}$`).test(part)) return `(?:${literal(part)}|${NOW})`
  return NUMBER
}

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')

/** The lines before a JSON value that ends the text, and the value. */
function partedJson(text: string): [string, { readonly value: unknown } | undefined] {
  const lines = text.trim().split('\n')
  const start = lines.findIndex(line => /^[{[]/.test(line))
  if (start === -1) return [text, undefined]
  try {
    const value: unknown = JSON.parse(lines.slice(start).join(''))
    return [lines.slice(0, start).join('\n'), { value }]
  } catch {
    return [text, undefined]
  }
}

function isSameJson(expected: unknown, actual: unknown, comparison: Comparison, key = ''): boolean {
  if (typeof expected === 'number' && typeof actual === 'number') {
    if (expected === actual || key.endsWith('Ms')) return true
    return expected > 1e12 && isRecent(actual, comparison)
  }
  if (typeof expected === 'string' && typeof actual === 'string')
    return isSameText(expected, actual, comparison)
  if (typeof expected !== 'object' || typeof actual !== 'object' || !expected || !actual)
    return expected === actual
  if (Array.isArray(expected) !== Array.isArray(actual)) return false
  const shown = Object.entries(expected)
  return (
    shown.length === Object.keys(actual).length &&
    shown.every(([name, value]) =>
      isSameJson(value, (actual as Record<string, unknown>)[name], comparison, name),
    )
  )
}
