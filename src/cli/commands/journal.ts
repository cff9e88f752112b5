import { InvalidArgumentError, Option } from 'commander'
import { UsageError } from '../../errors.ts'
import type { JournalLine, JournalQuery } from '../../ports/control.ts'
import { type ServiceClient, ServiceRefusal } from '../client.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, type ConnectionOptions, fromEither, withUrlOrData } from '../connection.ts'
import { journalText } from '../journal-text.ts'
import { paintFor } from '../output.ts'

interface Given extends ConnectionOptions {
  readonly position?: string
  readonly after: number
  readonly limit: number
  readonly follow: boolean
  readonly format: 'text' | 'json' | 'csv'
}

const EXAMPLES = `
Without --url and --data the service on this machine is asked; where none answers, the folder data is
read. --follow needs a service.

Examples:
  $ watchkeeper journal
  $ watchkeeper journal --position btc-1
  $ watchkeeper journal --follow
  $ watchkeeper journal --format json | jq 'select(.kind == "exit-filled")'
  $ watchkeeper journal --data data --format csv > journal.csv`

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}

/** `watchkeeper journal`: what happened, one line each. */
export const journalCommand: CommandModule = {
  add(program, context) {
    withUrlOrData(
      program
        .command('journal')
        .description('show what happened: decisions, orders, and acts of people'),
    )
      .option('--position <id>', 'only lines of this position')
      .option('--after <seq>', 'only lines with a higher number', wholeNumber, 0)
      .option('--limit <count>', 'at most so many lines', wholeNumber, 1000)
      .option('--follow', 'go on with each new line, until it is interrupted', false)
      .addOption(
        new Option('--format <format>', 'how lines look')
          .choices(['text', 'json', 'csv'])
          .default('text'),
      )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => journal(given, context))
  },
}

const CSV_COLUMNS = ['seq', 'at', 'kind', 'positionId'] as const

async function journal(given: Given, context: CommandContext): Promise<void> {
  const { stdout, env } = context
  const paint = paintFor(stdout, env)
  const show = (line: JournalLine): void => void stdout.write(`${textOf(line)}\n`)
  if (given.format === 'csv') stdout.write(`${CSV_COLUMNS.join(',')},detail\n`)
  if (given.follow) return follow(given, context, show)
  const lines = await fromEither<readonly JournalLine[]>(given, context, {
    live: client => pages(client, given),
    kept: kept => kept.journal(queryOf(given)),
  })
  for (const line of lines) show(line)

  function textOf(line: JournalLine): string {
    if (given.format === 'json') return JSON.stringify(line)
    return given.format === 'csv' ? csvLine(line) : journalText(line, paint)
  }
}

const queryOf = ({ after, limit, position }: Given): JournalQuery => ({
  after,
  limit,
  ...(position !== undefined && { positionId: position }),
})

const PAGE = 1_000

/** The service gives a thousand lines at a time. */
async function pages(client: ServiceClient, given: Given): Promise<readonly JournalLine[]> {
  const found: JournalLine[] = []
  let { after } = given
  for (;;) {
    const limit = Math.min(PAGE, given.limit - found.length)
    if (limit <= 0) return found
    const only =
      given.position === undefined ? '' : `&positionId=${encodeURIComponent(given.position)}`
    const path = `/api/journal?after=${after}&limit=${limit}${only}`
    const page = await client.get<readonly JournalLine[]>(path)
    found.push(...page)
    if (page.length < limit) return found
    after = page.at(-1)!.seq
  }
}

/** Time until a broken stream is opened again, ms. */
const AGAIN_MS = 1_000

/** Shows each line as it comes; a service that restarts is waited for. */
async function follow(
  given: Given,
  context: CommandContext,
  show: (line: JournalLine) => void,
): Promise<void> {
  if (given.data !== undefined) throw new UsageError('--follow needs a service, not --data')
  const client = clientOf(given, context)
  let { after } = given
  let isFirst = true
  for (;;) {
    try {
      for await (const text of client.events(`/api/events?after=${after}`)) {
        const line = JSON.parse(text) as JournalLine
        after = line.seq
        isFirst = false
        if (given.position === undefined || line.positionId === given.position) show(line)
      }
    } catch (error) {
      if (isFirst || error instanceof ServiceRefusal) throw error
    }
    await new Promise(resolve => setTimeout(resolve, AGAIN_MS))
  }
}

/** The columns that every line has, and the rest as one JSON field. */
function csvLine(line: JournalLine): string {
  const { seq, at, kind, positionId = '', ...detail } = line
  return [seq, at, kind, positionId, JSON.stringify(detail)].map(csvField).join(',')
}

function csvField(value: unknown): string {
  const text = String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
