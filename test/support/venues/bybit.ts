import { createHmac } from 'node:crypto'
import {
  NotUnderstood,
  Reply,
  type Protocol,
  type RawRequest,
  type Request,
} from '../broker-server/routes.ts'
import type { Harm } from '../broker-server/script.ts'
import type { Venue } from '../broker-server/venue.ts'
import { ROUTES } from './bybit-routes.ts'
import { FIXED, type Fixed } from './instruments.ts'

/** The key of every account of the emulator. */
export const KEY = { key: 'emulated-key', secret: 'emulated-secret' }

export interface BybitEmulation {
  readonly mode?: 'one-way' | 'hedge'
  readonly fixed?: Partial<Fixed>
  /** How far its clock is ahead, ms. */
  readonly aheadMs?: number
  /** Orders are accepted first and rejected a moment later, as the venue does with some. */
  readonly rejectsLate?: boolean
  /** Its service was restarted: ended orders are only in the history. */
  readonly forgetsClosed?: boolean
  /** Calls of one path in a second; a further one is refused. */
  readonly perSecond?: number
  /** Rows of a page, whatever is requested. */
  readonly pageSize?: number
  readonly rights?: Readonly<Record<string, readonly string[]>>
  readonly ips?: readonly string[]
  readonly isSubAccount?: boolean
}

export type Params = Readonly<Record<string, unknown>>

/** One request, as a route acts on it. */
export interface Asked {
  readonly params: Params
  readonly venue: Venue
  readonly harms: readonly Harm[]
  readonly emulator: BybitEmulator
}

/** One path of the venue; `act` gives the result, or throws a `Refusal`. */
export interface Route {
  readonly route: Request['target']['route']
  readonly isSigned: boolean
  act(asked: Asked): unknown
}

/** An answer with a code other than 0. */
export class Refusal extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** Linear contracts of Bybit v5, as far as watchkeeper calls it. */
export class BybitEmulator implements Protocol {
  /** What it is, until it is changed. */
  emulation: Required<BybitEmulation>
  private second = 0
  private readonly calls = new Map<string, number>()

  constructor(emulation: BybitEmulation = {}) {
    this.emulation = { ...DEFAULTS, ...emulation, fixed: { ...FIXED, ...emulation.fixed } }
  }

  read(raw: RawRequest, _venue: Venue): Request {
    const name = `${raw.method} ${raw.url.pathname}`
    const known = ROUTES[name]
    if (known === undefined) throw new NotUnderstood(404, name)
    const query = Object.fromEntries(raw.url.searchParams)
    const params: Params = raw.text === '' ? query : (JSON.parse(raw.text) as Params)
    if (known.isSigned) this.verify(raw)
    const used = known.isSigned ? this.count(name) : {}
    const text = (field: string): string | undefined => {
      const value = params[field]
      return typeof value === 'string' ? value : undefined
    }
    const [id, instrument, type] = ['orderLinkId', 'symbol', 'orderType'].map(text)
    return {
      target: {
        // A conditional order is placed by the path of every order.
        route:
          params['triggerPrice'] !== undefined && known.route === 'place' ? 'stop' : known.route,
        ...(id !== undefined && { clientOrderId: id }),
        ...(instrument !== undefined && { instrument }),
        ...(type !== undefined && { type: type.toLowerCase() }),
      },
      act: (venue, harms) => {
        try {
          if (known.isSigned) this.assertWindow(raw)
          return this.replyOf(0, 'OK', known.act({ params, venue, harms, emulator: this }), used)
        } catch (error) {
          if (error instanceof Refusal) return this.replyOf(error.code, error.message, {})
          throw error
        }
      },
    }
  }

  now(): number {
    return Date.now() + this.emulation.aheadMs
  }

  private replyOf(
    retCode: number,
    retMsg: string,
    result: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Reply {
    return new Reply(200, { retCode, retMsg, result, retExtInfo: {}, time: this.now() }, headers)
  }

  /** Counts a call of a path; gives the headers about what is left of its limit. */
  private count(path: string): Readonly<Record<string, string>> {
    const { perSecond } = this.emulation
    const second = Math.floor(this.now() / 1_000)
    if (second !== this.second) this.calls.clear()
    this.second = second
    const used = (this.calls.get(path) ?? 0) + 1
    this.calls.set(path, used)
    const headers = {
      'x-bapi-limit': String(perSecond),
      'x-bapi-limit-status': String(Math.max(0, perSecond - used)),
      'x-bapi-limit-reset-timestamp': String((second + 1) * 1_000),
    }
    if (used > perSecond) {
      const reply = this.replyOf(10006, 'Too many visits!', {}, headers)
      throw new NotUnderstood(200, 'Too many visits!', reply)
    }
    return headers
  }

  private refuse(code: number, message: string): never {
    throw new NotUnderstood(200, message, this.replyOf(code, message, {}))
  }

  private verify(raw: RawRequest): void {
    const header = (name: string): string => {
      const value = raw.headers[`x-bapi-${name}`]
      return typeof value === 'string' ? value : ''
    }
    if (header('api-key') !== KEY.key) this.refuse(10003, 'API key is invalid.')
    const signed = raw.method === 'GET' ? raw.url.search.slice(1) : raw.text
    const payload = `${header('timestamp')}${KEY.key}${header('recv-window')}${signed}`
    const expected = createHmac('sha256', KEY.secret).update(payload).digest('hex')
    if (header('sign') !== expected) this.refuse(10004, 'error sign!')
    try {
      this.assertWindow(raw)
    } catch (error) {
      this.refuse((error as Refusal).code, (error as Refusal).message)
    }
  }

  /** server − window ≤ timestamp < server + 1 s: a fast clock fails. */
  private assertWindow({ headers }: RawRequest): void {
    const at = Number(headers['x-bapi-timestamp'])
    const now = this.now()
    if (at >= now + 1_000 || at < now - Number(headers['x-bapi-recv-window']))
      throw new Refusal(
        10002,
        'invalid request, please check your server timestamp or recv_window param',
      )
  }
}

const DEFAULTS = {
  mode: 'one-way',
  aheadMs: 0,
  rejectsLate: false,
  forgetsClosed: false,
  perSecond: 1_000_000,
  pageSize: 200,
  rights: { ContractTrade: ['Order', 'Position'], Wallet: [] },
  ips: ['203.0.113.7'],
  isSubAccount: false,
} as const
