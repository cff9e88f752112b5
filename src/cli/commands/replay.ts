import { InvalidArgumentError, Option } from 'commander'
import { inAccount } from '../../domain/account-name.ts'
import { instrumentId, positionId, type InstrumentId, type PositionId } from '../../domain/ids.ts'
import { isName, NAME_EXPECTED } from '../../domain/plain-text.ts'
import { UsageError } from '../../errors.ts'
import { COLUMN_MEANINGS, type NamedColumns } from '../../feeds/tick-columns.ts'
import { TIME_UNITS } from '../../feeds/tick-time.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat } from '../connection.ts'
import { paintFor, readable } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import type { ReplayOutput } from '../replay-output.ts'
import { MAX_SKIPPED_PCT, runReplay, type ReplayOptions } from '../replay-run.ts'
import { replayText } from '../replay-text.ts'

interface Given extends ReplayOptions {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Ticks are CSV with a header: ts or ts_ms (epoch ms, or ISO 8601 with a zone), instrument, price,
and if you like size, bid, ask. Names that other programs write are known, such as timestamp, symbol,
ltp; a line on stderr says what was taken. Fields are separated by commas, semicolons or tabs. Times
without an offset need --zone. Files are merged by time. Results go to stdout, all else to stderr.

Examples:
  $ watchkeeper replay --positions positions.yaml --ticks day.csv.gz
  $ watchkeeper replay --positions positions.yaml --ticks btc.csv eth.csv --format json > exits.jsonl
  $ zstdcat day.csv.zst | watchkeeper replay --positions positions.yaml --ticks -
  $ watchkeeper replay --positions positions.yaml --rules tighter.yaml --ticks day.csv --strict
  $ watchkeeper replay --config my.yaml --ticks day.csv`

function namedColumns(text: string): NamedColumns {
  const pairs = text.split(',').map(part => {
    const at = part.indexOf('=')
    const meaning = COLUMN_MEANINGS.find(each => each === part.slice(0, at).trim())
    const name = part.slice(at + 1).trim()
    if (at > 0 && meaning !== undefined && name !== '') return [meaning, name] as const
    const expected = `Expected pairs such as price=Close, of ${COLUMN_MEANINGS.join(', ')}.`
    throw new InvalidArgumentError(expected)
  })
  return Object.fromEntries(pairs)
}

function instrumentName(text: string): InstrumentId {
  if (isName(text)) return instrumentId(text)
  throw new InvalidArgumentError(`Expected ${NAME_EXPECTED}.`)
}

function positive(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value > 0 && value < Infinity) return value
  throw new InvalidArgumentError('Expected a number above 0.')
}

function percentage(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && value <= 100) return value
  throw new InvalidArgumentError('Expected a percentage from 0 to 100.')
}

/** `watchkeeper replay`: replays recorded ticks against positions, in virtual time. */
export const replayCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('replay')
      .description('show which exits recorded ticks would have led to')
    withFormat(command)
      .option('--positions <file>', 'positions and their rules, YAML or JSON')
      .requiredOption('--ticks <file...>', 'tick files: .csv, .csv.gz, or - for stdin')
      .option(
        '--config <file>',
        'configuration of the service: instruments, limits, hours, positions',
      )
      .option('--rules <file>', 'rule sets that win over those of the same name')
      .option('--strict', 'take warnings about positions and rules as faults', false)
      .option('--skip-bad-rows', 'leave out rows that cannot be read, and count them', false)
      .option(
        '--max-skipped <pct>',
        `end with exit code 1 if more of the rows are left out (default: ${MAX_SKIPPED_PCT})`,
        percentage,
      )
      .addOption(
        new Option('--ts-unit <unit>', 'unit of whole numbers in the column of time')
          .choices([...TIME_UNITS])
          .default('ms'),
      )
      .option(
        '--columns <names>',
        'which header means what, such as time=Date,price=Close',
        namedColumns,
      )
      .option('--instrument <name>', 'instrument of files without a column of it', instrumentName)
      .option(
        '--max-jump-pct <pct>',
        'hold a larger jump back until the next tick confirms it',
        positive,
      )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => replay(given, context))
  },
}

async function replay(given: Given, context: CommandContext): Promise<void> {
  const { stderr, zone } = context
  if (given.ticks.filter(path => path === '-').length > 1) {
    throw new UsageError('--ticks names - (stdin) twice, and stdin can be read only once')
  }
  const progress = new ProgressLine(stderr)
  const output = outputOf(given, context, progress)
  try {
    const range = await runReplay({ ...given, zone }, output)
    const rate = readable(range.rows / Math.max(progress.seconds, 1e-3), 0)
    progress.clear()
    stderr.write(
      `${readable(range.rows, 0)} ticks in ${progress.seconds.toFixed(2)} s, ${rate} ticks/s\n`,
    )
  } finally {
    progress.clear()
  }
}

const shownId = (id: PositionId, account: string | undefined): PositionId =>
  positionId(inAccount(id, account))

/** Prints a replay while it runs: results on stdout, everything else on stderr. */
function outputOf(
  given: Given,
  { stdin, stdout, stderr, env }: CommandContext,
  progress: ProgressLine,
): ReplayOutput {
  const warnPaint = paintFor(stderr, env)
  let text = replayText([], paintFor(stdout, env))
  let hasHeading = false
  const open: Parameters<typeof text.open>[0][number][] = []
  const show = (line: string): void => {
    progress.clear()
    stdout.write(`${line}\n`)
  }
  return {
    stdin,
    env,
    loaded({ entries, warnings }, instruments) {
      for (const warning of warnings)
        stderr.write(`${warnPaint('yellow', 'warning')}: ${warning}\n`)
      const positions = entries.map(({ position, guardedIn }) => {
        return { ...position, id: shownId(position.id, guardedIn), openedAt: 0 }
      })
      const tickSizeOf = (name: string) => instruments?.of(instrumentId(name)).tickSize
      text = replayText(positions, paintFor(stdout, env), tickSizeOf)
    },
    line(line) {
      if (given.format === 'json') return show(JSON.stringify(line))
      switch (line.type) {
        case 'exit':
          if (!hasHeading) show(text.heading())
          hasHeading = true
          return show(text.exit({ ...line, positionId: shownId(line.positionId, line.account) }))
        case 'limit':
          return show(text.limit({ ...line, limit: inAccount(line.limit, line.account) }))
        case 'open':
          open.push({ ...line, positionId: shownId(line.positionId, line.account) })
          return undefined
        case 'summary':
          if (open.length > 0) show(text.open(open))
          return show(text.summary(line))
      }
    },
    note: text => {
      progress.clear()
      stderr.write(`${warnPaint('dim', text)}\n`)
    },
    warn: warning => {
      progress.clear()
      stderr.write(`${warnPaint('yellow', 'warning')}: ${warning}\n`)
    },
    progress: (share, rows) => progress.update(share, rows),
  }
}
