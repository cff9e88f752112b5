const MINUS = '−'
const SPACE = ' '

/** A number with a true minus sign. */
const signed = (text: string): string => text.replace('-', MINUS)

const groupedBy = (digits: number): Intl.NumberFormat =>
  new Intl.NumberFormat('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
const formats = new Map<number, Intl.NumberFormat>()

function fixed(value: number, digits: number): string {
  let format = formats.get(digits)
  if (format === undefined) formats.set(digits, (format = groupedBy(digits)))
  return signed(format.format(value))
}

/** Decimal places of a tick size; undefined where there is none. */
export function digitsOf(tickSize: number | null): number | undefined {
  if (tickSize === null) return undefined
  return Math.min(8, /\.(\d+)/.exec(tickSize.toFixed(8).replace(/0+$/, ''))?.[1]?.length ?? 0)
}

/** A price unchanged, or with the decimal places of its tick size. */
export function priceText(price: number | null, tickSize: number | null): string {
  if (price === null) return '–'
  const digits = digitsOf(tickSize)
  if (digits !== undefined) return fixed(price, digits)
  const own = /\.(\d+)$/.exec(String(Number(price.toPrecision(8))))?.[1]?.length ?? 0
  return fixed(price, Math.min(8, own))
}

/** An amount of money; `isProfit`: with its sign. */
export function moneyText(
  amount: number | null,
  currency: string | null = null,
  isProfit = false,
): string {
  if (amount === null) return 'not known'
  const digits = Math.abs(amount) >= 10_000 ? 0 : 2
  const rounded = Number(amount.toFixed(digits))
  const sign = isProfit && rounded > 0 ? '+' : ''
  const text = `${sign}${fixed(rounded === 0 ? 0 : rounded, digits)}`
  return currency === null ? text : `${text}${SPACE}${currency}`
}

export function percentText(share: number | null, digits = 2): string {
  return share === null ? '–' : `${fixed(share * 100, digits)}${SPACE}%`
}

/** A gain in percent with its sign. */
export function pctText(pct: number | null): string {
  if (pct === null) return '–'
  const rounded = Number(pct.toFixed(2))
  return `${rounded > 0 ? '+' : ''}${fixed(rounded === 0 ? 0 : rounded, 2)}${SPACE}%`
}

/** A multiple of the first risk (R). */
export const multipleText = (r: number | null): string =>
  r === null ? '–' : `${r > 0 ? '+' : ''}${fixed(r, 2)}${SPACE}R`

const QUANTITY = new Intl.NumberFormat('en', { maximumFractionDigits: 8 })

export const quantityText = (quantity: number): string => signed(QUANTITY.format(quantity))

/** A count, such as `10,000`. */
export const countText = (count: number): string => QUANTITY.format(count)

/** A duration in ms for a person. */
export function durationText(ms: number): string {
  if (ms < 1_000) return `${Math.round(Math.max(0, ms))}${SPACE}ms`
  const seconds = ms / 1_000
  if (seconds < 120) return `${Math.floor(seconds)}${SPACE}s`
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}${SPACE}min`
  if (seconds < 172_800) return `${Math.floor(seconds / 3_600)}${SPACE}h`
  return `${Math.floor(seconds / 86_400)}${SPACE}d`
}

/** An age in whole seconds, or more. */
export const ageText = (ms: number): string => (ms < 1_000 ? `0${SPACE}s` : durationText(ms))

const CLOCK = new Intl.DateTimeFormat('en-GB', { timeStyle: 'medium' })
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })

/** Seconds since the epoch as a time of day. */
export const clockText = (seconds: number): string => CLOCK.format(seconds * 1_000)

/** A time of today as a time of day, another one with its date. */
export function timeText(at: number, now: number): string {
  const clock = CLOCK.format(at)
  return DAY.format(at) === DAY.format(now) ? clock : `${DAY.format(at)}${SPACE}${clock}`
}

/** A stable code as words. */
export const words = (code: string): string => code.replace(/[-:_]+/g, ' ')

/** The text of a health check, without the name of the code. */
export function whyText(line: string): string {
  const [, component, measurement, rest] = /^([\w-]+):([\w-]+): (.*)$/s.exec(line) ?? []
  if (component === undefined) return line
  return `${words(component)} ${words(measurement!)} – ${rest}`
}
