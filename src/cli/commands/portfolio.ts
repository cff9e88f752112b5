import {
  portfolioView,
  type LimitView,
  type PortfolioView,
  type RealisedReport,
} from '../../ports/control/portfolio.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { confirm } from '../confirm.ts'
import { accountClientOf, withAccount, withFormat, type AccountConnection } from '../connection.ts'
import { amountText, paintFor, readable, tableLines, timeText, type Paint } from '../output.ts'

interface Given extends AccountConnection {
  readonly format: 'text' | 'json'
}

interface ResetGiven extends Given {
  readonly yes: boolean
}

const EXAMPLES = `
Examples:
  $ watchkeeper portfolio
  $ watchkeeper portfolio --format json
  $ watchkeeper portfolio reset daily --yes`

const RESET_HELP = `
The loss so far no longer counts against the limit; it is reached again after as much once more.

Examples:
  $ watchkeeper portfolio reset daily
  $ watchkeeper portfolio reset daily --yes`

const PATH = '/api/portfolio'

/** `watchkeeper portfolio`: the trading day's profits and losses, and its limits. */
export const portfolioCommand: CommandModule = {
  add(program, context) {
    const portfolio = program
      .command('portfolio')
      .description('show the day and its limits, or reset a limit')
      .addHelpText('after', EXAMPLES)
    const shown = portfolio
      .command('show', { isDefault: true })
      .description('show the trading day, and where each limit stands')
    withFormat(withAccount(shown)).action((given: Given) => show(given, context))
    const resetting = portfolio
      .command('reset')
      .description('put the loss behind a limit that was reached')
      .argument('<limit>', 'name of the limit')
    withFormat(withAccount(resetting))
      .option('--yes', 'do not ask', false)
      .addHelpText('after', RESET_HELP)
      .action((limit: string, given: ResetGiven) => reset(limit, given, context))
  },
}

async function show(given: Given, context: CommandContext): Promise<void> {
  print(await accountClientOf(given, context).get(PATH, portfolioView), given, context)
}

async function reset(
  limit: string,
  { yes, ...given }: ResetGiven,
  context: CommandContext,
): Promise<void> {
  const client = accountClientOf(given, context)
  if (!yes) await confirm(context, `The loss so far will not count against ${limit} any more.`)
  const path = `${PATH}/limits/${encodeURIComponent(limit)}/reset`
  print(await client.change('POST', path, { shape: portfolioView }), given, context)
}

function print(view: PortfolioView, { format }: Given, { stdout, env }: CommandContext): void {
  const text =
    format === 'json' ? JSON.stringify(view) : linesOf(view, paintFor(stdout, env)).join('\n')
  stdout.write(`${text}\n`)
}

function linesOf({ day, realised, limits }: PortfolioView, paint: Paint): string[] {
  return [
    `trading day  ${timeText(day.from)} to ${timeText(day.until)}`,
    ...(realised.length === 0 ? ['realised     nothing yet'] : realised.map(realisedLine)),
    ...(limits.length === 0 ? ['limits       none'] : limitLines(limits, paint)),
  ]
}

const realisedLine = (sum: RealisedReport): string =>
  `realised     ${amountText(sum.amount)}${scopeOf(sum) === 'all' ? '' : ` of ${scopeOf(sum)}`}`

type Scope = { readonly [Field in 'account' | 'underlying' | 'currency']?: string | null }

/** What a sum or a limit covers. */
const scopeOf = ({ account, underlying, currency }: Scope): string =>
  [account, underlying, currency].filter(each => typeof each === 'string').join(' ') || 'all'

const NUMBERS = new Set([2, 3, 4, 5, 6])

function limitLines(limits: readonly LimitView[], paint: Paint): string[] {
  const head = ['limit', 'of', 'realised', 'unrealised', 'loss', 'at most', 'used', 'state']
  const rows = limits.map(limit => [
    limit.name,
    scopeOf(limit),
    ...[limit.realised, limit.unrealised, limit.loss, limit.maxLoss].map(amountText),
    `${readable(usedPct(limit), 0)} %`,
    stateOf(limit),
  ])
  const lines = tableLines([head, ...rows], NUMBERS)
  return lines.map((line, index) => {
    const limit = limits[index - 1]
    if (limit === undefined || stateOf(limit) === '') return line
    return paint(limit.trippedAt === null ? 'yellow' : 'red', line)
  })
}

/** A profit uses nothing of a limit. */
const usedPct = ({ loss, maxLoss }: LimitView): number =>
  maxLoss === 0 ? 100 : (Math.max(0, loss) / maxLoss) * 100

function stateOf(limit: LimitView): string {
  if (limit.trippedAt !== null) return `reached ${timeText(limit.trippedAt)}`
  return usedPct(limit) >= limit.warnAtPct ? 'near' : ''
}
