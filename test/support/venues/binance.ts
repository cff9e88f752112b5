import { createHmac } from 'node:crypto'
import {
  NotUnderstood,
  Reply,
  type Protocol,
  type RawRequest,
  type Request,
} from '../broker-server/routes.ts'
import type { Venue } from '../broker-server/venue.ts'
import { clientIdOf, paramsOf, refusal, refuse, type Params } from './binance-asked.ts'
import { ROUTES } from './binance-routes.ts'
import { FIXED, type Fixed } from './instruments.ts'

/** The key of every account of the emulator. */
export const KEY = { key: 'emulated-key', secret: 'emulated-secret' }

export interface BinanceEmulation {
  readonly mode?: 'one-way' | 'hedge'
  readonly fixed?: Partial<Fixed>
  /** How far its clock is ahead, ms. */
  readonly aheadMs?: number
  /** Weight that may be used in a minute; more is a 429, and after that a ban. */
  readonly weightPerMinute?: number
  /** An order without a fill is forgotten so long after its end, one with a fill never. */
  readonly forgetsMs?: number
  readonly withdraws?: boolean
  readonly isAddressBound?: boolean
  readonly trades?: boolean
}

/** Binance USDⓈ-M futures, as far as watchkeeper calls it. */
export class BinanceEmulator implements Protocol {
  /** What it is, until it is changed. */
  emulation: Required<BinanceEmulation>
  /** The session of the account's stream; another one is made once this one has ended. */
  listenKey = 'listen-1'
  private weight = 0
  private minute = 0
  private reported: number | undefined

  constructor(emulation: BinanceEmulation = {}) {
    this.emulation = { ...DEFAULTS, ...emulation, fixed: { ...FIXED, ...emulation.fixed } }
  }

  read(raw: RawRequest, _venue: Venue): Request {
    const route = `${raw.method} ${raw.url.pathname}`
    const known = ROUTES[route]
    if (known === undefined) throw new NotUnderstood(404, route)
    if (known.isKeyed === true) assertKey(raw)
    const params = known.isSigned ? this.verified(raw) : paramsOf(raw.url.search.slice(1))
    const headers = this.count(known.weight)
    const target = {
      route: known.route,
      ...clientIdOf(params),
      ...(params['symbol'] !== undefined && { instrument: params['symbol'] }),
      ...(params['type'] !== undefined && { type: params['type'].toLowerCase() }),
    }
    return {
      target,
      act: (venue, harms) => {
        if (known.isSigned) this.assertWindow(params)
        const { status, body } = known.act({ params, venue, harms, emulator: this })
        return new Reply(status, body, headers)
      },
    }
  }

  /** Reports another weight with each answer from now on, without a refusal. */
  reportWeight(weight: number): void {
    this.reported = weight
  }

  now(): number {
    return Date.now() + this.emulation.aheadMs
  }

  /** The parameters of a request whose key, signature and time are valid. */
  private verified(raw: RawRequest): Params {
    assertKey(raw)
    const query = raw.url.search.slice(1)
    const payload = `${query}${raw.text}`
    const [signed, signature] = payload.split('&signature=')
    const expected = createHmac('sha256', KEY.secret)
      .update(signed ?? '')
      .digest('hex')
    if (signature !== expected) refuse(400, -1022, 'Signature for this request is not valid.')
    const params = paramsOf(signed!)
    this.assertWindow(params)
    return params
  }

  private assertWindow({ timestamp, recvWindow = '5000' }: Params): void {
    if (timestamp === undefined) refuse(400, -1102, "Mandatory parameter 'timestamp' was not sent.")
    const lateMs = this.now() - Number(timestamp)
    if (lateMs > Number(recvWindow) || lateMs <= -1_000)
      refuse(400, -1021, 'Timestamp for this request is outside of the recvWindow.')
  }

  private count(weight: number): Record<string, string> {
    const minute = Math.floor(this.now() / 60_000)
    if (minute !== this.minute) this.weight = 0
    this.minute = minute
    this.weight += weight
    const { weightPerMinute: most } = this.emulation
    if (this.weight > 2 * most) {
      const until = this.now() + 120_000
      const msg = `Way too many requests; IP banned until ${until}.`
      throw refusal(418, -1003, msg, { 'retry-after': '120' })
    }
    if (this.weight > most) throw refusal(429, -1003, 'Too many requests.', { 'retry-after': '1' })
    return { 'x-mbx-used-weight-1m': String(this.reported ?? this.weight) }
  }
}

function assertKey({ headers }: RawRequest): void {
  if (headers['x-mbx-apikey'] !== KEY.key)
    refuse(401, -2015, 'Invalid API-key, IP, or permissions for action.')
}

const DEFAULTS = {
  mode: 'one-way',
  aheadMs: 0,
  weightPerMinute: 1_000_000,
  forgetsMs: Infinity,
  withdraws: false,
  isAddressBound: true,
  trades: true,
} as const
