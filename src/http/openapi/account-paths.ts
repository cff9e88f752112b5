import type { ErrorCode } from '../../errors/codes.ts'
import type { Operation } from '../operation.ts'

/** Describes the parameter of the paths below. */
export const ACCOUNT_PARAMETER =
  'Name of the account; `main` where the configuration names none. For the kill switch `all`: that of every account.'

/** The operations of one account as they are reached: `/api/positions` is `/api/accounts/:account/positions`. */
export const belowAccounts = (operations: readonly Operation[]): readonly Operation[] =>
  operations.map(operation => ({
    ...operation,
    path: operation.path.replace('/api/', '/api/accounts/:account/'),
    summary: `${operation.summary}; of one account`,
    errors: [...(operation.errors ?? []).filter(isOfOne), 'ACCOUNT_UNKNOWN'],
  }))

/** The address names the account already. */
const isOfOne = (code: ErrorCode): boolean =>
  code !== 'ACCOUNT_REQUIRED' && code !== 'ACCOUNT_UNKNOWN'
