import type { LoadedPositions } from '../config/positions-file.ts'
import { sum } from '../domain/decimal.ts'
import { EXIT_REASONS, type ExitReason } from '../domain/reason.ts'
import type { ReplayedRange } from '../feeds/replay.ts'
import type { SummaryLine } from './exit-report.ts'
import type { PlayedAccount } from './replay-account.ts'
import type { PlayedConfig } from './replay-config.ts'
import { oddities } from './replay-oddities.ts'
import type { ReplayOutput } from './replay-output.ts'
import { untestedText } from './untested.ts'

/** A completed replay. */
interface Replayed {
  readonly loaded: LoadedPositions
  readonly config: PlayedConfig | undefined
  readonly files: readonly { readonly skippedRows: number; readonly lateRows: number }[]
  readonly accounts: readonly PlayedAccount[]
  readonly range: ReplayedRange
  /** Time of the last row, epoch ms. */
  readonly endAt: number
}

/** Reports what is still open, what was odd or never tested, and the counts of all accounts together. */
export function summarise(replayed: Replayed, output: ReplayOutput): void {
  const { loaded, config, files, accounts, range, endAt } = replayed
  const untested = accounts.flatMap(account => account.untested(endAt))
  const skippedRows = sumOf(files, file => file.skippedRows)
  const lateRows = sumOf(files, file => file.lateRows)
  const heldExits = sumOf(accounts, ({ system }) => system.heldExits)
  // Each account has had every row.
  const outsideHours = Math.max(...accounts.map(({ system }) => system.outsideHours))
  const odd = oddities({ heldExits, outsideHours }, { skippedRows, lateRows })
  for (const each of odd) output.warn(each)
  for (const each of untested) output.warn(untestedText(each))
  const open = accounts.flatMap(account => account.openLines())
  for (const line of open) output.line(line)
  const profits = profitsOf(accounts)
  output.line({
    type: 'summary',
    positions: loaded.entries.length,
    exits: sumOf(accounts, ({ report }) => report.exits),
    open: open.length,
    byReason: reasonsOf(accounts),
    ticks: range.rows,
    badTicks: Math.max(...accounts.map(({ system }) => system.badTicks)),
    skippedRows,
    lateRows,
    from: range.from,
    to: range.to,
    profitAmount: accounts.reduce((total, { report }) => sum(total, report.profitAmount), 0),
    ...(profits.length > 1 && { profits }),
    ...(untested.length > 0 && { untested }),
    ...(config !== undefined && {
      limitsTripped: accounts.flatMap(({ tripped }) => tripped),
      heldExits,
      ticksOutsideHours: outsideHours,
      leftOut: config.unplayed,
    }),
  })
}

export const sumOf = <Each>(all: readonly Each[], count: (each: Each) => number): number =>
  all.reduce((total, each) => total + count(each), 0)

/** The profit of each currency. */
function profitsOf(accounts: readonly PlayedAccount[]): NonNullable<SummaryLine['profits']> {
  const sums = new Map<string | null, number>()
  for (const { report } of accounts) {
    for (const { currency, amount } of report.profits) {
      sums.set(currency, sum(sums.get(currency) ?? 0, amount))
    }
  }
  return [...sums].map(([currency, amount]) => ({ currency, amount }))
}

const reasonsOf = (accounts: readonly PlayedAccount[]): Record<ExitReason, number> =>
  Object.fromEntries(
    EXIT_REASONS.map(reason => [reason, sumOf(accounts, ({ report }) => report.byReason[reason])]),
  ) as Record<ExitReason, number>
