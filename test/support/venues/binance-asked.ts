import { NotUnderstood, Reply, type Request } from '../broker-server/routes.ts'
import type { Harm } from '../broker-server/script.ts'
import type { Venue } from '../broker-server/venue.ts'
import type { BinanceEmulator } from './binance.ts'

export type Params = Readonly<Record<string, string>>

/** One request, as a route acts on it. */
export interface Asked {
  readonly params: Params
  readonly venue: Venue
  readonly harms: readonly Harm[]
  readonly emulator: BinanceEmulator
}

/** What a route answers. */
export interface RouteReply {
  readonly status: number
  readonly body: unknown
}

/** One path of the venue. */
export interface Route {
  readonly route: Request['target']['route']
  readonly isSigned: boolean
  /** Whether the key is named without a signature. */
  readonly isKeyed?: boolean
  readonly weight: number
  act(asked: Asked): RouteReply
}

export const refusal = (
  status: number,
  code: number,
  msg: string,
  headers: Readonly<Record<string, string>> = {},
): NotUnderstood => new NotUnderstood(status, msg, new Reply(status, { code, msg }, headers))

export function refuse(status: number, code: number, msg: string): never {
  throw refusal(status, code, msg)
}

export const ok = (body: unknown): RouteReply => ({ status: 200, body })

export const paramsOf = (query: string): Params => Object.fromEntries(new URLSearchParams(query))

export const clientIdOf = (params: Params): { clientOrderId?: string } => {
  const id = params['newClientOrderId'] ?? params['origClientOrderId'] ?? params['clientAlgoId']
  return id === undefined ? {} : { clientOrderId: id }
}

export function symbolOf({ params, venue }: Asked): string {
  const { symbol } = params
  if (symbol === undefined) return refuse(400, -1102, "Mandatory parameter 'symbol' was not sent.")
  if (venue.settings.instruments?.includes(symbol) === false || !/^[A-Z0-9_]{1,20}$/.test(symbol))
    return refuse(400, -1121, 'Invalid symbol.')
  return symbol
}
