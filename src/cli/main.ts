#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import process from 'node:process'
import { Command, InvalidArgumentError } from 'commander'
import { version } from '../app/version.ts'
import { closestName, expectedWord } from '../domain/closest-name.ts'
import { isTimezone, TIMEZONE_EXPECTED } from '../domain/zone.ts'
import { UsageError } from '../errors.ts'
import { endProcess } from '../processes/ending.ts'
import type { CommandContext } from './command.ts'
import { COMMANDS } from './commands/registry.ts'
import { BAD_INPUT, failureOf, RAN } from './failure.ts'
import { paintFor, showTimesIn } from './output.ts'

/**
 * Runs one command line. Returns the exit code: 0 ran, 1 failed while running, 2 bad usage or
 * input.
 */
export async function main(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const root = await program(args, context)
    await root.parseAsync([...args], { from: 'user' })
    return RAN
  } catch (error) {
    return report(error, context)
  }
}

/** Adds the commands; those that the arguments do not name are only listed, and stay unloaded. */
async function program(args: readonly string[], context: CommandContext): Promise<Command> {
  const root: Command = new Command('watchkeeper')
    .description('Guards open positions: decides when to exit, and exits each exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .option(
      '--zone <zone>',
      'show times in this zone, Area/City (default: WATCHKEEPER_DISPLAY_TIMEZONE, or UTC)',
      timezone,
    )
    .hook('preAction', () => showTimesIn(zoneOf(root) ?? defaultZone(context.env)))
    .exitOverride()
    .configureOutput({
      writeOut: text => void context.stdout.write(text),
      writeErr: text => void context.stderr.write(text),
      outputError: (text, write) => write(withGuess(unknownPart(text, root))),
    })
    .showHelpAfterError('(add --help for the options and examples)')
    .addHelpText('after', '\nwatchkeeper help <command> shows its options, with examples.')
  // A completion names the options of all commands.
  const needsAll = args.includes('completion')
  for (const { name, summary, load } of COMMANDS) {
    if (needsAll || args.includes(name)) (await load()).add(root, withZone(context, root))
    else root.command(name).description(summary)
  }
  return root
}

/** The message about a word that is none of the allowed ones, with a guess at the one that was meant. */
const withGuess = (text: string): string =>
  text.replace(
    /(?:argument|value) '([^']*)' is invalid.* Allowed choices are (.*)\./,
    (message, found: string, words: string) => {
      const meant = closestName(found, words.split(', '))
      return meant === undefined ? message : `${message} Did you mean ${meant}?`
    },
  )

/**
 * The message about a word behind a command that has a part for no word (`positions` is `positions list`): the word names
 * no part, while commander reports it as an argument of that part.
 */
function unknownPart(text: string, root: Command): string {
  if (!text.startsWith('error: too many arguments')) return text
  for (const command of root.commands) {
    const names = command.commands.map(part => part.name())
    const found = command.commands.find(part => part.args.length > 0)?.args[0]
    if (found === undefined || names.includes(command.args[0]!)) continue
    const known = expectedWord(found, names)
    return `error: found ${command.name()} ${JSON.stringify(found)}, expected ${known}\n`
  }
  return text
}

const zoneOf = (root: Command): string | undefined => root.opts<{ zone?: string }>().zone

/** The context of a command, with the zone of its command line. */
function withZone(context: CommandContext, root: Command): CommandContext {
  return Object.defineProperty({ ...context }, 'zone', { get: () => zoneOf(root) })
}

function timezone(name: string): string {
  if (isTimezone(name)) return name
  throw new InvalidArgumentError(`Expected ${TIMEZONE_EXPECTED}.`)
}

/** Reads the setting of the service that also applies to commands. */
function defaultZone({ WATCHKEEPER_DISPLAY_TIMEZONE: name = '' }: NodeJS.ProcessEnv): string {
  if (name === '' || isTimezone(name)) return name || 'UTC'
  const found = `found ${JSON.stringify(name)} in WATCHKEEPER_DISPLAY_TIMEZONE`
  throw new UsageError(`${found}, expected ${TIMEZONE_EXPECTED}`)
}

function report(error: unknown, { stderr, env }: CommandContext): number {
  const { exitCode, failure } = failureOf(error)
  if (failure === undefined) return exitCode
  const { code, message } = failure
  const label = paintFor(stderr, env)('red', 'error')
  stderr.write(`${label}: ${exitCode === BAD_INPUT ? '' : `${code}: `}${message}\n`)
  if (env['WATCHKEEPER_DEBUG'] === '1' && error instanceof Error) stderr.write(`${error.stack}\n`)
  return exitCode
}

/** A closed pipe (`| head`) is no failure: no program reads the output any more. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(RAN)
  throw error
}

/** Runs the command line of this process, and sets its exit code. */
async function mainOfProcess(): Promise<void> {
  process.stdout.on('error', leaveQuietly)
  const { stdin, stdout, stderr, env } = process
  process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env })
  // A report waits until its output was read; a service that has ended does not, so that it can be
  // restarted.
  if (['run', 'demo'].includes(process.argv[2] ?? ''))
    await endProcess(process.exitCode, [stdout, stderr])
}

/** True also through a link, as npm installs commands. */
const isEntry = realpathSync(process.argv[1] ?? '') === import.meta.filename

if (isEntry) void mainOfProcess()
