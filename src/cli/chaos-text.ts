import type { ChaosSummary } from '../chaos/summary.ts'

/** Formats the summary of a run with chaos for a person. */
export function chaosText(summary: ChaosSummary): string {
  const { acts, calls, restarts, quarantined, unguardedSeconds, exited, doubled } = summary
  return [
    'chaos, summed up:',
    `  done          ${counts(acts)}`,
    `  calls hit     ${counts(calls)}`,
    `  restarts      ${restarts}, ${quarantined} monitors left in quarantine`,
    `  unguarded s   ${counts(unguardedSeconds)}`,
    `  exits         ${exited} positions exited, ${
      doubled.length === 0 ? 'each once' : `MORE THAN ONCE: ${doubled.join(', ')}`
    }`,
  ].join('\n')
}

const counts = (all: Readonly<Record<string, number>>): string =>
  Object.entries(all)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ') || 'none'
