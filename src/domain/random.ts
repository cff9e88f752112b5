/** A pseudorandom source of numbers ≥ 0 and < 1, the same for the same seed on every machine. */
export type Random = () => number

/**
 * Chris Doty-Humphrey's sfc32 (from PractRand), seeded by one integer of 32 bits. Integer
 * operations only, so that every engine gives the same numbers. Not for secrets.
 */
export function sfc32(seed: number): Random {
  let a = 0x9e3779b9 | 0
  let b = 0x243f6a88 | 0
  let c = seed | 0
  let counter = 1
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return (sum >>> 0) / 2 ** 32
  }
  // The first numbers of neighbouring seeds resemble each other.
  for (let i = 0; i < 16; i++) next()
  return next
}

/**
 * A number of mean 0 and variance 1, within ±3.47: the sum of four uniform ones. Logarithms and
 * cosines may differ in the last digit from engine to engine, sums do not.
 */
export const bell = (random: Random): number =>
  (random() + random() + random() + random() - 2) * 1.7320508
