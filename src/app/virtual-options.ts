import type { PortfolioOptions } from '../actors/portfolio.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { GatewayOptions } from '../engine/options.ts'
import type { MassExitOptions } from '../exits/mass-exit.ts'
import type { Journal } from '../ports/journal.ts'
import type { LimitEvent } from '../risk/portfolio.ts'

/** The settings of a live configuration that a replay keeps. */
export interface AccountSettings {
  readonly instruments?: InstrumentTable
  readonly portfolio?: PortfolioOptions
  readonly massExit?: MassExitOptions | undefined
  readonly exits?: GatewayOptions['exits']
  /** Time between two checks of limits and of exits that wait, ms. */
  readonly cycleMs?: number
}

/** What a replay is started with. */
export interface VirtualSystemOptions extends AccountSettings {
  /** Called with each event when it happens. */
  readonly journal: Journal
  /** Largest believable move of a price from one tick to the next, percent; undefined: any. */
  readonly maxJumpPct?: number | undefined
  /** A limit on the day's loss warns or trips, at `at` (epoch ms). */
  readonly onLimit?: (event: LimitEvent, at: number) => void
}
