import { InvalidArgumentError, Option } from 'commander'
import type { JournalLine } from '../../ports/control.ts'
import { openKeptData } from '../../system/kept.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { journalText } from '../journal-text.ts'
import { paintFor } from '../output.ts'

interface Given {
  readonly data: string
  readonly position?: string
  readonly after: number
  readonly limit: number
  readonly format: 'text' | 'json' | 'csv'
}

const EXAMPLES = `
The data folder is only read: this works while the service runs, and when it does not.

Examples:
  $ watchkeeper journal
  $ watchkeeper journal --position btc-1
  $ watchkeeper journal --format json | jq 'select(.kind == "exit-filled")'
  $ watchkeeper journal --format csv > journal.csv`

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Expected a whole number.')
}

/** `watchkeeper journal`: what happened, one line each. */
export const journalCommand: CommandModule = {
  add(program, context) {
    program
      .command('journal')
      .description('show what happened: decisions, orders, and acts of people')
      .option('--data <folder>', 'data folder of the service', 'data')
      .option('--position <id>', 'only lines of this position')
      .option('--after <seq>', 'only lines with a higher number', wholeNumber, 0)
      .option('--limit <count>', 'at most so many lines', wholeNumber, 1000)
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

async function journal(given: Given, { stdout, env }: CommandContext): Promise<void> {
  const kept = await openKeptData(given.data)
  try {
    const { after, limit, position } = given
    const query = { after, limit, ...(position !== undefined && { positionId: position }) }
    const lines = await kept.journal(query)
    const paint = paintFor(stdout, env)
    if (given.format === 'csv') stdout.write(`${CSV_COLUMNS.join(',')},detail\n`)
    for (const line of lines) stdout.write(`${lineOf(line)}\n`)

    function lineOf(line: JournalLine): string {
      if (given.format === 'json') return JSON.stringify(line)
      return given.format === 'csv' ? csvLine(line) : journalText(line, paint)
    }
  } finally {
    await kept.close()
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
