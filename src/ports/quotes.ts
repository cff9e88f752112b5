import type { InstrumentId } from '../domain/ids.ts'
import type { Tick } from '../domain/tick.ts'

/** The last good tick of each guarded instrument. */
export interface Quotes {
  last(instrument: InstrumentId): Tick | undefined
}
