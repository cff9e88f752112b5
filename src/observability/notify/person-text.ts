import { product, round15 } from '../../domain/decimal.ts'
import { numberText } from '../../domain/level-text.ts'

/** An amount of money with its sign, to the cent; small amounts of coins to two digits. */
export function moneyText(amount: number, currency?: string): string {
  const size = Math.abs(amount)
  const digits =
    size === 0 || size >= 0.01 ? size.toFixed(2) : numberText(Number(size.toPrecision(2)))
  const [whole = '', rest] = digits.split('.')
  const grouped = /^\d+$/.test(whole) ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole
  const sign = amount < 0 ? '−' : '+'
  const text = `${sign}${grouped}${rest === undefined ? '' : `.${rest}`}`
  return currency === undefined ? text : `${text} ${currency}`
}

/** A price at the nearest tick; averages of fills lie between ticks. */
export function priceText(price: number, tickSize: number | undefined): string {
  if (tickSize === undefined) return numberText(Number(price.toPrecision(8)))
  const ticks = Math.round(price / tickSize)
  return numberText(Number.isSafeInteger(ticks) ? product(ticks, tickSize) : price)
}

/** A percentage with its sign, to a tenth. */
export const pctText = (pct: number): string =>
  `${pct < 0 ? '−' : '+'}${numberText(Math.abs(Number(round15(pct).toFixed(1))))} %`

/** A time span in its largest fitting unit. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${numberText(Number((ms / 1_000).toFixed(1)))} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return `${numberText(Number((ms / 3_600_000).toFixed(1)))} h`
}

/** A number of things. */
export const countOf = (count: number, thing: string): string =>
  `${count} ${thing}${count === 1 ? '' : 's'}`
