import { isUnprovable } from '../../src/exits/settings.ts'
import type { Capabilities } from '../../src/ports/broker.ts'
import type { HandTrade } from '../support/broker-server/script.ts'
import { VISIBILITY_MS, type Emulated } from './emulated.ts'

/** A venue of the matrix: what it can prove, and how late its actions are visible. */
export interface CrashVenue {
  readonly name: string
  readonly capabilities: Pick<Capabilities, 'dedupe' | 'lookup' | 'reduceOnly' | 'visibilityMs'> &
    Partial<Pick<Capabilities, 'holdings' | 'products' | 'styles' | 'deadline'>>
  /** What it does besides; absent: nothing. */
  readonly quirks?: Quirks
  /** The venue that is emulated, whose adapter guards; absent: a server behind the REST protocol. */
  readonly emulated?: Emulated
  /** Until orders, fills and holdings show, ms. */
  readonly lagMs: number
  /** Nothing there proves that an exit is made only once. */
  readonly isUnprovable: boolean
}

/** What real venues do beyond what the matrix varies. */
export interface Quirks {
  /** It forgets each order so long after its arrival, or all of them at the end of a day within the run. */
  readonly forgets?: { readonly ms: number } | 'at the end of the day'
  /** The exchange refuses some orders after the venue has accepted them. */
  readonly rejectsLate?: boolean
  /** Largest quantity of one order, units. */
  readonly maxQuantity?: number
  /** The positions' part of the fields that separate holdings, where another holding of the instrument lies beside. */
  readonly product?: string
  /** Holdings of the same instruments that belong to no position, and that no order may touch. */
  readonly beside?: readonly HandTrade[]
}

/**
 * How long the venue claims to need until everything shows. Longer than its lag by the time that a
 * request in flight at a kill may take to be read on a busy machine.
 */
const LONGER_MS = 200
/** The lag of a venue that shows late, ms. */
export const LATE_MS = 600

/** Every venue of the matrix: 3 × 2 × 2 × 2; half of them show everything `lateMs` late. */
export const venuesOf = (lateMs: number): readonly CrashVenue[] =>
  (['always', 'open-only', 'never'] as const).flatMap(dedupe =>
    (['complete', 'none'] as const).flatMap(lookup =>
      [true, false].flatMap(reduceOnly =>
        [0, lateMs].map(lagMs => venue({ dedupe, lookup, reduceOnly }, lagMs)),
      ),
    ),
  )

/** The same venue, with one proof less claimed; null where none is left. */
export function weaker({ capabilities, lagMs }: CrashVenue): CrashVenue | null {
  const { dedupe, lookup, reduceOnly } = capabilities
  const proofs = { dedupe, lookup, reduceOnly } as const
  if (dedupe === 'always') return venue({ ...proofs, dedupe: 'never' }, lagMs)
  if (lookup === 'complete') return venue({ ...proofs, lookup: 'none' }, lagMs)
  return reduceOnly ? venue({ ...proofs, reduceOnly: false }, lagMs) : null
}

/** What most venues prove: they find orders by their ids, and keep an order from crossing through zero. */
const USUAL = { dedupe: 'never', lookup: 'complete', reduceOnly: true } as const
const SPOT = { ...USUAL, reduceOnly: false } as const
const LIMITS: Pick<Capabilities, 'styles'> = { styles: ['marketable-limit'] }
const FORGETS_MS = 6_000

/** The venues that forget orders, cut them, refuse them late, take no market orders or keep deadlines, by name. */
export const realVenuesOf = (lateMs: number): readonly CrashVenue[] => [
  real('day-end', USUAL, { forgets: 'at the end of the day' }),
  real('day-end-spot', SPOT, { forgets: 'at the end of the day' }),
  real('forgets', USUAL, { forgets: { ms: FORGETS_MS } }),
  real('forgets-spot', SPOT, { forgets: { ms: FORGETS_MS } }),
  real('late-rejection', USUAL, { rejectsLate: true }),
  real('late-rejection-spot', SPOT, { rejectsLate: true }, lateMs),
  real('limit-only', { ...USUAL, ...LIMITS }),
  real('limit-only-spot', { ...SPOT, ...LIMITS }, {}, lateMs),
  real('slices', USUAL, { maxQuantity: 2 }),
  real('slices-by-holding', { ...USUAL, lookup: 'none' }, { maxQuantity: 1 }),
  real('hedge', { ...USUAL, holdings: 'sides' }, { beside: OTHER_SIDES }),
  real('products', { ...USUAL, products: true }, { product: 'margin', beside: DELIVERED }),
  real('deadline-kept', { ...SPOT, deadline: 'kept' }, {}, lateMs),
  real('deadline-ignored', { ...USUAL, deadline: 'ignored' }, {}, lateMs),
  real(
    'all-at-once',
    { ...USUAL, ...LIMITS, deadline: 'kept' },
    { forgets: 'at the end of the day', rejectsLate: true, maxQuantity: 2 },
    lateMs,
  ),
]

const OTHER_SIDES: readonly HandTrade[] = [
  { instrument: 'BTCUSD', side: 'short', quantity: -4 },
  { instrument: 'GLOBEX', side: 'long', quantity: 8 },
]

/** Accounts at the venues that have an adapter: `binance`, `binance-hedge` and so on. */
export const emulatedVenues: readonly CrashVenue[] = (['binance', 'bybit', 'okx'] as const).flatMap(
  kind =>
    (['one-way', 'hedge'] as const).map((mode): CrashVenue => {
      const isHedge = mode === 'hedge'
      const proofs = {
        dedupe: 'open-only',
        lookup: 'complete',
        reduceOnly: true,
        ...(isHedge && ({ holdings: 'sides' } as const)),
      } as const
      const capabilities = { ...proofs, visibilityMs: VISIBILITY_MS }
      return {
        name: isHedge ? `${kind}-hedge` : kind,
        capabilities,
        quirks: isHedge ? { beside: OTHER_SIDES } : {},
        emulated: { kind, mode },
        lagMs: 0,
        isUnprovable: unprovable(capabilities),
      }
    }),
)

const DELIVERED: readonly HandTrade[] = [
  { instrument: 'BTCUSD', product: 'delivery', quantity: 4 },
  { instrument: 'GLOBEX', product: 'delivery', quantity: -8 },
]

function real(
  name: string,
  proofs: Omit<CrashVenue['capabilities'], 'visibilityMs'>,
  quirks: Quirks = {},
  lagMs = 0,
): CrashVenue {
  const capabilities = { ...proofs, visibilityMs: lagMs + LONGER_MS }
  return { name, capabilities, quirks, lagMs, isUnprovable: unprovable(capabilities) }
}

/** The fields by which a venue finds the holding of the positions of a side. */
export const placeOf = (
  { capabilities, quirks = {} }: CrashVenue,
  side: 'long' | 'short',
): Pick<HandTrade, 'side' | 'product'> => ({
  ...(capabilities.holdings === 'sides' && { side }),
  ...(quirks.product !== undefined && { product: quirks.product }),
})

/** Whether a holding is one that belongs to no position. */
export const isBeside = (
  { quirks: { beside = [] } = {} }: CrashVenue,
  held: Omit<HandTrade, 'quantity'>,
): boolean =>
  beside.some(
    each =>
      each.instrument === held.instrument &&
      each.side === held.side &&
      each.product === held.product,
  )

function venue(
  proofs: Pick<Capabilities, 'dedupe' | 'lookup' | 'reduceOnly'>,
  lagMs: number,
): CrashVenue {
  const capabilities = { ...proofs, visibilityMs: lagMs + LONGER_MS }
  const { dedupe, lookup, reduceOnly } = proofs
  const seen = lagMs === 0 ? 'at once' : `after ${lagMs} ms`
  const name = `dedupe ${dedupe}, lookup ${lookup}${reduceOnly ? ', reduce-only' : ''}, ${seen}`
  return { name, capabilities, lagMs, isUnprovable: unprovable(capabilities) }
}

function unprovable(capabilities: CrashVenue['capabilities']): boolean {
  const rest = { holdings: 'net', clientOrderIdLength: 36, styles: [], limits: [] } as const
  return isUnprovable({ ...rest, ...capabilities })
}
