import type { HealthCheck, HealthStatus } from '../ports/control/health.ts'

/** A problem of one position, exit or actor. */
export interface Trouble {
  readonly what: string
  /** How long it has lasted, ms, where that is known. */
  readonly forMs?: number
}

/** Most details that are listed for one kind of problem, and in total. */
export const MOST_DETAILS = 20

/** A check without its time; without a status it passes. */
export type Draft = Omit<HealthCheck, 'time' | 'status'> & { readonly status?: HealthStatus }

/** A check before it has its time. */
export const draft = (
  componentType: string,
  observedValue: HealthCheck['observedValue'],
  status: HealthStatus,
): Draft => ({ componentType, observedValue, status })

/** The number of problems, and the worst ones. */
export function counted(
  componentType: string,
  troubles: readonly Trouble[],
  status: HealthStatus,
): Draft {
  if (troubles.length === 0) return draft(componentType, 0, 'pass')
  const worst = troubles.toSorted((a, b) => (b.forMs ?? 0) - (a.forMs ?? 0)).slice(0, MOST_DETAILS)
  const listed = worst.map(({ what, forMs }) =>
    forMs === undefined ? what : `${what} for ${(forMs / 1000).toFixed(1)} s`,
  )
  const more = troubles.length > worst.length ? ` and ${troubles.length - worst.length} more` : ''
  const output = `${troubles.length}: ${listed.join(', ')}${more}`
  return { ...draft(componentType, troubles.length, status), output }
}
