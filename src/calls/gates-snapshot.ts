import { z } from 'zod'
import { agedBreaker, breakerSnapshot } from '../resilience/breaker-hand.ts'
import { agedThrottle, throttleSnapshot } from '../resilience/throttle-snapshot.ts'

/** The stored state of the breakers, by group, and of the throttles, by limit. */
export const gatesSnapshot = z.strictObject({
  breakers: z.strictObject({
    orders: breakerSnapshot,
    account: breakerSnapshot,
    quotes: breakerSnapshot,
  }),
  throttles: z.record(z.string(), throttleSnapshot),
})

export type GatesSnapshot = Readonly<z.infer<typeof gatesSnapshot>>

/** The same snapshot `elapsedMs` later; no process was running meanwhile. */
export function aged({ breakers, throttles }: GatesSnapshot, elapsedMs: number): GatesSnapshot {
  const { orders, account, quotes } = breakers
  return {
    breakers: {
      orders: agedBreaker(orders, elapsedMs),
      account: agedBreaker(account, elapsedMs),
      quotes: agedBreaker(quotes, elapsedMs),
    },
    throttles: Object.fromEntries(
      Object.entries(throttles).map(([name, kept]) => [name, agedThrottle(kept, elapsedMs)]),
    ),
  }
}
