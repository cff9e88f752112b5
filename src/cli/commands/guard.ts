import type { ServiceConfig } from '../../config/schema.ts'
import { UsageError } from '../../errors.ts'
import type { JournalLine } from '../../ports/journal-lines.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { journalText } from '../journal-text.ts'
import { positiveNumber } from '../number-option.ts'
import { countText, paintFor } from '../output.ts'
import { Questions } from '../questions.ts'

interface Given {
  readonly config: string
  readonly live: boolean
  readonly exitsPerHour: number
}

/** Observed exits that are shown; the newest ones. */
const SHOWN = 20
/** Longest wait of an exit beyond the limit, ms: none is ever held for good. */
const WAIT_MS = 60_000
const HOUR_MS = 3_600_000
/** Lines of the journal that are read for them. */
const READ = 100_000

const EXAMPLES = `
Shows what mode observe has decided, asks for the name of the account, and runs with mode guard whatever the
configuration says. Price exits beyond the limit of an hour are journaled and wait a minute each; none is dropped.

Examples:
  $ watchkeeper guard --live --config watchkeeper.yaml
  $ watchkeeper guard --live --config watchkeeper.yaml --exits-per-hour 3`

/** `watchkeeper guard --live`: begins to send the exits of a live account that was observed before. */
export const guardCommand: CommandModule = {
  add(program, context) {
    program
      .command('guard')
      .description('begin to send the exits of a live account that was observed before')
      .requiredOption('--config <file>', 'configuration of the account')
      .option('--live', 'orders are sent to a live account', false)
      .option('--exits-per-hour <count>', 'exits that are sent without a wait', positiveNumber, 5)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => guard(given, context))
  },
}

async function guard(given: Given, context: CommandContext): Promise<void> {
  const { stdout } = context
  const name = await accountOf(given, context)
  const lines = await observed(await configOf(given, context))
  const paint = paintFor(stdout, context.env)
  stdout.write(`observed     ${countText(lines.length, 'exit')} would have been sent\n`)
  for (const line of lines.slice(-SHOWN)) stdout.write(`             ${journalText(line, paint)}\n`)
  stdout.write(
    `limit        ${countText(given.exitsPerHour, 'exit')} an hour; each further one waits ${WAIT_MS / 1_000} s\n`,
  )
  const questions = new Questions(context)
  try {
    const typed = await questions.ask(`Orders will be sent. Type the account’s name, ${name}`)
    if (typed !== name) throw new UsageError(`found ${typed}, expected ${name}: nothing was sent`)
  } finally {
    questions.close()
  }
  const { runService } = await import('./run.ts')
  const overrides = {
    mode: 'guard',
    'massExit.max': given.exitsPerHour,
    'massExit.withinMs': HOUR_MS,
    'massExit.confirmMs': WAIT_MS,
  }
  await runService({ ...RUN, config: given.config, overrides }, context)
}

/** What `watchkeeper run` is given when nothing is. */
const RUN = { fresh: false, standby: false, acceptEmptyStore: false } as const

async function configOf({ config: file }: Given, { env }: CommandContext) {
  const { configWithPlugins } = await import('../../app/plugins.ts')
  return configWithPlugins({ file, env, overrides: {} })
}

/** The name of the account, which a person types. */
async function accountOf(given: Given, context: CommandContext): Promise<string> {
  const { isVenue } = await import('../../app/venue-start.ts')
  const { broker } = await configOf(given, context)
  if (!isVenue(broker) || broker.environment !== 'live')
    throw new UsageError('found no live account at a venue: watchkeeper run guards every other')
  if (!given.live) throw new UsageError('expected --live: orders are sent to a live account')
  return `${broker.kind}-${broker.environment}`
}

/** The exits that `mode: observe` has decided. */
async function observed(
  config: Pick<ServiceConfig, 'store' | 'dataFolder'>,
): Promise<readonly JournalLine[]> {
  const { openConfigured } = await import('../../app/offline.ts')
  const kept = await openConfigured(config)
  if (kept === undefined) {
    const text = `found nothing that was observed in ${config.dataFolder}: run it with mode: observe first`
    throw new UsageError(text)
  }
  try {
    const lines = await kept.journal({ after: 0, limit: READ, last: READ })
    return lines.filter(({ kind }) => kind === 'exit-observed')
  } finally {
    await kept.close()
  }
}
