import { accountParts, accountText, type AccountParts } from '../domain/account-name.ts'
import type { JournalLine } from '../ports/journal-lines.ts'

/** The account whose rows and lines have no name: that of a store which knows no names. */
export const UNNAMED_ACCOUNT = 'main'

/**
 * The account of a journal line. A line without a name is one of `main`, or of the process; a name that is none of the
 * accounts' `names` is the venue's of a part of `main`.
 */
export function lineParts(
  { account: given }: Readonly<Record<string, unknown>>,
  names: ReadonlySet<string>,
): AccountParts {
  if (typeof given !== 'string') return { name: UNNAMED_ACCOUNT }
  const parts = accountParts(given)
  const isName = parts.name === UNNAMED_ACCOUNT || names.has(parts.name)
  return isName ? parts : { name: UNNAMED_ACCOUNT, part: given }
}

/** Under which name a line is read. */
export interface LineNaming {
  /** Whether lines show the names of their accounts. */
  readonly areNamed: boolean
  /** Accounts that have lines. */
  readonly names: ReadonlySet<string>
}

/**
 * A line as a process reads it, whether or not the process that wrote it named its accounts. A line about no position
 * that names no account stays as it is: it may be one of the process.
 */
export function shownLine(line: JournalLine, { areNamed, names }: LineNaming): JournalLine {
  const { account: given, ...rest } = line
  if (given === undefined && (!areNamed || line.positionId === undefined)) return line
  const parts = lineParts(line, names)
  const account = areNamed ? accountText(parts) : parts.part
  if (account === given) return line
  return account === undefined ? rest : { ...rest, account }
}
