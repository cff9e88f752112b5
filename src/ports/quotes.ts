import type { InstrumentId } from '../domain/ids.ts'
import type { PriceView } from '../domain/tick.ts'

/** Last good prices of the guarded instruments. */
export interface Quotes {
  /** Price in a view in which a position compares it; undefined before the first tick. */
  price(instrument: InstrumentId, view: PriceView): number | undefined
}
