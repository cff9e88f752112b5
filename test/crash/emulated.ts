import type { VenueReport } from '../../src/brokers/venue/report.ts'
import type { Random } from '../../src/domain/random.ts'
import type { VenueKind } from '../../src/domain/venue-kind.ts'
import type { Protocol } from '../support/broker-server/routes.ts'
import type { Fault, Harm } from '../support/broker-server/script.ts'
import { KEY as BINANCE_KEY, BinanceEmulator } from '../support/venues/binance.ts'
import { KEY as BYBIT_KEY, BybitEmulator } from '../support/venues/bybit.ts'
import { KEY as OKX_KEY, OkxEmulator } from '../support/venues/okx.ts'

/** An account at an emulated venue, which the real adapter of that venue guards. */
export interface Emulated {
  readonly kind: VenueKind
  readonly mode: 'one-way' | 'hedge'
}

/** How the broker server takes requests as that venue. */
export function protocolOf({ kind, mode }: Emulated): Protocol {
  switch (kind) {
    case 'binance': {
      const emulator = new BinanceEmulator({ mode })
      // The kills of a run use up the weight of a minute, and each wait for its end would take one.
      emulator.reportWeight(10)
      return emulator
    }
    case 'bybit':
      return new BybitEmulator({ mode })
    case 'okx':
      return new OkxEmulator({ mode })
  }
}

/** The key of the account, as the environment of the guard has it. */
export function keyOf({ kind }: Emulated): Readonly<Record<string, string>> {
  const { key, secret } = { binance: BINANCE_KEY, bybit: BYBIT_KEY, okx: OKX_KEY }[kind]
  return {
    WATCHKEEPER_BROKER_KEY: key,
    WATCHKEEPER_BROKER_SECRET: secret,
    ...(kind === 'okx' && { WATCHKEEPER_BROKER_PASSPHRASE: OKX_KEY.passphrase }),
  }
}

export const environmentOf = ({ kind }: Emulated): 'demo' | 'testnet' =>
  kind === 'okx' ? 'demo' : 'testnet'

/** A third of the visibility that a report may claim, ms: the adapter multiplies it by 3. */
const P999_MS = 70
/** What the adapter takes as the longest time until the venue shows an order, ms. */
export const VISIBILITY_MS = 3 * P999_MS

/** What `watchkeeper venue test` would have measured at the emulator: it shows everything at once. */
export const reportOf = (venue: Emulated): VenueReport => ({
  version: 1,
  venue: venue.kind,
  environment: environmentOf(venue),
  positionMode: venue.mode,
  instrument: 'BTCUSD',
  at: '2026-01-01T00:00:00.000Z',
  clockOffsetMs: 0,
  answerMs: 1,
  flatIsProved: true,
  unknownIdIsAbsent: true,
  usedIdRefused: { whileOpen: true, afterFill: false },
  foundById: { afterFill: true, afterCancel: true },
  reduceOnlyOvershoots: false,
  lateOrderRefused: null,
  visibility: { orders: 1_000, medianMs: 1, p999Ms: P999_MS },
  notes: [],
})

const before = (status: number, body: unknown, headers = {}): Harm => ({
  kind: 'status',
  when: 'before',
  status,
  body,
  headers,
})
const after = (status: number, body: unknown): Harm => ({
  kind: 'status',
  when: 'after',
  status,
  body,
})

const UNKNOWN = 'Unknown error, please check your request or try again later.'
const THROTTLED = 'Request throttled by system-level protection. Reduce-only/close-position orders.'
const MAINTENANCE = '<html><head><title>Maintenance</title></head><body>Back soon</body></html>'

const okx = (code: string) => ({ code, msg: 'from the emulator', data: [] })
const bybit = (retCode: number) => ({
  retCode,
  retMsg: 'from the emulator',
  result: {},
  retExtInfo: {},
  time: 1_700_000_000_000,
})

/** Answers to orders with which each venue hides what became of an order, or says that nothing did. */
const TO_ORDERS: Readonly<Record<VenueKind, readonly Harm[]>> = {
  binance: [
    { kind: 'status', when: 'after', status: 503, text: UNKNOWN },
    { kind: 'status', when: 'before', status: 503, text: UNKNOWN },
    { kind: 'status', when: 'before', status: 503, text: 'Service Unavailable.' },
    { kind: 'status', when: 'before', status: 503, text: THROTTLED },
    after(408, { code: -1007, msg: 'Timeout waiting for response from backend server.' }),
    before(400, { code: -1021, msg: 'Timestamp for this request is outside of the recvWindow.' }),
    before(429, { code: -1003, msg: 'Too many requests.' }),
    before(418, { code: -1003, msg: 'Way too many requests.' }, { 'retry-after': '1' }),
  ],
  bybit: [
    after(200, bybit(10_000)),
    after(200, bybit(10_016)),
    before(200, bybit(10_016)),
    before(200, bybit(10_006)),
    before(200, bybit(10_002)),
    { kind: 'fill', plan: { share: 0, rejectsAfterMs: 150 } },
    { kind: 'reject', code: 'late' },
  ],
  okx: [
    after(500, okx('51149')),
    before(500, okx('51149')),
    after(503, okx('50001')),
    before(200, okx('50011')),
    before(200, okx('50026')),
    before(401, okx('50102')),
    before(429, okx('50011')),
  ],
}

/** Answers that no venue may give, and that prove nothing. */
const UNREADABLE: readonly Harm[] = ['{}', '[]', 'null', MAINTENANCE, '{"code":"0","data":['].map(
  text => ({ kind: 'raw', text }),
)

/** A list of working orders that leaves every order out. */
const NO_ORDERS: Readonly<Record<VenueKind, string>> = {
  binance: '[]',
  bybit: JSON.stringify({
    ...bybit(0),
    result: { category: 'linear', list: [], nextPageCursor: '' },
  }),
  okx: JSON.stringify({ ...okx('0'), msg: '' }),
}

/** What each venue does to the requests of a run beyond what every venue may do. */
export function faultsAt({ kind }: Emulated, random: Random): Fault[] {
  const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(random() * list.length)]!
  const lists = kind === 'bybit' ? 'order' : 'open-orders'
  const faults: Fault[] = [
    { on: 'place', skip: Math.floor(random() * 2), harm: pick(TO_ORDERS[kind]) },
    { on: 'place', skip: 1 + Math.floor(random() * 3), harm: pick(TO_ORDERS[kind]) },
    { on: 'place', skip: Math.floor(random() * 4), harm: pick(UNREADABLE) },
    { on: 'holding', times: 3, chance: 0.3, harm: pick(UNREADABLE) },
    { on: 'order', times: 3, chance: 0.3, harm: pick(UNREADABLE) },
    { on: 'cancel', chance: 0.5, harm: pick(UNREADABLE) },
    { on: lists, skip: Math.floor(random() * 4), harm: { kind: 'raw', text: NO_ORDERS[kind] } },
  ]
  return faults.filter(() => random() < 0.7)
}
