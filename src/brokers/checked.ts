import { z } from 'zod'
import { ACCOUNT_STREAMS, type AccountHint } from '../domain/account-hint.ts'
import type { StopOrder } from '../domain/resting-stop.ts'
import type { Credentials } from '../domain/venue-facts.ts'
import { AdapterFault, NotSent, OutcomeUnknown, RateLimited, Unauthorized } from '../errors.ts'
import type { Broker, HoldingKey, HoldingReport, OpenOrder, OrderUpdate } from '../ports/broker.ts'
import { exitAnswer, instrument, name, orderState, side } from './shapes.ts'
import * as facts from './venue-facts-shapes.ts'

const ageMs = z.number().nonnegative()
const quantity = z.number()

const holdingReport = z.discriminatedUnion('kind', [
  // A holding whose quantity is 0 contradicts itself: it proves neither a holding nor flat.
  z.object({ kind: z.literal('held'), quantity: quantity.refine(units => units !== 0), ageMs }),
  z.object({ kind: z.literal('flat'), ageMs }),
  z.object({ kind: z.literal('unknown') }),
])

const holdingList = z.array(
  z.object({
    account: name.exactOptional(),
    instrument,
    side: side.exactOptional(),
    ticket: name.exactOptional(),
    product: name.exactOptional(),
    quantity,
    entryPrice: z.number().exactOptional(),
    ageMs,
  }),
)

/** Checks the types of the fields only; the caller judges each price where it uses it. */
const quoteList = z.array(
  z.object({
    instrument,
    ts: z.number(),
    price: z.number(),
    size: z.number().exactOptional(),
    bid: z.number().exactOptional(),
    ask: z.number().exactOptional(),
  }),
)

const openOrderList = z.array(
  z.object({ clientOrderId: z.string().nullable(), instrument, remaining: z.number() }),
)

const why = z.string()
const stream = z.enum(ACCOUNT_STREAMS).exactOptional()
const accountHint = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('order'), clientOrderId: z.string().nullable(), instrument }),
  z.object({ kind: z.literal('holding'), instrument }),
  z.object({ kind: z.literal('up'), stream }),
  z.object({ kind: z.literal('down'), why, stream }),
  z.object({ kind: z.literal('gap'), why }),
  z.object({ kind: z.literal('odd'), what: z.enum(['syntax', 'shape']) }),
])

const orderUpdate = z.object({ clientOrderId: z.string().min(1), order: orderState })

/**
 * Wraps a broker so that it keeps the contract of its port: an answer of another shape, or an error
 * that the port does not name, becomes an `AdapterFault`, which proves nothing. A pushed event of
 * another shape is dropped and reported to `onFault`.
 */
export function checkedBroker(broker: Broker, onFault: (fault: AdapterFault) => void): Broker {
  const { openOrders, placeStop, amendStop } = broker
  return {
    capabilities: broker.capabilities,
    placeExit: (order, signal) =>
      checked('placeExit', exitAnswer, { signal, ask: () => broker.placeExit(order, signal) }),
    orderByClientId: (id, signal, instrument) =>
      checked('orderByClientId', orderState, {
        signal,
        ask: () => broker.orderByClientId(id, signal, instrument),
      }),
    cancel: (id, signal, instrument) =>
      checked('cancel', orderState, {
        signal,
        ask: () => broker.cancel(id, signal, instrument),
      }),
    ...(placeStop !== undefined && {
      placeStop: (order: StopOrder, signal: AbortSignal) =>
        checked('placeStop', exitAnswer, {
          signal,
          ask: () => placeStop.call(broker, order, signal),
        }),
    }),
    ...(amendStop !== undefined && {
      amendStop: (order: StopOrder, signal: AbortSignal) =>
        checked('amendStop', orderState, {
          signal,
          ask: () => amendStop.call(broker, order, signal),
        }),
    }),
    holding: (key, signal) =>
      checked<HoldingReport>('holding', holdingReport, {
        signal,
        ask: () => broker.holding(key, signal),
      }),
    holdings: signal =>
      checked('holdings', holdingList, { signal, ask: () => broker.holdings(signal) }),
    quotes: (instruments, signal) =>
      checked('quotes', quoteList, { signal, ask: () => broker.quotes(instruments, signal) }),
    ...(openOrders !== undefined && {
      openOrders: (signal: AbortSignal) =>
        checked<readonly OpenOrder[]>('openOrders', openOrderList, {
          signal,
          ask: () => openOrders.call(broker, signal),
        }),
    }),
    ...checkedPushes(broker, onFault),
    ...checkedAccess(broker),
    close: () => broker.close(),
  }
}

/** What the broker pushes by itself, where it does. */
function checkedPushes(
  broker: Broker,
  onFault: (fault: AdapterFault) => void,
): Pick<Broker, 'streamOrders' | 'streamHints'> {
  const { streamOrders, streamHints } = broker
  const checkedPush =
    <Event>(operation: string, shape: z.ZodType, listener: (event: Event) => void) =>
    (event: Event): void => {
      const { error } = shape.safeParse(event)
      if (error === undefined) listener(event)
      else onFault(misshapen(operation, error))
    }
  return {
    ...(streamOrders !== undefined && {
      streamOrders: (listener: (update: OrderUpdate) => void) =>
        streamOrders.call(broker, checkedPush('streamOrders', orderUpdate, listener)),
    }),
    ...(streamHints !== undefined && {
      streamHints: (listener: (hint: AccountHint) => void) =>
        streamHints.call(broker, checkedPush('streamHints', accountHint, listener)),
    }),
  }
}

type AccessCall =
  | 'instruments'
  | 'positionMode'
  | 'permissions'
  | 'credentials'
  | 'changes'
  | 'time'

/** The questions about the access to an account, where the broker answers them. */
function checkedAccess(broker: Broker): Pick<Broker, AccessCall> {
  const { instruments, positionMode, permissions, credentials, changes, time } = broker
  return {
    ...(changes && {
      changes: (key: HoldingKey, since: number, signal: AbortSignal) =>
        checked('changes', facts.reportedChanges, {
          signal,
          ask: () => changes.call(broker, key, since, signal),
        }),
    }),
    ...(instruments && {
      instruments: (signal: AbortSignal) =>
        checked('instruments', facts.instrumentList, {
          signal,
          ask: () => instruments.call(broker, signal),
        }),
    }),
    ...(positionMode && {
      positionMode: (signal: AbortSignal) =>
        checked('positionMode', facts.positionMode, {
          signal,
          ask: () => positionMode.call(broker, signal),
        }),
    }),
    ...(permissions && {
      permissions: (signal: AbortSignal) =>
        checked('permissions', facts.permissions, {
          signal,
          ask: () => permissions.call(broker, signal),
        }),
    }),
    ...(time && {
      time: (signal: AbortSignal) =>
        checked('time', facts.clockReading, { signal, ask: () => time.call(broker, signal) }),
    }),
    ...(credentials && { credentials: () => credentialsOf(credentials.bind(broker)) }),
  }
}

/** What an adapter cannot say of its credentials is a reason not to rely on them. */
function credentialsOf(ask: () => unknown): Credentials {
  try {
    const parsed = facts.credentials.safeParse(ask())
    if (parsed.success) return parsed.data
    return { kind: 'unreadable', why: 'the adapter does not say what they are' }
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) }
  }
}

/** One call. Validates the answer against `shape` and maps unexpected errors to `AdapterFault`. */
async function checked<Answer>(
  operation: string,
  shape: z.ZodType<Answer>,
  { signal, ask }: { signal: AbortSignal; ask: () => Promise<unknown> },
): Promise<Answer> {
  let answer: unknown
  try {
    answer = await ask()
  } catch (error) {
    throw ofThePort(operation, error, signal)
  }
  const parsed = shape.safeParse(answer)
  if (parsed.success) return parsed.data
  throw misshapen(operation, parsed.error)
}

const KNOWN = [NotSent, RateLimited, Unauthorized, OutcomeUnknown] as const

function ofThePort(operation: string, error: unknown, { aborted }: AbortSignal): Error {
  if (error instanceof Error && KNOWN.some(kind => error instanceof kind)) return error
  if (aborted) return new OutcomeUnknown(`${operation}: no answer in time`, { cause: error })
  const text = error instanceof Error ? error.message : String(error)
  return new AdapterFault(`${operation}: the adapter threw ${text}`, { cause: error })
}

function misshapen(operation: string, error: z.ZodError): AdapterFault {
  const [issue] = error.issues
  const path = issue!.path.length === 0 ? 'the answer' : issue!.path.join('.')
  return new AdapterFault(`${operation}: ${path}: ${issue!.message}`, { cause: error })
}
