/** Venues that name instruments each in a way of its own. */
export type VenueKind = 'binance' | 'bybit' | 'okx'

/** The names that a venue gives to its contracts. */
const NAMES: Readonly<Record<VenueKind, RegExp>> = {
  // Letters of other scripts stand in some names there.
  binance: /^[\p{Lu}\p{Lo}\d]+(?:_\d{6})?$/u,
  bybit: /^[A-Z\d]+(?:-\d{1,2}[A-Z]{3}\d{2})?$/,
  okx: /^[A-Z\d]+-[A-Z\d]+-(?:SWAP|\d{6})$/,
}

const SUFFIX = /[-_/]?(?:SWAP|PERP|PERPETUAL)$/
const PAIR = /^([A-Z\d]+?)[-_/]?(USDT|USDC|USD)$/

/**
 * What was probably meant by a name in another notation, such as `BTC/USDT`, `btcusdt` or
 * `BTC-USDT-SWAP`; undefined where the name is one of the venue, or where nothing can be guessed.
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
