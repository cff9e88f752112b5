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
import { FIXED, type Fixed } from './instruments.ts'
import { ROUTES } from './okx-routes.ts'
import { STOP_ROUTES } from './okx-stops.ts'

/** The key of every account of the emulator. */
export const KEY = { key: 'emulated-key', secret: 'emulated-secret', passphrase: 'my own words' }

export interface OkxEmulation {
  readonly mode?: 'one-way' | 'hedge'
  readonly fixed?: Partial<Fixed>
  /** How far its clock is ahead, ms. */
  readonly aheadMs?: number
  /** Margin mode of positions; an order with another one is refused. */
  readonly margin?: 'cross' | 'isolated'
  /** Whether the account is a demo account: the header must say so. */
  readonly isSimulated?: boolean
  /** Whether a row of 0 is shown for a holding that never existed. */
  readonly showsFlat?: boolean
  /** Contracts that are margined in coins. */
  readonly coinMargined?: readonly string[]
  readonly perm?: string
  readonly ip?: string
  readonly isSubAccount?: boolean
  /** Whether the account is in a mode in which orders are checked. */
  readonly checksOrders?: boolean
}

export type Params = Readonly<Record<string, unknown>>

/** One request, as a route acts on it. */
export interface Asked {
  readonly params: Params
  readonly venue: Venue
  readonly harms: readonly Harm[]
  readonly emulator: OkxEmulator
}

/** One path of the venue; `act` gives the rows, or throws a `Refusal`. */
export interface Route {
  readonly route: Request['target']['route']
  readonly isSigned: boolean
  act(asked: Asked): readonly unknown[]
}

/** An answer with a code other than 0; `isRow`: the code is that of the only row. */
export class Refusal extends Error {
  readonly code: string
  readonly isRow: boolean
  readonly status: number

  constructor(code: string, message: string, { isRow = false, status = 200 } = {}) {
    super(message)
    this.code = code
    this.isRow = isRow
    this.status = status
  }
}

const LATE_MS = 30_000

/** Swaps and futures of OKX v5, as far as watchkeeper calls it. */
export class OkxEmulator implements Protocol {
  /** What it is, until it is changed. */
  emulation: Required<OkxEmulation>

  constructor(emulation: OkxEmulation = {}) {
    this.emulation = { ...DEFAULTS, ...emulation, fixed: { ...FIXED, ...emulation.fixed } }
  }

  read(raw: RawRequest, _venue: Venue): Request {
    const name = `${raw.method} ${raw.url.pathname}`
    const known = ROUTES[name] ?? STOP_ROUTES[name]
    if (known === undefined) throw new NotUnderstood(404, name)
    const query = Object.fromEntries(raw.url.searchParams)
    const params: Params = raw.text === '' ? query : (JSON.parse(raw.text) as Params)
    if (known.isSigned) {
      const refusal = this.refusalOf(raw)
      if (refusal !== undefined) throw new NotUnderstood(refusal.status, '', this.replyOf(refusal))
    }
    const text = (field: string): string | undefined => {
      const value = params[field]
      return typeof value === 'string' ? value : undefined
    }
    const [plainId, stopId, instrument, type] = ['clOrdId', 'algoClOrdId', 'instId', 'ordType'].map(
      text,
    )
    const id = plainId ?? stopId
    return {
      target: {
        route: known.route,
        ...(id !== undefined && { clientOrderId: id }),
        ...(instrument !== undefined && { instrument }),
        ...(type !== undefined && { type }),
      },
      act: (venue, harms) => {
        const late = known.isSigned ? this.refusalOf(raw) : undefined
        if (late !== undefined) return this.replyOf(late)
        try {
          const data = known.act({ params, venue, harms, emulator: this })
          return new Reply(200, { code: '0', msg: '', data })
        } catch (error) {
          if (error instanceof Refusal) return this.replyOf(error)
          throw error
        }
      },
    }
  }

  now(): number {
    return Date.now() + this.emulation.aheadMs
  }

  private replyOf({ code, message, isRow, status }: Refusal): Reply {
    if (!isRow) return new Reply(status, { code, msg: message, data: [] })
    const row = { clOrdId: '', ordId: '', sCode: code, sMsg: message }
    return new Reply(200, { code: '1', msg: 'All operations failed', data: [row] })
  }

  /** Why a signed request is refused. */
  private refusalOf({ method, url, headers, text }: RawRequest): Refusal | undefined {
    const unauthorized = (code: string, message: string): Refusal =>
      new Refusal(code, message, { status: 401 })
    const at = String(headers['ok-access-timestamp'])
    if (headers['ok-access-key'] !== KEY.key) return unauthorized('50111', 'Invalid OK-ACCESS-KEY')
    if (headers['ok-access-passphrase'] !== KEY.passphrase)
      return unauthorized('50105', 'Request header OK-ACCESS-PASSPHRASE incorrect.')
    const isSimulated = headers['x-simulated-trading'] === '1'
    if (isSimulated !== this.emulation.isSimulated)
      return unauthorized('50101', 'APIKey does not match current environment.')
    const payload = `${at}${method}${url.pathname}${url.search}${text}`
    const expected = createHmac('sha256', KEY.secret).update(payload).digest('base64')
    if (headers['ok-access-sign'] !== expected) return unauthorized('50113', 'Invalid Sign')
    if (Math.abs(this.now() - Date.parse(at)) > LATE_MS)
      return unauthorized('50102', 'Timestamp request expired')
    const until = headers['exptime']
    if (until !== undefined && this.now() > Number(until))
      return new Refusal('50036', 'The expTime can not be earlier than the current system time.')
    return undefined
  }
}

const DEFAULTS = {
  mode: 'one-way',
  aheadMs: 0,
  margin: 'cross',
  isSimulated: true,
  showsFlat: true,
  coinMargined: [],
  perm: 'read_only,trade',
  ip: '203.0.113.7',
  isSubAccount: false,
  checksOrders: true,
} as const
