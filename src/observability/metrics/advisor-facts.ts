/** One advisor: whether it runs, and what its lines asked for. */
export interface AdvisorFacts {
  readonly advisor: string
  readonly state: (typeof ADVISOR_STATES)[number]
  readonly restarts: number
  /** What it asked for, by what became of it. */
  readonly requests: Readonly<Record<(typeof ADVISOR_RESULTS)[number], number>>
  /** Lines that are no request, and those that were left out because they were too many. */
  readonly lines: { readonly invalid: number; readonly dropped: number }
  /** Age of the last update that it has confirmed, ms; undefined: none yet. */
  readonly confirmedAgeMs: number | undefined
}

export const ADVISOR_STATES = ['running', 'backoff', 'quarantined'] as const

export const ADVISOR_RESULTS = ['tightened', 'exits', 'notes', 'refused'] as const
