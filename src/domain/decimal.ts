/**
 * Exact decimal arithmetic on doubles. A double stands for the decimal of its shortest text: 1.1 is
 * eleven tenths. Results are exact, then rounded once to the nearest double, so 10 % above 70 is 77
 * and not 77.00000000000001.
 */

/**
 * Decimal places that the fast path tries: few probes, and at most one zero too many. Numbers with
 * more places, or more digits than doubles distinguish, are left to BigInt.
 */
const PLACES = [2, 4, 5, 6, 8, 10, 12] as const
/** Exact powers of ten: 10^23 is the first that is not a double. */
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
/** No two decimals of up to 15 digits share a double, so that digits below this are the right ones. */
const FIRST_OF_16_DIGITS = 1e15

/** Decimal places at which `x` is an integer of at most 15 digits; −1: too many of either. */
function placesOf(x: number): number {
  if (Number.isSafeInteger(x)) return 0
  for (let probe = 0; probe < PLACES.length; probe++) {
    const places = PLACES[probe]!
    const power = POWERS[places]!
    const digits = Math.round(x * power)
    if (Math.abs(digits) >= FIRST_OF_16_DIGITS) return -1
    if (digits / power === x) return places
  }
  return -1
}

const isSafe = (x: number): boolean => x <= Number.MAX_SAFE_INTEGER && x >= -Number.MAX_SAFE_INTEGER

const digits = (x: number, places: number): number =>
  places === 0 ? x : Math.round(x * POWERS[places]!)

/** (a × b + c × d) ÷ e, exact and rounded once. The factors are finite and e is not 0. */
export function ratioOfSums(a: number, b: number, c: number, d: number, e: number): number {
  const placesA = placesOf(a)
  const placesB = placesOf(b)
  const placesC = c === a || c === -a ? placesA : placesOf(c)
  const placesD = placesOf(d)
  const placesE = placesOf(e)
  if (placesA < 0 || placesB < 0 || placesC < 0 || placesD < 0 || placesE < 0) {
    return slowRatio(a, b, c, d, e)
  }
  const digitsAB = digits(a, placesA) * digits(b, placesB)
  const digitsCD = digits(c, placesC) * digits(d, placesD)
  if (!isSafe(digitsAB) || !isSafe(digitsCD)) return slowRatio(a, b, c, d, e)
  const placesAB = placesA + placesB
  const placesCD = placesC + placesD
  const places = placesAB > placesCD ? placesAB : placesCD
  // A power that is not in the table makes NaN, which is not safe either.
  const sumAB = digitsAB * POWERS[places - placesAB]!
  const sumCD = digitsCD * POWERS[places - placesCD]!
  const sum = sumAB + sumCD
  if (!isSafe(sumAB) || !isSafe(sumCD) || !isSafe(sum)) return slowRatio(a, b, c, d, e)
  const digitsE = digits(e, placesE)
  const shift = places - placesE
  const above = shift < 0 ? sum * POWERS[-shift]! : sum
  const below = shift > 0 ? digitsE * POWERS[shift]! : digitsE
  return isSafe(above) && isSafe(below) ? above / below : slowRatio(a, b, c, d, e)
}

/** `x` and `pct` percent more (less, when negative), exact and rounded once. */
export function plusPercent(x: number, pct: number): number {
  const places = placesOf(x)
  const placesPct = placesOf(pct)
  if (places >= 0 && placesPct >= 0) {
    const factor = 100 * POWERS[placesPct]! + digits(pct, placesPct)
    const above = digits(x, places) * factor
    const below = places + placesPct + 2
    // Powers of ten up to the 22nd are exact, so that the division is the only rounding.
    if (isSafe(factor) && isSafe(above) && below < POWERS.length) return above / POWERS[below]!
  }
  return slowRatio(x, 100, x, pct, 100)
}

/** `x` + `amount` ÷ (a × b), exact and rounded once. Neither a nor b is 0. */
export function plusShare(x: number, amount: number, a: number, b: number): number {
  const placesA = placesOf(a)
  const placesB = placesOf(b)
  const isExact =
    placesA >= 0 &&
    placesB >= 0 &&
    Math.abs(digits(a, placesA) * digits(b, placesB)) < FIRST_OF_16_DIGITS
  if (!isExact) return slowShare(x, amount, a, b)
  const units = ratioOfSums(a, b, 0, 0, 1)
  return ratioOfSums(x, units, amount, 1, units)
}

/** A decimal as an integer times a power of ten. */
interface Exact {
  readonly digits: bigint
  readonly exponent: number
}

function exact(x: number): Exact {
  // The input is bounded (bounds.ts): only a programming error reaches this line.
  if (!Number.isFinite(x)) throw new RangeError(`${x} is no decimal`)
  const [mantissa = '0', exponent = '0'] = String(x).split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

const times = (a: Exact, b: Exact): Exact => ({
  digits: a.digits * b.digits,
  exponent: a.exponent + b.exponent,
})

function plusExact(a: Exact, b: Exact): Exact {
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (x: Exact): bigint => x.digits * 10n ** BigInt(x.exponent - exponent)
  return { digits: scaled(a) + scaled(b), exponent }
}

/** Digits of a quotient, far more than a double holds; a remainder adds one more digit. */
const QUOTIENT_DIGITS = 40

function quotient(above: Exact, below: Exact): number {
  const length = BigInt(QUOTIENT_DIGITS + String(below.digits).length)
  const dividend = above.digits * 10n ** length
  const digits = dividend / below.digits
  const sticky = digits * below.digits === dividend ? '0' : '1'
  return Number(`${digits}${sticky}e${above.exponent - below.exponent - Number(length) - 1}`)
}

function slowRatio(a: number, b: number, c: number, d: number, e: number): number {
  return quotient(plusExact(times(exact(a), exact(b)), times(exact(c), exact(d))), exact(e))
}

function slowShare(x: number, amount: number, a: number, b: number): number {
  const units = times(exact(a), exact(b))
  return quotient(plusExact(times(exact(x), units), exact(amount)), units)
}

/** a × b, exact. */
export const product = (a: number, b: number): number => ratioOfSums(a, b, 0, 0, 1)

/** a + b, exact. */
export const sum = (a: number, b: number): number => ratioOfSums(a, 1, b, 1, 1)

/** a − b, exact. */
export const difference = (a: number, b: number): number => ratioOfSums(a, 1, -b, 1, 1)

/** `x` rounded to 15 significant digits, the most that every double shows faithfully. */
export const round15 = (x: number): number => Number(x.toPrecision(15))
