import type { LimitEvent } from '../risk/portfolio.ts'

/** A daily loss limit that is near (`near`) or was reached (`tripped`); money. */
export interface LimitLine {
  readonly type: 'limit'
  /** Name of the account, where the configuration names its accounts. */
  readonly account?: string
  readonly limit: string
  readonly what: 'near' | 'tripped'
  /** Epoch ms. */
  readonly at: number
  readonly loss: number
  readonly maxLoss: number
  readonly realised: number
  readonly unrealised: number
}

/** The event of a limit at `at` (epoch ms), as a line of a replay. */
export function limitLine({ kind, standing }: LimitEvent, at: number): LimitLine {
  const { limit, loss, realised, unrealised } = standing
  const what = kind === 'tripped' ? 'tripped' : 'near'
  return {
    type: 'limit',
    limit: limit.name,
    what,
    at,
    loss,
    maxLoss: limit.maxLoss,
    realised,
    unrealised,
  }
}
