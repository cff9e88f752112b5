import { errorRow, type ErrorCode } from '../../errors/codes.ts'
import type { Operation } from '../operation.ts'

/** Errors of every request; a body of a read has no meaning, and what is wrong with it is left out. */
const ALWAYS: readonly ErrorCode[] = ['FOREIGN_HOST', 'FOREIGN_ORIGIN', 'UNEXPECTED']
const CLOSED: readonly ErrorCode[] = ['BAD_TOKEN', 'TOKENS_LIMITED']
const CHANGE: readonly ErrorCode[] = ['NOT_JSON', 'BAD_JSON', 'BODY_TOO_LARGE']
/** Of an operation that writes: what the store answers, and an actor that is being restarted. */
const WRITE: readonly ErrorCode[] = [
  'ACTOR_DOWN',
  'STORE_FAILED',
  'STORE_FULL',
  'STORE_GONE',
  'STORE_LOST',
  'FENCED',
]
const KEPT: readonly ErrorCode[] = ['KEY_REUSED', 'KEY_RUNNING', 'KEY_UNKNOWN']

/** Operations about one account: where there are several they answer ACCOUNT_REQUIRED. */
const OF_ONE_ACCOUNT =
  /^\/api\/(?:kill-switch|portfolio|gateway|holdings|positions\/|supervision\/)/

/** Whether an operation takes an `Idempotency-Key`. */
export const isKept = ({ method, isUnkept }: Operation): boolean =>
  method === 'post' && isUnkept !== true

/** Every code of an error that an operation may answer, by status. */
export function errorsOf(operation: Operation): ReadonlyMap<number, readonly ErrorCode[]> {
  const { method, path, needs, takesAnyQuery, takesAnyType, isUnkept, errors = [] } = operation
  const isRead = method === 'get'
  const codes = new Set<ErrorCode>([
    ...ALWAYS,
    ...(OF_ONE_ACCOUNT.test(path) ? (['ACCOUNT_REQUIRED'] as const) : []),
    ...(path.includes(':') ? (['BAD_REQUEST'] as const) : []),
    ...(needs === 'open' ? [] : CLOSED),
    ...(needs === 'agent' || needs === 'operate' ? (['ROLE_TOO_LOW'] as const) : []),
    ...(takesAnyQuery === true ? [] : (['BAD_INPUT'] as const)),
    ...(isRead ? [] : CHANGE.filter(code => takesAnyType !== true || code !== 'NOT_JSON')),
    ...(isRead || isUnkept === true ? [] : WRITE),
    ...(isRead && needs !== 'open' ? (['STORE_FAILED'] as const) : []),
    ...(isKept(operation) ? KEPT : []),
    ...errors,
  ])
  const byStatus = new Map<number, ErrorCode[]>()
  for (const code of [...codes].toSorted()) {
    const status = errorRow(code)!.status
    byStatus.set(status, [...(byStatus.get(status) ?? []), code])
  }
  return byStatus
}
