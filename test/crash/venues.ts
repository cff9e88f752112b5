import { isUnprovable } from '../../src/exits/settings.ts'
import type { Capabilities } from '../../src/ports/broker.ts'

/** A venue of the matrix: what it can prove, and how late its actions are visible. */
export interface CrashVenue {
  readonly name: string
  readonly capabilities: Pick<Capabilities, 'dedupe' | 'lookup' | 'reduceOnly' | 'visibilityMs'>
  /** Until orders, fills and holdings show, ms. */
  readonly lagMs: number
  /** Nothing there proves that an exit is made only once. */
  readonly isUnprovable: boolean
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

function venue(
  proofs: Pick<Capabilities, 'dedupe' | 'lookup' | 'reduceOnly'>,
  lagMs: number,
): CrashVenue {
  const capabilities = { ...proofs, visibilityMs: lagMs + LONGER_MS }
  const { dedupe, lookup, reduceOnly } = proofs
  const seen = lagMs === 0 ? 'at once' : `after ${lagMs} ms`
  const name = `dedupe ${dedupe}, lookup ${lookup}${reduceOnly ? ', reduce-only' : ''}, ${seen}`
  const rest = { holdings: 'net', clientOrderIdLength: 36, styles: [], limits: [] } as const
  return { name, capabilities, lagMs, isUnprovable: isUnprovable({ ...capabilities, ...rest }) }
}
