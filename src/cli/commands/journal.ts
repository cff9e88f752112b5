import { InvalidArgumentError } from 'commander'
import { closestName } from '../../domain/closest-name.ts'
import { UsageError } from '../../errors.ts'
import { JOURNAL_KINDS, type JournalKind } from '../../ports/journal-kinds.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  accountClientOf,
  fromEither,
  withAccountOrData,
  withFormat,
  type AccountConnection,
} from '../connection.ts'
import { follow } from '../journal-follow.ts'
import { linesOf, linesOfKind } from '../journal-pages.ts'
import { CSV_HEAD, csvLine, journalText } from '../journal-text.ts'
import { positiveNumber, wholeNumber } from '../number-option.ts'
import { paintFor } from '../output.ts'

interface Given extends AccountConnection {
  readonly position?: string
  readonly kind?: JournalKind
  readonly after?: number
  readonly limit?: number
  readonly follow: boolean
  readonly format: 'text' | 'json' | 'csv'
}

const DEFAULT_LIMIT = 1_000
const FOLLOW_FROM = 10

const EXAMPLES = `
The newest lines are shown, oldest of them first; with --after the lines that follow that number.
Without --url and --data the service on this machine is asked; where none answers, the folder data is
read. --follow needs a service.

Examples:
  $ watchkeeper journal
  $ watchkeeper journal --limit 20
  $ watchkeeper journal --position btc-1
  $ watchkeeper journal --kind exit-filled
  $ watchkeeper journal --account desk
  $ watchkeeper journal --after 12000 --limit 500
  $ watchkeeper journal --follow
  $ watchkeeper journal --format json | jq 'select(.kind == "exit-filled")'
  $ watchkeeper journal --data data --format csv > journal.csv`

/** `watchkeeper journal`: events, one line each. */
export const journalCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('journal')
      .description('show what happened: decisions, orders, and acts of people')
    withFormat(withAccountOrData(command), ['text', 'json', 'csv'])
      .option('--position <id>', 'only lines of this position')
      .option('--kind <kind>', 'only lines of this kind, such as exit-filled', kindOf)
      .option('--after <seq>', 'the lines behind this number', wholeNumber)
      .option(
        '--limit <count>',
        `at most so many lines (default: ${DEFAULT_LIMIT}, or ${FOLLOW_FROM} before --follow)`,
        positiveNumber,
      )
      .option('--follow', 'go on with each new line, until it is interrupted', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => journal(given, context))
  },
}

/** A kind of journal lines; throws InvalidArgumentError, with a guess at what was meant. */
function kindOf(text: string): JournalKind {
  if (Object.hasOwn(JOURNAL_KINDS, text)) return text as JournalKind
  const guess = closestName(text, Object.keys(JOURNAL_KINDS))
  const meant =
    guess === undefined ? 'as listed in docs/observability.md' : `did you mean ${guess}?`
  throw new InvalidArgumentError(`found ${text}, expected a kind of journal lines: ${meant}`)
}

async function journal(given: Given, context: CommandContext): Promise<void> {
  const { stdout, env } = context
  const paint = paintFor(stdout, env)
  const { after, position, kind, limit = given.follow ? FOLLOW_FROM : DEFAULT_LIMIT } = given
  const wanted = { after, position, kind, limit, account: given.account }
  const show = (line: JournalLine): void => void stdout.write(`${textOf(line)}\n`)
  if (given.follow && given.data !== undefined) {
    throw new UsageError('--follow needs a service, not --data')
  }
  if (given.format === 'csv') stdout.write(`${CSV_HEAD}\n`)
  if (given.follow) return follow(accountClientOf(given, context), { wanted, show, context })
  const lines = await fromEither<readonly JournalLine[]>(given, context, {
    live: client => linesOf(client, wanted),
    kept: kept =>
      kind === undefined
        ? kept.journal({
            after: after ?? 0,
            limit,
            ...(after === undefined && { last: limit }),
            ...(position !== undefined && { positionId: position }),
          })
        : linesOfKind(query => kept.journal(query), { ...wanted, kind }),
  })
  for (const line of lines) show(line)

  function textOf(line: JournalLine): string {
    if (given.format === 'json') return JSON.stringify(line)
    return given.format === 'csv' ? csvLine(line) : journalText(line, paint)
  }
}
