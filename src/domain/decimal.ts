/**
 * Exact decimal arithmetic on doubles. A double stands for the decimal that its shortest text
 * shows: 1.1 is eleven tenths. Results are exact, then rounded once to the nearest double, so
 * 10 % above 70 is 77 and not 77.00000000000001.
 */

/** Most decimal places on the fast path; beyond it, and for huge numbers, BigInt takes over. */
const MOST_PLACES = 12
const POWERS = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)

/** Decimal places of `x`, or −1 when it is not a short decimal with a safe integer as its digits. */
function placesOf(x: number): number {
  if (Number.isSafeInteger(x)) return 0
  for (let places = 1; places <= MOST_PLACES; places++) {
    const power = POWERS[places]!
    const digits = Math.round(x * power)
    if (digits > Number.MAX_SAFE_INTEGER || digits < -Number.MAX_SAFE_INTEGER) return -1
    if (digits / power === x) return places
  }
  return -1
}

const isSafe = (x: number): boolean => x <= Number.MAX_SAFE_INTEGER && x >= -Number.MAX_SAFE_INTEGER

/** (a × b + c × d) ÷ e, exact and rounded once. The factors are finite and e is not 0. */
export function ratioOfSums(a: number, b: number, c: number, d: number, e: number): number {
  const placesA = placesOf(a)
  const placesB = placesOf(b)
  const placesC = placesOf(c)
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

const digits = (x: number, places: number): number =>
  places === 0 ? x : Math.round(x * POWERS[places]!)

/** A decimal as an integer times a power of ten. */
interface Exact {
  readonly digits: bigint
  readonly exponent: number
}

function exact(x: number): Exact {
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

/** Digits of a quotient, far more than a double holds; what is left over shows as one more digit. */
const QUOTIENT_DIGITS = 40

function slowRatio(a: number, b: number, c: number, d: number, e: number): number {
  const above = plusExact(times(exact(a), exact(b)), times(exact(c), exact(d)))
  const below = exact(e)
  const length = BigInt(QUOTIENT_DIGITS + String(below.digits).length)
  const dividend = above.digits * 10n ** length
  const quotient = dividend / below.digits
  const sticky = quotient * below.digits === dividend ? '0' : '1'
  return Number(`${quotient}${sticky}e${above.exponent - below.exponent - Number(length) - 1}`)
}

/** a × b, exact. */
export const product = (a: number, b: number): number => ratioOfSums(a, b, 0, 0, 1)

/** a + b, exact. */
export const sum = (a: number, b: number): number => ratioOfSums(a, 1, b, 1, 1)

/** a − b, exact. */
export const difference = (a: number, b: number): number => ratioOfSums(a, 1, -b, 1, 1)

/** `x` and `pct` percent more (less, when negative), exact. */
export const plusPercent = (x: number, pct: number): number => ratioOfSums(x, 100, x, pct, 100)

/** `x` rounded to 15 significant digits, the most that every double shows faithfully. */
export const round15 = (x: number): number => Number(x.toPrecision(15))
