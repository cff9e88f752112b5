import { z } from 'zod'
import { agedBreaker, breakerSnapshot } from '../resilience/breaker-hand.ts'
import { agedThrottle, throttleSnapshot } from '../resilience/throttle-snapshot.ts'
import { byGroup } from './breakers.ts'

/** The stored state of the breakers, by group, and of the throttles, by limit. */
export const gatesSnapshot = z.strictObject({
  breakers: z.strictObject(byGroup(() => breakerSnapshot)),
  throttles: z.record(z.string(), throttleSnapshot),
})

export type GatesSnapshot = Readonly<z.infer<typeof gatesSnapshot>>

/** The same snapshot `elapsedMs` later; no process was running meanwhile. */
export const aged = ({ breakers, throttles }: GatesSnapshot, elapsedMs: number): GatesSnapshot => ({
  breakers: byGroup(group => agedBreaker(breakers[group], elapsedMs)),
  throttles: Object.fromEntries(
    Object.entries(throttles).map(([name, kept]) => [name, agedThrottle(kept, elapsedMs)]),
  ),
})
