import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Inspection } from '../../app/venue-inspect.ts'
import { assertCanMake, assertCanWrite, makeFolder, shownPath } from '../../disk/folder.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { configOf, heldOf, wantedOf, type InitAnswers } from '../init-answers.ts'
import { configText, foundText, nextText, passedText, positionsText } from '../init-text.ts'
import { Questions } from '../questions.ts'
import { unitText } from '../unit-text.ts'

interface Given extends InitAnswers {
  readonly systemd: boolean
}

const EXAMPLES = `
Examples:
  $ watchkeeper init
  $ watchkeeper init --systemd --folder /etc/watchkeeper
  $ watchkeeper init --venue binance --environment testnet --key-file binance.key --stop-pct 5`

const FILES = { config: 'watchkeeper.yaml', positions: 'positions.yaml' } as const

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
  assertUsable(given.folder, files)
  const { inspectVenue } = await import('../../app/venue-inspect.ts')
  const questions = new Questions(context)
  try {
    const config = await configOf(given, questions, context.env)
    const found = await inspectVenue(config)
    const { stdout } = context
    for (const line of foundText(found)) stdout.write(`${line}\n`)
    assertNarrow(found, given)
    const held = await heldOf(found, { given, kind: config.kind }, questions)
    const wanted = await wantedOf(config, given, questions)
    for (const line of passedText(held, found, wanted)) stdout.write(`${line}\n`)
    const [configFile, positionsFile] = files
    makeFolder(given.folder)
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

/** @throws UsageError where the files cannot be written: after the questions it would be late to say so. */
function assertUsable(folder: string, files: readonly string[]): void {
  try {
    assertCanMake(folder)
    if (existsSync(folder)) files.forEach(assertCanWrite)
  } catch (cause) {
    const why = (cause as Error).message
    const text = `found --folder ${shownPath(folder)}, expected one in which files can be written (${why})`
    throw Object.assign(new UsageError(text), { cause })
  }
}

/** Refuses a key that may withdraw money: guarding does not need that. */
function assertNarrow({ permissions }: Inspection, { acceptWithdrawals }: Given): void {
  if (permissions.withdraw !== true || acceptWithdrawals) return
  throw new UsageError(
    'found a key that may withdraw: make one that may not, or say --accept-withdrawals',
  )
}
