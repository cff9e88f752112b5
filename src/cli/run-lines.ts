import type { Started } from '../app/service.ts'
import type { RunOutput } from './run-output.ts'
import { startText } from './start-text.ts'

const MOST_WARNINGS = 5

/** Says that nothing runs any more. */
export const printStopped = ({ say }: RunOutput): void =>
  say({ kind: 'service-stopped', text: () => 'stopped' })

/** Says what a start has found. */
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

/** Says what is odd about the input; of many, how many more there are. */
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
