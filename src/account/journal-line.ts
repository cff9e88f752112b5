import type { PositionId } from '../domain/ids.ts'
import { onOneLine } from '../domain/plain-text.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { KeptLine } from '../ports/state-repository.ts'

/** A journal line about a position, or about the service, at `at` (epoch ms). */
export const lineOf = (
  at: number,
  kind: JournalKind,
  positionId: PositionId | undefined,
  detail: Readonly<Record<string, unknown>>,
): KeptLine => ({ at, kind, ...(positionId !== undefined && { positionId }), ...detail })

/** The message of an error, on one line. */
export const textOf = (reason: unknown): string =>
  onOneLine((reason instanceof Error ? reason.message : String(reason)).split('\n')[0]!)

/** The stable code of an error, or the name of its class. */
export function codeOf(error: unknown): string {
  const { code, name } = Object(error) as { code?: unknown; name?: unknown }
  if (typeof code === 'string') return code
  return typeof name === 'string' ? name : 'unknown'
}
