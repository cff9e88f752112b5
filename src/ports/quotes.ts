import type { InstrumentId } from '../domain/ids.ts'
import type { PriceView } from '../domain/tick.ts'

/** Last good prices of the guarded instruments. */
export interface Quotes {
  /** Price in the view that a position compares; undefined before the first tick. */
  price(instrument: InstrumentId, view: PriceView): number | undefined
}
