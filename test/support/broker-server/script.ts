import type { Side } from '../../../src/domain/position.ts'
import type { Capabilities } from '../../../src/ports/broker.ts'
import type { StreamScript } from './hint-streams.ts'

/** Kinds of requests; faults are aimed with these names. */
export type Route =
  | 'place'
  | 'stop'
  | 'amend'
  | 'order'
  | 'cancel'
  | 'holding'
  | 'holdings'
  | 'quotes'
  | 'open-orders'
  | 'capabilities'
  | 'instruments'
  | 'account'
  | 'changes'
  | 'time'

/** How an order is executed. */
export interface FillPlan {
  /** Share of the order that is filled first, 0 to 1; 0 lets it rest. */
  readonly share: number
  /** Time until the first fill, ms; immediately, before the answer, where it is missing. */
  readonly afterMs?: number
  /** Time until the rest is filled, ms; where it is missing, the rest keeps working. */
  readonly restMs?: number
  /** The venue ends the order after its first fill. */
  readonly ends?: boolean
  /** The exchange refuses the accepted order so long after it arrived, unless something of it is executed, ms. */
  readonly rejectsAfterMs?: number
  /** The rest is filled so long after the order ended, ms: the venue contradicts itself. */
  readonly fillsAfterEndMs?: number
}

/** A change of a holding by another trader; also how holdings get there. */
export interface HandTrade {
  readonly instrument: string
  /** Units, > 0 for a purchase and < 0 for a sale. */
  readonly quantity: number
  readonly account?: string
  readonly side?: Side
  readonly ticket?: string
  readonly product?: string
}

/** A working order of another trader. */
export interface HandOrder {
  /** Default: an order without one. */
  readonly clientOrderId?: string
  readonly instrument: string
  readonly side: Side
  /** Units, > 0. */
  readonly quantity: number
  readonly account?: string
  readonly ticket?: string
  readonly product?: string
}

/**
 * `before`: the venue has not acted; `after`: its action is on disk, and only the answer is
 * missing.
 */
export type Phase = 'before' | 'after'

/** One fault of one request. */
export type Harm =
  /** A delay before acting outlives the client: the request acts when it is over. */
  | {
      readonly kind: 'delay'
      readonly when: Phase
      readonly ms: number
      readonly jitterMs?: number
    }
  | {
      readonly kind: 'status'
      readonly when: Phase
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: unknown
      /** A body that is no JSON, in place of `body`. */
      readonly text?: string
      /** The body never ends. */
      readonly isEndless?: boolean
    }
  | { readonly kind: 'reset' | 'hang'; readonly when: Phase }
  /** `writing` leaves half a line in the file. */
  | { readonly kind: 'crash'; readonly when: Phase | 'writing' }
  | { readonly kind: 'reject'; readonly code: string; readonly text?: string }
  | { readonly kind: 'fill'; readonly plan: FillPlan }
  /** A cancel first fills this share of the rest. */
  | { readonly kind: 'cross'; readonly share: number }
  /** A cancel has no effect. */
  | { readonly kind: 'ignore' }
  /** Another trader trades around the request. */
  | { readonly kind: 'hand'; readonly when: Phase; readonly trade: HandTrade }
  /** Every resting stop is triggered around the request. */
  | { readonly kind: 'trigger'; readonly when: Phase }
  /** The request arrives once more, so much later; its second answer is not read. */
  | { readonly kind: 'repeat'; readonly afterMs: number }
  /** A wrong list: nothing, each second row, each row twice, no list, a broken row. */
  | {
      readonly kind: 'rows'
      readonly change: 'empty' | 'half' | 'twice' | 'missing' | 'malformed'
    }
  /** The answer is this text. */
  | { readonly kind: 'raw'; readonly text: string }
  /** Fields of the answer are replaced; null takes one away. */
  | { readonly kind: 'patch'; readonly fields: Readonly<Record<string, unknown>> }
  /** The answer has these fields a second time. */
  | { readonly kind: 'double'; readonly fields: Readonly<Record<string, unknown>> }
  /** The answer comes one byte at a time, and continues with blanks for so many bytes. */
  | { readonly kind: 'drip'; readonly everyMs: number; readonly padding?: number }
  /** The answer comes after so many blanks. */
  | { readonly kind: 'flood'; readonly bytes: number }
  /** The answer waits until another one has gone out, at most this long, ms. */
  | { readonly kind: 'behind'; readonly ms: number }

/** The requests that a fault hits. */
export interface Fault {
  /** Default: every request. */
  readonly on?: Route
  readonly clientOrderId?: string
  readonly instrument?: string
  /** Only new orders of this type. */
  readonly type?: 'market' | 'limit'
  /** Requests that match and are spared first; default 0. */
  readonly skip?: number
  /** Requests that are hit; default 1. */
  readonly times?: number | 'always'
  /** Share of the requests that are hit, by the seed; default 1. */
  readonly chance?: number
  readonly harm: Harm
}

/** A rate limit that clients do not know of. */
export interface HiddenLimit {
  /** What counts; default: every request. */
  readonly on?: readonly Route[]
  readonly perSecond: number
  /** Calls at once from a full bucket; default 1. */
  readonly burst?: number
  /** Sent with each refusal. */
  readonly retryAfter?: string
  /** After so many refusals in a row all calls are refused for so long. */
  readonly ban?: { readonly refusals: number; readonly ms: number }
}

/** The whole service is down: it refuses connections, hangs, resets them or answers with 503. */
export interface Outage {
  readonly mode: 'refuse' | 'hang' | 'reset' | 'status'
  /** Until it is ended where it is missing. */
  readonly forMs?: number
}

/** Behaviour of the venue, until a script changes it. */
export interface Settings {
  readonly capabilities: Capabilities
  /** Null accepts every client. */
  readonly token: string | null
  readonly fills: FillPlan
  /** Whether the answer to an order contains its state. */
  readonly reportsState: boolean
  /**
   * Delay until an order and its fills are found by its id, until a holding shows by key and in
   * lists, ms.
   */
  readonly lagMs: { readonly order: number; readonly holding: number; readonly list: number }
  /** By how much the venue's clock is ahead of that of this machine, ms: deadlines are kept by it. */
  readonly clockMs: number
  /** Whether answers about holdings report their lag as `ageMs`. */
  readonly reportsAge: boolean
  /**
   * Quantities are reported as sums of doubles: a little less than they are, never exactly flat.
   */
  readonly drifts: boolean
  /** False closes each connection after one answer. */
  readonly keepsAlive: boolean
  /** Rows of the list of instruments, as they are. */
  readonly listed: readonly unknown[]
  /** What the account and its credentials permit, as it is. */
  readonly account: Readonly<Record<string, unknown>>
  /** What changed holdings, as it is. */
  readonly changes: readonly unknown[]
  /** Where this is given, other instruments are unknown. */
  readonly instruments: readonly string[] | null
  /** Executions are whole multiples of it; null: any part of an order is executed. */
  readonly lot: number | null
  /** Largest quantity of one order, units; a larger one is refused. Null: any. */
  readonly maxQuantity: number | null
  /** Working orders reserve what they are to close. */
  readonly reserves: boolean
  /** All markets, or those of these instruments, are closed. */
  readonly marketClosed: boolean | readonly string[]
  readonly limit: HiddenLimit | null
  readonly outage: Outage | null
}

/** Settings, any may be missing; `capabilities` and `lagMs` are merged as well. */
export type SettingsChange = Partial<Omit<Settings, 'capabilities' | 'lagMs'>> & {
  readonly capabilities?: Partial<Capabilities>
  readonly lagMs?: Partial<Settings['lagMs']>
}

/** Actions on the venue, from outside or from its start-up file. */
export interface Script {
  /** Deletes the account (orders, fills, holdings, prices) and the recorded requests. */
  readonly fresh?: boolean
  /** Forgets all faults and steps that are still to come. */
  readonly clear?: boolean
  readonly set?: SettingsChange
  readonly faults?: readonly Fault[]
  readonly hands?: readonly HandTrade[]
  readonly handOrders?: readonly HandOrder[]
  /** Ends the orders of other traders. */
  readonly endHandOrders?: boolean
  /** Last prices by instrument. */
  readonly prices?: Readonly<Record<string, number>>
  /** Fills all working orders. */
  readonly fillWorking?: boolean
  /** Triggers every resting stop, as a price would that the guard does not see. */
  readonly triggerStops?: boolean
  /** Ends every resting stop, as a venue does at the end of its trading day. */
  readonly endStops?: boolean
  /** The venue's day is over: every working order ends, and no order of that day is found any more. */
  readonly endDay?: boolean
  /** What the streams of hints carry besides, and their end. */
  readonly stream?: StreamScript
  /** Done later, ms from now. */
  readonly steps?: readonly (Script & { readonly afterMs: number })[]
}

/** A venue that proves everything and does everything at once. */
export const PLAIN: Settings = {
  capabilities: {
    dedupe: 'always',
    lookup: 'complete',
    reduceOnly: true,
    holdings: 'net',
    visibilityMs: 0,
    clientOrderIdLength: 36,
    styles: ['market', 'marketable-limit'],
    limits: [{ name: 'all', groups: ['orders', 'account', 'quotes'] }],
  },
  token: 'test-token',
  fills: { share: 1 },
  reportsState: true,
  lagMs: { order: 0, holding: 0, list: 0 },
  clockMs: 0,
  reportsAge: false,
  drifts: false,
  keepsAlive: true,
  listed: [],
  account: {},
  changes: [],
  instruments: null,
  lot: null,
  maxQuantity: null,
  reserves: false,
  marketClosed: false,
  limit: null,
  outage: null,
}

/** Settings after a change. */
export const changed = (settings: Settings, change: SettingsChange): Settings => ({
  ...settings,
  ...change,
  capabilities: { ...settings.capabilities, ...change.capabilities },
  lagMs: { ...settings.lagMs, ...change.lagMs },
})
