import { existsSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { VenueConfig } from '../../app/open-broker.ts'
import type { Inspection } from '../../app/venue-inspect.ts'
import { expectedWord } from '../../domain/closest-name.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { configText, foundText, positionsText, type Wanted } from '../init-text.ts'
import { Questions } from '../questions.ts'
import { unitText } from '../unit-text.ts'

interface Given {
  readonly venue?: string
  readonly environment?: string
  readonly keyFile?: string
  readonly url?: string
  readonly only?: string
  readonly stopPct?: string
  readonly folder: string
  readonly acceptWithdrawals: boolean
  readonly systemd: boolean
}

const EXAMPLES = `
Examples:
  $ watchkeeper init
  $ watchkeeper init --systemd --folder /etc/watchkeeper
  $ watchkeeper init --venue binance --environment testnet --key-file binance.key --stop-pct 5`

const FILES = { config: 'watchkeeper.yaml', positions: 'positions.yaml' } as const

const VENUES = ['binance', 'bybit', 'okx']

/** `watchkeeper init`: reads an account at a venue and writes the files that guard it. */
export const initCommand: CommandModule = {
  add(program, context) {
    program
      .command('init')
      .description('read an account at a venue, and write the files that guard it')
      .option('--venue <kind>', 'binance, bybit or okx')
      .option('--environment <name>', 'testnet, demo or live')
      .option('--key-file <file>', 'file of the key, of mode 0600; default: the environment')
      .option('--url <address>', 'another address of the venue')
      .option('--only <instruments>', 'instruments to guard, separated by commas; or all')
      .option('--stop-pct <pct>', 'loss of each position at which it is exited, percent')
      .option('--folder <folder>', 'where the files are written', '.')
      .option('--systemd', 'print a filled-in unit of systemd, and write nothing', false)
      .option('--accept-withdrawals', 'goes on with a key that may withdraw', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => init(given, context))
  },
}

async function init(given: Given, context: CommandContext): Promise<void> {
  if (given.systemd) {
    context.stdout.write(unitText({ folder: given.folder, node: process.execPath }))
    return
  }
  const files = [join(given.folder, FILES.config), join(given.folder, FILES.positions)] as const
  for (const file of files)
    if (existsSync(file)) throw new UsageError(`found ${file}, which init would write over`)
  const { inspectVenue } = await import('../../app/venue-inspect.ts')
  const questions = new Questions(context)
  try {
    const config = await configOf(given, questions, context)
    const found = await inspectVenue(config)
    const { stdout } = context
    for (const line of foundText(found)) stdout.write(`${line}\n`)
    assertNarrow(found, given)
    const held = await chosen(found, { given, kind: config.kind }, questions)
    const wanted = await wantedOf(config, given, questions)
    const [configFile, positionsFile] = files
    writeFileSync(configFile, configText(found, wanted), { flag: 'wx' })
    writeFileSync(positionsFile, positionsText(held, wanted), { flag: 'wx' })
    stdout.write(`written      ${configFile}, ${positionsFile}\n`)
    stdout.write(`next         watchkeeper check --config ${configFile}\n`)
    stdout.write(`             watchkeeper run --config ${configFile}\n`)
    stdout.write('             watchkeeper gateway confirm-holdings\n')
  } finally {
    questions.close()
  }
}

/** The broker section of the account, as a configuration file would contain it. */
async function configOf(
  given: Given,
  questions: Questions,
  { env }: CommandContext,
): Promise<VenueConfig> {
  const { loadServiceConfig } = await import('../../config/service-file.ts')
  const kind = given.venue ?? (await questions.ask('Venue (binance, bybit, okx)'))
  if (!VENUES.includes(kind)) {
    const expected = expectedWord(kind, VENUES)
    throw new UsageError(`found the venue ${JSON.stringify(kind)}, expected ${expected}`)
  }
  const tests = kind === 'okx' ? 'demo' : 'testnet, demo'
  const environment =
    given.environment ?? (await questions.ask(`Environment (${tests}; live is typed out)`))
  const { broker } = loadServiceConfig({
    file: undefined,
    env,
    overrides: {
      'broker.kind': kind,
      'broker.environment': environment,
      'broker.keyFile': given.keyFile === undefined ? undefined : resolve(given.keyFile),
      'broker.url': given.url,
    },
  })
  if (broker.kind === 'paper' || broker.kind === 'http' || broker.kind === 'plugin')
    throw new UsageError(`found the broker ${kind}, expected one of ${VENUES.join(', ')}`)
  return broker
}

/** Refuses a key that may withdraw money: guarding does not need that. */
function assertNarrow({ permissions }: Inspection, { acceptWithdrawals }: Given): void {
  if (permissions.withdraw !== true || acceptWithdrawals) return
  throw new UsageError(
    'found a key that may withdraw: make one that may not, or say --accept-withdrawals',
  )
}

/**
 * The holdings to guard. One without an entry price cannot have a stop level, and the profit of one that is
 * margined in coins is not linear in its price.
 */
async function chosen(
  { holdings, instruments }: Inspection,
  { given, kind }: { readonly given: Given; readonly kind: VenueConfig['kind'] },
  questions: Questions,
) {
  const known = holdings.filter(
    ({ instrument, entryPrice }) => entryPrice !== undefined && instruments.has(instrument),
  )
  if (known.length === 0) return known
  const only = given.only ?? (await questions.ask('Guard which (all, or names with commas)', 'all'))
  if (only === 'all') return known
  const names = only.split(',').map(name => name.trim())
  const missing = names.filter(name => !known.some(({ instrument }) => instrument === name))
  if (missing.length > 0) {
    const { guessAt } = await import('../../app/venue-start.ts')
    const held = [...new Set(known.map(({ instrument }) => instrument))].join(', ')
    const guesses = missing.map(name => guessAt(kind, name)).join('')
    const found = `found no holding of ${missing.join(', ')}`
    throw new UsageError(`${found} to guard, expected all, or some of ${held}${guesses}`)
  }
  return known.filter(({ instrument }) => names.includes(instrument))
}

async function wantedOf(config: VenueConfig, given: Given, questions: Questions): Promise<Wanted> {
  const text = given.stopPct ?? (await questions.ask('Loss at which each is exited, percent', '5'))
  const stopPct = Number(text)
  if (!(stopPct > 0 && stopPct < 100))
    throw new UsageError(`found ${text}, expected percent above 0 and below 100`)
  const keyFile =
    config.keyFile === undefined ? undefined : relative(resolve(given.folder), config.keyFile)
  const { kind, environment } = config
  const { url, acceptWithdrawals } = given
  return { kind, environment, url, keyFile, stopPct, acceptWithdrawals }
}
