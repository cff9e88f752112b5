import type { VenueKind } from '../../domain/venue-kind.ts'

/** Patterns of the names that a venue gives to its contracts. */
const NAMES: Readonly<Record<VenueKind, RegExp>> = {
  // Some names there contain letters of other scripts.
  binance: /^[\p{Lu}\p{Lo}\d]+(?:_\d{6})?$/u,
  bybit: /^[A-Z\d]+(?:-\d{1,2}[A-Z]{3}\d{2})?$/,
  okx: /^[A-Z\d]+-[A-Z\d]+-(?:SWAP|\d{6})$/,
}

const SUFFIX = /(?:\.P|[-_/]?(?:SWAP|PERP|PERPETUAL))$/
const PAIR = /^([A-Z\d]+?)[-_/]?(USDT|USDC|USD)$/

/**
 * The venue's name that was probably meant by a name in another notation, such as `BTC/USDT`,
 * `btcusdt`, `BTCUSDT.P` or `BTC-USDT-SWAP`. Undefined where the name already is the venue's, or where no guess
 * is possible.
 */
export function meantAt(venue: VenueKind, name: string): string | undefined {
  if (NAMES[venue].test(name)) return undefined
  const plain = name.trim().toUpperCase().replace(/:.*$/, '').replace(SUFFIX, '')
  const [, base, quote] = PAIR.exec(plain) ?? []
  if (base === undefined || quote === undefined) return undefined
  switch (venue) {
    case 'binance':
    case 'bybit':
      return `${base}${quote}`
    case 'okx':
      return `${base}-${quote}-SWAP`
  }
}

/** Whether a name has the form of those of a venue. */
export const isNameAt = (venue: VenueKind, name: string): boolean => NAMES[venue].test(name)
