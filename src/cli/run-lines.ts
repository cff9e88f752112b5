import type { Started } from '../app/first-facts.ts'
import type { RunOutput } from './run-output.ts'
import { startText } from './start-text.ts'

const MOST_WARNINGS = 5

/** Prints that the service has stopped. */
export const printStopped = ({ say }: RunOutput): void =>
  say({ kind: 'service-stopped', text: () => 'stopped' })

/** Prints what a start has found. */
export function printStarted(
  started: Started,
  given: { readonly output: RunOutput; readonly isObserving: boolean; readonly isChaosOn: boolean },
): void {
  const { output, ...modes } = given
  output.say({
    kind: 'service-started',
    detail: { ...started, ...modes },
    text: paint => startText(started, modes, paint),
  })
}

/** Prints warnings about the input; for many, the first ones and the number of the rest. */
export function printWarnings(warnings: readonly string[], { complain }: RunOutput): void {
  const more = warnings.length - MOST_WARNINGS
  const shown = warnings.slice(0, MOST_WARNINGS)
  for (const each of more > 0 ? [...shown, `${more} more, which watchkeeper check shows`] : shown) {
    complain({
      kind: 'input-warning',
      level: 'warn',
      detail: { warning: each },
      text: paint => `${paint('yellow', 'warning')}: ${each}`,
    })
  }
}
