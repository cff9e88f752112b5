import {
  cycleMetricsReport,
  type CycleMetricsReport,
  type Spread,
  type Total,
} from '../../ports/control/performance.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, withFormat, withUrl, type ConnectionOptions } from '../connection.ts'
import { readable, tableLines, timeText } from '../output.ts'

interface Given extends ConnectionOptions {
  readonly reset: boolean
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper metrics
  $ watchkeeper metrics --format json
  $ watchkeeper metrics --reset`

/** `watchkeeper metrics`: counters of the monitoring cycles since the last reset. */
export const metricsCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('metrics')
      .description('show what the monitoring cycles have done, or start counting afresh')
    withFormat(withUrl(command))
      .option('--reset', 'show the figures, and forget them', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => metrics(given, context))
  },
}

async function metrics({ reset, ...given }: Given, context: CommandContext): Promise<void> {
  const client = clientOf(given, context)
  const report = reset
    ? await client.change('POST', '/api/metrics/reset', { shape: cycleMetricsReport })
    : await client.get('/api/metrics', cycleMetricsReport)
  const lines = given.format === 'json' ? [JSON.stringify(report)] : linesOf(report)
  for (const line of lines) context.stdout.write(`${line}\n`)
  if (reset && given.format === 'text') context.stdout.write('counting starts afresh\n')
}

const RIGHT = new Set([1, 2, 3, 4])

function linesOf(report: CycleMetricsReport): string[] {
  const { since, cycles } = report
  return [
    `since   ${timeText(since)}`,
    `cycles  ${readable(cycles.count)}, ${readable(cycles.empty)} without a position, ${readable(cycles.failed)} failed`,
    '',
    ...tableLines(
      [
        ['a cycle', 'least', 'average', 'most', 'last'],
        ['time, ms', ...spreadCells(report.cycleTime)],
        ['positions', ...spreadCells(report.positions)],
      ],
      RIGHT,
    ),
    '',
    ...tableLines(
      [
        ['all cycles', 'total', 'a cycle'],
        ['fetches', ...totalCells(report.redisFetches)],
        ['store queries', ...totalCells(report.storeQueries)],
        ['calls of the broker', ...totalCells(report.apiCalls)],
      ],
      RIGHT,
    ),
    ...countLines('exits', report.exits),
    ...countLines('errors', report.errors),
  ]
}

const figure = (value: number | null): string => (value === null ? '-' : readable(value, 3))

const spreadCells = ({ min, average, max, last }: Spread): string[] =>
  [min, average, max, last].map(figure)

const totalCells = ({ total, perCycle }: Total): string[] => [total, perCycle].map(figure)

/** Counts by kind, largest first; empty where there are none. */
function countLines(title: string, counts: Readonly<Record<string, number>>): string[] {
  const rows = Object.entries(counts).toSorted(([, a], [, b]) => b - a)
  if (rows.length === 0) return []
  const cells = rows.map(([kind, count]) => [kind, readable(count)])
  return ['', ...tableLines([[title, 'count'], ...cells], RIGHT)]
}
