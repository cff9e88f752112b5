/**
 * The slack above the present price, as a share of its distance to the stop. Any value between 0.4
 * and 0.9 wakes about equally seldom.
 */
const SLACK = 0.5

/**
 * Digits that the slack is rounded to, so that levels at its end stay on the fast path of exact
 * decimals. Nine digits are finer than any tick size in relation to its price.
 */
const DIGITS = 9

/** Power of ten that turns a price near `price` into an integer of about nine digits. */
export function slackScale(price: number): number {
  const digitsBefore = Math.floor(Math.log10(price)) + 1
  return 10 ** Math.min(15, Math.max(0, DIGITS - digitsBefore))
}

/** What a band is made from, all in mirrored prices (every position a long). */
export interface BandInput {
  readonly price: number
  readonly best: number
  readonly stop: number
  readonly target: number
  readonly ratchet: number
  /** See `slackScale`. */
  readonly scale: number
}

/**
 * Upper end R of the band inside which nothing can exit, in mirrored prices. The lower end is the
 * stop if the best price were R: the caller asks its rules once more, with best price R. It is a
 * little above the best price, below the next ratchet, and not beyond the target.
 */
export function slackEnd({ price, best, stop, target, ratchet, scale }: BandInput): number {
  let end = price > stop ? Math.floor((price + (price - stop) * SLACK) * scale) / scale : best
  if (end >= ratchet) end = justBelow(ratchet, scale)
  if (end < best) end = best
  return end < target ? end : target
}

/** A price below `price`, a short decimal where possible: the present form still holds there. */
function justBelow(price: number, scale: number): number {
  const below = (Math.ceil(price * scale) - 1) / scale
  return below < price ? below : price - Math.abs(price) / 10 ** DIGITS
}
