import type { Ref } from '../actors/actor.ts'
import type { PortfolioMessage, PortfolioStanding } from '../actors/messages.ts'
import { expectedWord } from '../domain/closest-name.ts'
import { WatchkeeperError } from '../errors.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import type { LimitStanding, Realised } from '../risk/portfolio.ts'
import { tradingDayAt, type DayStart } from '../risk/trading-day.ts'
import { ask } from './ask.ts'

export interface PortfolioActsDeps {
  readonly dayStart: DayStart
  /** The present incarnation. */
  portfolio(): Ref<PortfolioMessage>
  /** A line about the service as a whole, durable soon. */
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** Resolves when every line written so far is durable. */
  flush(): Promise<void>
}

/** Requests of a person about the day's profits and losses. */
export class PortfolioActs {
  private readonly parts: PortfolioActsDeps

  constructor(parts: PortfolioActsDeps) {
    this.parts = parts
  }

  /** Counts a profit that was realised outside of watchkeeper; resolves when it is durable. */
  async report(profit: Realised, by: string): Promise<void> {
    const { portfolio, note, flush } = this.parts
    note('profit-reported', { ...profit, by })
    await ask<PortfolioMessage, void>(portfolio(), done => ({ kind: 'reported', profit, done }))
    await flush()
  }

  /**
   * Resets a limit: the loss so far no longer counts. Resolves when that is durable.
   *
   * @throws WatchkeeperError LIMIT_UNKNOWN.
   */
  async resetLimit(limit: string, by: string): Promise<void> {
    const { portfolio, note, flush } = this.parts
    const before = await ask<PortfolioMessage, LimitStanding | undefined>(portfolio(), done => {
      return { kind: 'reset', limit, done }
    })
    if (before === undefined) {
      throw new WatchkeeperError('LIMIT_UNKNOWN', await this.unknown(limit))
    }
    note('limit-reset', { limit, loss: before.loss, by })
    await flush()
  }

  private async unknown(limit: string): Promise<string> {
    const known = (await this.standing()).standings.map(({ limit: { name } }) => name)
    const expected =
      known.length === 0 ? 'none: portfolio.limits is empty' : expectedWord(limit, known)
    return `found the limit ${JSON.stringify(limit)}, expected ${expected}`
  }

  /** The day's sums, the end of the day (epoch ms), and the state of each limit. */
  async standing(): Promise<PortfolioStanding & { readonly until: number }> {
    const { portfolio, dayStart } = this.parts
    const standing = await ask<PortfolioMessage, PortfolioStanding>(portfolio(), answer => {
      return { kind: 'ask', answer }
    })
    return { ...standing, until: tradingDayAt(dayStart, standing.day.from).until }
  }
}
