import { randomBytes } from 'node:crypto'
import type { TokenSource } from '../brokers/credentials.ts'
import { httpBroker, httpBrokerSchema, type HttpBroker } from '../brokers/http.ts'
import { horizonText } from '../brokers/http/horizon.ts'
import { positionId } from '../domain/ids.ts'
import type { ClientOrderId, ExitOrder } from '../domain/order.ts'
import type { Side } from '../domain/position.ts'
import type { Capabilities, HoldingKey, HoldingReport } from '../ports/broker.ts'

/** Claims from the weakest to the strongest. */
const LOOKUPS = ['none', 'open-only', 'complete'] as const
const DEDUPES = ['never', 'open-only', 'always'] as const

/** The weaker of two claims. */
function weaker<Claim>(order: readonly Claim[], a: Claim, b: Claim): Claim {
  return order.indexOf(a) < order.indexOf(b) ? a : b
}

/** An id that no order has had. */
export const freshId = (): ClientOrderId => `wk${randomBytes(12).toString('hex')}` as ClientOrderId

/** Whether a row of the list is the holding of a key. */
export const isSame = (row: HoldingKey, key: HoldingKey): boolean =>
  (['instrument', 'account', 'side', 'ticket', 'product'] as const).every(
    field => row[field] === key[field],
  )

/** The fields that all orders of the trial share. */
export const orderOf = (key: HoldingKey, side: Side) =>
  ({
    ...key,
    positionId: positionId('check'),
    side,
    priceSource: 'trade',
    reduceOnly: true,
  }) as const satisfies Partial<ExitOrder>

/** A report as text. */
export const textOf = (report: HoldingReport): string =>
  report.kind === 'held' ? String(report.quantity) : report.kind

/** A broker that claims what the server announces. */
export function brokerAt(url: string, token: TokenSource, capabilities?: Capabilities): HttpBroker {
  const parsed = httpBrokerSchema.parse({ url, token: 'in the source', plainHttp: true })
  const isAnnounced = capabilities !== undefined
  return httpBroker({
    ...parsed,
    token,
    ...(isAnnounced && { capabilities, stream: true }),
  })
}

/** Capabilities as a configuration has them. */
export const shownCapabilities = ({ lookupKeeps, ...claimed }: Capabilities) => ({
  ...claimed,
  ...(lookupKeeps !== undefined && { lookupKeeps: horizonText(lookupKeeps) }),
})

/** A lag that was measured once is claimed so many times over, and at least this long, ms. */
const LAG_FACTOR = 5
export const LEAST_LAG_MS = 1_000

/** Claims before any step has proved one. */
export const NOTHING = { dedupe: 'never', lookup: 'none', reduceOnly: false } as const
export type Proved = Pick<Capabilities, keyof typeof NOTHING>

/** The capabilities that may be claimed: those that the steps proved, as far as the server announces them. */
export function claimsOf({
  announced,
  proved,
  lagMs,
}: {
  readonly announced: Capabilities | undefined
  readonly proved: Proved
  readonly lagMs: number | undefined
}): Capabilities {
  const measured = Math.ceil((LAG_FACTOR * (lagMs ?? 0)) / 1_000) * 1_000
  const visibilityMs = Math.max(announced?.visibilityMs ?? 5_000, measured, LEAST_LAG_MS)
  const { lookupKeeps, ...claimed } = announced ?? httpBrokerSchema.shape.capabilities.parse({})
  const lookup = weaker(LOOKUPS, claimed.lookup, proved.lookup)
  return {
    ...claimed,
    ...(lookup === 'complete' && lookupKeeps !== undefined && { lookupKeeps }),
    lookup,
    dedupe: weaker(DEDUPES, claimed.dedupe, proved.dedupe),
    reduceOnly: claimed.reduceOnly && proved.reduceOnly,
    visibilityMs,
  }
}
