import type { Decision } from '../domain/decision.ts'
import type { InstrumentId } from '../domain/ids.ts'
import type { TradingHours } from '../domain/instrument.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { PriceBoard } from './price-board.ts'
import type { WatchedPosition } from './watched-position.ts'

/** What a dispatcher calls, in order of decision, and its bounds. */
export interface DispatcherOptions {
  /** Where the prices are kept; default: a board of its own. */
  readonly board?: PriceBoard
  /** The position became pending: its monitor must catch up. Once for each time. */
  wake(guard: WatchedPosition, dispatcher: Dispatcher): void
  /** A fold decided in the monitor's place. */
  exit(guard: WatchedPosition, decision: Decision): void
  /** Ticks that wait for pending positions of one stream before they are folded; default 4096. */
  backlogLimit?: number
  /** Segments of extremes kept for one stream before its positions re-arm; default 1024. */
  segmentLimit?: number
  /** A monitor has processed prices, some possibly better: ratchets may have changed. */
  ratcheted?(): void
  /** A position has its decision: nothing fires for it any more. */
  decided?(guard: WatchedPosition): void
  /** A last tick younger than this is tested as soon as a position is opened, ms; default 0: never. */
  staleMs?: number
  /** When the market of an instrument is open; undefined: always. Default: every market, always. */
  hoursOf?(instrument: InstrumentId): TradingHours | undefined
}

export const DISPATCHER_DEFAULTS = {
  backlogLimit: 4096,
  segmentLimit: 1024,
  staleMs: 0,
  ratcheted: (): void => undefined,
  decided: (): void => undefined,
  hoursOf: (): TradingHours | undefined => undefined,
}
