import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import type { VenueConfig } from '../../app/open-broker.ts'
import type { Inspection } from '../../app/venue-inspect.ts'
import { closestName, expectedWord } from '../../domain/closest-name.ts'
import { VENUE_KINDS, type VenueKind } from '../../domain/venue-kind.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  configText,
  foundText,
  keyParts,
  keyVariables,
  nextText,
  passedText,
  positionsText,
  type EnteredHolding,
  type Wanted,
} from '../init-text.ts'
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

/** Joins words as `a, b and c`. */
const LIST = new Intl.ListFormat('en-GB')

/** Environments by venue. */
const VENUES: Readonly<Record<VenueKind, readonly string[]>> = {
  binance: ['testnet', 'demo', 'live'],
  bybit: ['testnet', 'demo', 'live'],
  okx: ['demo', 'live'],
}

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
    assertAlone(given)
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
    for (const line of passedText(held, found, wanted)) stdout.write(`${line}\n`)
    const [configFile, positionsFile] = files
    mkdirSync(given.folder, { recursive: true })
    writeFileSync(configFile, configText(found, wanted), { flag: 'wx' })
    writeFileSync(positionsFile, positionsText(held, found, wanted), { flag: 'wx' })
    stdout.write(`written      ${configFile}, ${positionsFile}\n\n`)
    const { check } = await import('./check.ts')
    await check({ config: configFile, strict: false, format: 'text' }, context)
    for (const line of nextText(configFile, wanted)) stdout.write(`${line}\n`)
  } finally {
    questions.close()
  }
}

/** @throws UsageError where `--systemd`, which only prints a unit, is given with a flag that it does not use. */
function assertAlone({
  folder: _folder,
  systemd: _systemd,
  acceptWithdrawals,
  ...rest
}: Given): void {
  if (Object.keys(rest).length === 0 && !acceptWithdrawals) return
  throw new UsageError('found --systemd with other flags, expected --folder alone beside it')
}

/** The broker section of the account, as a configuration file would contain it. */
async function configOf(
  given: Given,
  questions: Questions,
  { env }: CommandContext,
): Promise<VenueConfig> {
  const { loadServiceConfig } = await import('../../config/service-file.ts')
  const kind = given.venue ?? (await questions.ask('Venue (binance, bybit, okx)'))
  assertOneOf('venue', kind, VENUE_KINDS)
  const environments = VENUES[kind]
  const tests = environments.filter(each => each !== 'live').join(', ')
  const environment =
    given.environment ?? (await questions.ask(`Environment (${tests}; live is typed out)`))
  assertOneOf('environment', environment, environments)
  const keyFile = given.keyFile ?? (await keyFileOf(kind, questions, env))
  const { broker } = loadServiceConfig({
    file: undefined,
    env,
    overrides: {
      'broker.kind': kind,
      'broker.environment': environment,
      'broker.keyFile': keyFile === undefined ? undefined : resolve(keyFile),
      'broker.url': given.url,
    },
  })
  const { isVenue } = await import('../../app/venue-start.ts')
  if (!isVenue(broker))
    throw new UsageError(`found the broker ${kind}, expected one of ${VENUE_KINDS.join(', ')}`)
  return broker
}

/** @throws UsageError for a word that is none of the known ones. */
function assertOneOf<Word extends string>(
  what: string,
  word: string,
  known: readonly Word[],
): asserts word is Word {
  if (known.some(each => each === word)) return
  const expected = expectedWord(word, known)
  throw new UsageError(`found the ${what} ${JSON.stringify(word)}, expected ${expected}`)
}

/** The file of the key where neither a flag nor the environment contains it. */
async function keyFileOf(
  kind: VenueKind,
  questions: Questions,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (env['WATCHKEEPER_BROKER_KEY'] !== undefined) return undefined
  const lines = LIST.format(keyParts(kind))
  const variables = LIST.format(keyVariables(kind))
  return questions.ask(`File of mode 0600 with the ${lines} (or set ${variables})`)
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
    (each): each is EnteredHolding =>
      each.entryPrice !== undefined && instruments.has(each.instrument),
  )
  if (known.length === 0) return known
  const only = given.only ?? (await questions.ask('Guard which (all, or names with commas)', 'all'))
  if (only.trim().toLowerCase() === 'all') return known
  const names = only.split(',').flatMap(name => name.trim() || [])
  if (names.length === 0)
    throw new UsageError('found no instrument to guard, expected all, or names')
  const missing = names.filter(name => !known.some(({ instrument }) => instrument === name))
  if (missing.length > 0) {
    const { meantAt } = await import('../../app/venue-start.ts')
    const held = [...new Set(known.map(({ instrument }) => String(instrument)))]
    const leftOut = missing.filter(name => holdings.some(({ instrument }) => instrument === name))
    const guesses = missing.flatMap(name => {
      const meant = meantAt(kind, name) ?? name
      return (held.includes(meant) ? meant : closestName(name, held)) ?? []
    })
    const found = `found no holding of ${missing.join(', ')} to guard`
    const expected = `expected all, or some of ${held.join(', ')}`
    const why = leftOut.length > 0 ? `; ${leftOut.join(', ')} is left out` : ''
    const guess = guesses.length > 0 ? `; did you mean ${guesses.join(', ')}?` : ''
    throw new UsageError(`${found}, ${expected}${why}${guess}`)
  }
  return known.filter(({ instrument }) => names.includes(instrument))
}

async function wantedOf(config: VenueConfig, given: Given, questions: Questions): Promise<Wanted> {
  const text = given.stopPct ?? (await questions.ask('Loss at which each is exited, percent', '5'))
  const stopPct = Number(text.replace(/\s*%$/, ''))
  if (!(stopPct > 0 && stopPct < 100))
    throw new UsageError(`found a loss of ${text}, expected percent above 0 and below 100`)
  const keyFile =
    config.keyFile === undefined ? undefined : relative(resolve(given.folder), config.keyFile)
  const { kind, environment } = config
  const { url, acceptWithdrawals } = given
  return { kind, environment, url, keyFile, stopPct, acceptWithdrawals }
}
