import {
  performanceReport,
  type Percentiles,
  type PerformanceReport,
  type SlowCycle,
  type Trend,
} from '../../ports/control/performance.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, withFormat, withUrl, type ConnectionOptions } from '../connection.ts'
import {
  paintFor,
  pctText,
  readable,
  sparkline,
  tableLines,
  timeText,
  type Paint,
} from '../output.ts'

interface Given extends ConnectionOptions {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Times are in ms. A trend compares the 99th percentile of the last five minutes with that of the hour,
the day and the week before; one that has changed by more than half is marked with !.

Examples:
  $ watchkeeper report
  $ watchkeeper report --format json | jq '.trends[] | select(.isMarked)'`

/** `watchkeeper report`: durations of operations, the slowest cycles, and trends. */
export const reportCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('report')
      .description('show how long operations take, and how that has changed')
    withFormat(withUrl(command))
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => report(given, context))
  },
}

async function report(given: Given, context: CommandContext): Promise<void> {
  const found = await clientOf(given, context).get('/api/report', performanceReport)
  const paint = paintFor(context.stdout, context.env)
  const lines = given.format === 'json' ? [JSON.stringify(found)] : linesOf(found, paint)
  for (const line of lines) context.stdout.write(`${line}\n`)
}

const linesOf = (
  { at, operations, slowest, trends }: PerformanceReport,
  paint: Paint,
): string[] => [
  `at ${timeText(at)}, times in ms`,
  '',
  ...operationLines(operations),
  '',
  ...slowLines(slowest),
  '',
  ...trendLines(trends, paint),
]

const ms = (value: number | null): string => (value === null ? '-' : readable(value, 3))

const NUMBERS = new Set([1, 2, 3, 4, 5, 6, 7])

function operationLines(operations: Readonly<Record<string, Percentiles>>): string[] {
  const rows = Object.entries(operations).map(([name, found]) => [
    name,
    readable(found.count),
    ...[found.mean, found.p50, found.p90, found.p99, found.p999, found.max].map(ms),
  ])
  if (rows.length === 0) return ['no operation was measured yet']
  const head = ['operation', 'count', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'most']
  return tableLines([head, ...rows], NUMBERS)
}

const MOST_CYCLES = 10

function slowLines(slowest: readonly SlowCycle[]): string[] {
  if (slowest.length === 0) return ['no cycle has run yet']
  const rows = slowest
    .toSorted((a, b) => b.ms - a.ms)
    .slice(0, MOST_CYCLES)
    .map(cycle => [timeText(cycle.at), ms(cycle.ms), phasesOf(cycle), didOf(cycle)])
  return tableLines([['slowest cycles', 'ms', 'phases', 'did'], ...rows], new Set([1]))
}

/** Counters of a cycle: calls, exits, errors. */
const didOf = ({ did }: SlowCycle): string =>
  Object.entries(did)
    .map(([name, count]) => `${name} ${readable(count)}`)
    .join(', ')

/** Durations of the phases of a cycle, longest first. */
function phasesOf({ phases, hasFailed }: SlowCycle): string {
  const durations = Object.entries(phases)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, took]) => `${name} ${ms(took)}`)
  return [...durations, ...(hasFailed ? ['failed'] : [])].join(', ')
}

function trendLines(trends: readonly Trend[], paint: Paint): string[] {
  if (trends.length === 0) return ['no trend is known yet']
  const head = ['trend of p99', 'week', 'day', 'hour', 'now', 'change', '', '']
  const rows = trends.map(({ operation, week, day, hour, present, changePct, isMarked }) => [
    operation,
    ...[week, day, hour, present].map(ms),
    changePct === null ? '-' : pctText(changePct),
    sparkline([week, day, hour, present]),
    isMarked ? '!' : '',
  ])
  return tableLines([head, ...rows], new Set([1, 2, 3, 4, 5])).map((line, index) =>
    trends[index - 1]?.isMarked === true ? paint('yellow', line) : line,
  )
}
