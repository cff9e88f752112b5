import { counted, draft, type Draft, type Trouble } from './checks.ts'

/** Whether exits could be carried out, as health shows it. */
export interface ExitableFacts {
  /** Open positions that are not being exited. */
  readonly positions: number
  /** Positions that could not be exited, and positions that may not be exitable: each in one list. */
  readonly notExitable: readonly Trouble[]
  readonly unknown: readonly Trouble[]
  /** The same as the lists where one cause holds for every position. */
  readonly common?: { readonly kind: 'no' | 'unknown'; readonly trouble: Trouble }
  /** A shorter time is no finding: answers come late after a start, ms. */
  readonly graceMs: number
  /** When the credentials end, epoch ms; undefined: never, or not known. */
  readonly credentialsEndAt: number | undefined
  /** Time before that end from which health warns, ms. */
  readonly credentialsLeadMs: number
  /** Why the credentials cannot be read, and why newer ones than those in use cannot. */
  readonly unreadable?: string | undefined
  readonly credentialTrouble?: string | undefined
}

/** Checks whether exits could be carried out, and for how long the credentials are good. */
export const exitableChecks = (facts: ExitableFacts, now: number): Record<string, Draft> => ({
  'positions:exitable': positionCheck(facts),
  'broker:credentials': credentialCheck(facts, now),
})

function positionCheck({ positions, common, graceMs, ...lists }: ExitableFacts): Draft {
  const isFound = ({ forMs = 0 }: Trouble): boolean => forMs >= graceMs
  if (common !== undefined && positions > 0 && isFound(common.trouble)) {
    const { what, forMs = 0 } = common.trouble
    const known = common.kind === 'no' ? 'cannot be exited' : 'may not be exitable'
    return {
      ...draft('component', positions, common.kind === 'no' ? 'fail' : 'warn'),
      output: `${countOf(positions)} ${known}: ${what}, for ${(forMs / 1_000).toFixed(1)} s`,
    }
  }
  const no = lists.notExitable.filter(isFound)
  const unknown = lists.unknown.filter(isFound)
  return {
    ...counted('component', [...no, ...unknown], no.length > 0 ? 'fail' : 'warn'),
  }
}

const countOf = (positions: number): string =>
  positions === 1 ? '1 position' : `${positions} positions`

function credentialCheck(facts: ExitableFacts, now: number): Draft {
  const { credentialsEndAt: endAt, credentialsLeadMs, positions, unreadable } = facts
  if (unreadable !== undefined) {
    return { ...draft('component', 'unreadable', 'fail'), output: unreadable }
  }
  const trouble = facts.credentialTrouble
  if (endAt === undefined) {
    return trouble === undefined
      ? draft('component', 'no end known', 'pass')
      : { ...draft('component', 'not renewed', 'warn'), output: troubleText(trouble) }
  }
  const leftMs = endAt - now
  const isOver = leftMs <= 0
  const isWarned = leftMs <= credentialsLeadMs || trouble !== undefined
  const status = isOver ? 'fail' : isWarned ? 'warn' : 'pass'
  const text = `the credentials ${isOver ? 'ended' : 'end'} at ${new Date(endAt).toISOString()}`
  return {
    ...draft('component', Math.round(leftMs / 1_000), status),
    observedUnit: 's',
    output: [
      `${text}, ${countOf(positions)}`,
      ...(trouble === undefined ? [] : [troubleText(trouble)]),
    ].join('; '),
  }
}

const troubleText = (why: string): string => `newer credentials cannot be used: ${why}`
