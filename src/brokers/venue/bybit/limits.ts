import type { LimitReader } from '../client.ts'

const ORDERS = /^\/v5\/order\/(?:create|amend|cancel)$/

/** The venue counts each of its paths by account: calls that are left, of how many, and until when (epoch ms). */
export const limitsIn: LimitReader = ({ path }, { headers }, now) => {
  const number = (name: string): number => Number(headers[`x-bapi-limit${name}`] ?? NaN)
  const left = number('-status')
  const most = number('')
  const resetAt = number('-reset-timestamp')
  if (!(left >= 0) || !(most > 0) || !Number.isFinite(resetAt)) return []
  const groups = ORDERS.test(path) ? (['orders'] as const) : (['account'] as const)
  return [{ groups, share: 1 - left / most, resetInMs: resetAt - now }]
}
