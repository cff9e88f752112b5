import { portfolio, type PortfolioDeps, type PortfolioOptions } from '../actors/portfolio.ts'
import type { Engine } from '../engine/engine.ts'
import { Faults } from '../exits/faults.ts'
import type { Journal } from '../ports/journal.ts'
import { emptyDay, type LimitEvent } from '../risk/portfolio.ts'

export interface VirtualPortfolioDeps
  extends
    PortfolioOptions,
    Pick<PortfolioDeps, 'instruments' | 'now' | 'open' | 'isOpen' | 'exit'> {
  readonly engine: Engine<unknown>
  readonly journal: Journal
  /** A limit warns or has tripped, at `at` (epoch ms). */
  onLimit(event: LimitEvent, at: number): void
  /** The exit of a position is filled, and its profit counted. */
  closed(id: Parameters<PortfolioDeps['closed']>[0]): void
}

/** Starts the portfolio of a live account in virtual time. */
export function startVirtualPortfolio({
  engine,
  journal,
  onLimit,
  ...given
}: VirtualPortfolioDeps): void {
  // The first message finds the day that it belongs to.
  let day = emptyDay({ from: -Infinity, until: -Infinity })
  const parts: PortfolioDeps = {
    ...given,
    quotes: engine.sink.board,
    faults: new Faults(notice => journal(notice)),
    keep: latest => (day = latest),
    notify: event => onLimit(event, given.now()),
  }
  engine.services.serve('portfolio', (epoch, onDown) =>
    engine.actors.spawn({
      name: 'portfolio',
      epoch,
      onDown,
      handle: portfolio,
      initialState: { day, parts },
    }),
  )
}
