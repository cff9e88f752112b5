import type { ActorSystem, Ref } from '../actors/actor.ts'
import type { PortfolioMessage } from '../actors/messages.ts'
import { portfolio, type PortfolioDeps, type PortfolioOptions } from '../actors/portfolio.ts'
import type { PositionId } from '../domain/ids.ts'
import type { InstrumentTable } from '../domain/instrument.ts'
import type { Engine } from '../engine/engine.ts'
import { Faults } from '../exits/faults.ts'
import type { Quotes } from '../ports/quotes.ts'
import { emptyDay, type LimitEvent, type PortfolioDay } from '../risk/portfolio.ts'
import { tradingDayAt } from '../risk/trading-day.ts'
import { lineOf, textOf } from './journal-line.ts'
import type { LateExecutions } from './late-executions.ts'
import type { PositionClosing } from './position-closing.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

export interface PortfolioWiring {
  readonly options: PortfolioOptions | undefined
  readonly state: AccountState
  readonly writer: StateWriter
  readonly actors: ActorSystem
  readonly quotes: Quotes
  readonly instruments: InstrumentTable
  /** Epoch ms. */
  now(): number
  exit(id: PositionId): void
  readonly closing: Pick<PositionClosing, 'counted' | 'repeat'>
  readonly late: Pick<LateExecutions, 'repeat'>
  readonly services: Engine<unknown>['services']
}

/** Options of a portfolio without limits, whose day begins at midnight UTC. */
export const NO_LIMITS: PortfolioOptions = { dayStart: { timezone: 'UTC', minutes: 0 }, limits: [] }

/** Starts the portfolio actor under supervision, with the day of an earlier process or a new one. */
export function startPortfolio(parts: PortfolioWiring, kept: PortfolioDay | undefined): void {
  const { actors, state, now, services } = parts
  const options = parts.options ?? NO_LIMITS
  let day = kept ?? emptyDay(tradingDayAt(options.dayStart, now()))
  remember(state, day)
  const portfolioParts = partsOf(parts, options, latest => (day = latest))
  services.serve('portfolio', (epoch, onDown) => {
    const ref: Ref<PortfolioMessage> = actors.spawn({
      name: 'portfolio',
      epoch,
      onDown,
      handle: portfolio,
      initialState: { day, parts: portfolioParts },
    })
    if (epoch > 1) {
      parts.late.repeat(ref)
      parts.closing.repeat(ref)
    }
    return ref
  })
}

function partsOf(
  { state, writer, quotes, instruments, now, exit, closing }: PortfolioWiring,
  options: PortfolioOptions,
  keep: (day: PortfolioDay) => void,
): PortfolioDeps {
  const faults = new Faults(notice => {
    if (notice.kind !== 'isolated-fault') return
    state.counts.isolatedFaults++
    const { kind, what, error } = notice
    writer.soon({ line: lineOf(now(), kind, undefined, { what, error: textOf(error) }) })
  })
  state.faults = faults
  return {
    ...options,
    instruments,
    quotes,
    now,
    faults,
    open: () => state.open(),
    isOpen: (id, generation) => state.positions.isOpen(id, generation),
    keep: day => {
      keep(day)
      remember(state, day)
      writer.soon({ day })
    },
    notify: event => noteLimit(writer, now(), event),
    exit: id => {
      const isUnderWay = state.openExits.has(id) || state.positions.get(id)?.observed !== undefined
      if (!isUnderWay) exit(id)
    },
    closed: (id, fill, profit) => closing.counted(id, fill, profit),
  }
}

function noteLimit(writer: StateWriter, at: number, { kind, standing }: LimitEvent): void {
  const { limit, loss, realised, unrealised } = standing
  const detail = { limit: limit.name, loss, maxLoss: limit.maxLoss, realised, unrealised }
  const name = kind === 'tripped' ? 'daily-loss' : 'daily-loss-near'
  writer.soon({ line: lineOf(at, name, undefined, detail) })
}

function remember(state: AccountState, { tripped, warned }: PortfolioDay): void {
  state.limits = { tripped: Object.keys(tripped), warned }
}
