import { UsageError } from '../../errors.ts'
import { tradeLine, TRADES_HEAD } from '../../ports/trades-csv.ts'
import type { TradesPage, TradesQuery, TradeView } from '../../ports/trades.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { fromEither, withFormat, withUrlOrData, type ConnectionOptions } from '../connection.ts'
import { exitsText } from '../exits-text.ts'
import { positiveNumber } from '../number-option.ts'
import { paintFor } from '../output.ts'
import { dayIn, timeIn } from '../time-option.ts'

interface Given extends ConnectionOptions {
  readonly since?: string
  readonly until?: string
  readonly day?: string
  readonly account?: string
  readonly position?: string
  readonly limit: number
  readonly format: 'text' | 'csv' | 'json'
}

const DEFAULT_LIMIT = 1_000
/** Trades that one request fetches. */
const PAGE = 1_000

const EXAMPLES = `
The newest exits are shown, the oldest of them first. A time is epoch ms, ISO 8601, or a date and time
without an offset, which is read in --zone (UTC without it); so is --day. Profits are gross. The
journal is what is read: exits are known as long as its lines are kept. CSV and JSON have UTC.
Without --url and --data the service on this machine is asked; where none answers, the folder data is
read.

Examples:
  $ watchkeeper exits
  $ watchkeeper exits --day 2026-11-28 --zone Asia/Kolkata
  $ watchkeeper exits --since 2026-11-01 --account main --format csv > november.csv
  $ watchkeeper exits --data /var/lib/watchkeeper --position btc-1 --format json`

/** `watchkeeper exits`: completed exits, with price, reason and profit. */
export const exitsCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('exits')
      .description('show exits that are over: price, reason and profit of each')
    withFormat(withUrlOrData(command), ['text', 'csv', 'json'])
      .option('--since <time>', 'only exits from this time on')
      .option('--until <time>', 'only exits before this time')
      .option('--day <date>', 'only exits of this day, YYYY-MM-DD')
      .option('--account <name>', 'only exits of this account')
      .option('--position <id>', 'only exits of this position')
      .option('--limit <count>', 'at most so many exits', positiveNumber, DEFAULT_LIMIT)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => exits(given, context))
  },
}

async function exits(given: Given, context: CommandContext): Promise<void> {
  const { stdout, env } = context
  const query = queryOf(given, context)
  const { url, data } = given
  const source = { ...(url !== undefined && { url }), ...(data !== undefined && { data }) }
  const found = await fromEither<readonly TradeView[]>(source, context, {
    live: client =>
      pages(given.limit, query, async page => {
        const { exits: trades, next } = await client.exits(page)
        return { trades, next }
      }),
    kept: kept => pages(given.limit, query, page => kept.trades({ ...page, exitsOnly: true })),
  })
  const trades = found.toReversed()
  switch (given.format) {
    case 'json':
      for (const each of trades) stdout.write(`${JSON.stringify(each)}\n`)
      return
    case 'csv':
      stdout.write(`${TRADES_HEAD}\n`)
      for (const each of trades) stdout.write(`${tradeLine(each)}\n`)
      return
    case 'text':
      for (const line of exitsText(trades, paintFor(stdout, env))) stdout.write(`${line}\n`)
  }
}

/** The selected exits, without page bounds. */
type Wanted = Omit<TradesQuery, 'limit' | 'before' | 'exitsOnly'>

function queryOf(
  { since, until, day, account, position }: Given,
  { zone }: CommandContext,
): Wanted {
  if (day !== undefined && (since !== undefined || until !== undefined)) {
    throw new UsageError('found --day with --since or --until, expected one way to say when')
  }
  const span =
    day === undefined
      ? {
          ...(since !== undefined && { since: timeIn(zone, '--since', since) }),
          ...(until !== undefined && { until: timeIn(zone, '--until', until) }),
        }
      : dayIn(zone, '--day', day)
  return {
    ...span,
    ...(account !== undefined && { account }),
    ...(position !== undefined && { positionId: position }),
  }
}

/** The last exits first, in as many requests as they need. */
async function pages(
  limit: number,
  wanted: Wanted,
  ask: (query: TradesQuery) => Promise<TradesPage>,
): Promise<readonly TradeView[]> {
  const found: TradeView[] = []
  let before: number | null | undefined
  while (before !== null && found.length < limit) {
    const size = Math.min(PAGE, limit - found.length)
    const page = await ask({ ...wanted, limit: size, ...(before !== undefined && { before }) })
    found.push(...page.trades)
    before = page.next
  }
  return found
}
