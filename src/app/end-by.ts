import { within } from '../actors/deadline.ts'

/** Every step of a stop gets this long, even after the common deadline, ms. */
const LEAST_MS = 250

/** Makes the steps of a stop share one deadline (monotonic ms): no step is awaited beyond it. */
export function endBy(until: number, monotonic: () => number) {
  return (step: Promise<unknown>): Promise<void> =>
    within(
      Math.max(LEAST_MS, until - monotonic()),
      step.then(() => undefined),
    )
}
