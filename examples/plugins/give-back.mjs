// A rule of your own: gives back at most `points` of the best price, once the position is `fromPct` percent ahead.
//   plugins: [./give-back.mjs]
//   rules: { default: { giveBack: { points: 500, fromPct: 1 } } }
// watchkeeper rules test ./give-back.mjs

const sign = side => (side === 'long' ? 1 : -1)

export default {
  kind: 'rule',
  name: 'giveBack',
  summary: 'exits when the price gives back so many points of its best',
  options: z =>
    z.strictObject({ points: z.number().positive(), fromPct: z.number().nonnegative().default(0) }),
  // What the property tests run with.
  examples: [{ points: 0.5 }, { points: 3, fromPct: 2 }],

  // The same question always has the same answer: no clock, no chance, nothing remembered.
  arm({ side, entryPrice }, best, _now, { points, fromPct }) {
    const activation = entryPrice * (1 + (sign(side) * fromPct) / 100)
    const isActive = sign(side) * best >= sign(side) * activation
    // Where the levels change form next: from none to a stop.
    if (!isActive) return { ratchet: activation }
    return { stop: best - sign(side) * points }
  },
}
