import { within } from '../actors/deadline.ts'

/** What each step of an end gets although the time for all of them is over, ms. */
const LEAST_MS = 250

/** Makes the steps of an end share one deadline (monotonic ms): none is waited for beyond it. */
export function endBy(until: number, monotonic: () => number) {
  return (step: Promise<unknown>): Promise<void> =>
    within(
      Math.max(LEAST_MS, until - monotonic()),
      step.then(() => undefined),
    )
}
