#!/usr/bin/env node
import { realpathSync } from 'node:fs'
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { InputError, UsageError, WatchkeeperError } from '../errors.ts'
import type { CommandContext } from './command.ts'
import { COMMANDS } from './commands/registry.ts'
import { Outcome } from './outcome.ts'
import { version } from '../system/version.ts'
import { paintFor } from './output.ts'

const RAN = 0
const FAILED = 1
const BAD_INPUT = 2

/** Runs one command line. Gives the exit code: 0 ran, 1 failed while running, 2 bad usage or input. */
export async function main(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const root = await program(args, context)
    await root.parseAsync([...args], { from: 'user' })
    return RAN
  } catch (error) {
    return report(error, context)
  }
}

/** The commands; one that the arguments do not name is only listed, and stays unloaded. */
async function program(args: readonly string[], context: CommandContext): Promise<Command> {
  const root = new Command('watchkeeper')
    .description('Guards open positions: decides when to exit, and exits each exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: text => void context.stdout.write(text),
      writeErr: text => void context.stderr.write(text),
    })
    .showHelpAfterError('(add --help for the options and examples)')
    .addHelpText('after', '\nwatchkeeper help <command> shows its options, with examples.')
  for (const { name, summary, load } of COMMANDS) {
    if (args.includes(name)) (await load()).add(root, context)
    else root.command(name).description(summary)
  }
  return root
}

function report(error: unknown, { stderr, env }: CommandContext): number {
  if (error instanceof Outcome) return error.exitCode
  if (error instanceof CommanderError) return error.exitCode === 0 ? RAN : BAD_INPUT
  const isUsers = error instanceof InputError || error instanceof UsageError
  const [code, message] =
    error instanceof WatchkeeperError ? [error.code, error.message] : foreign(error)
  const label = paintFor(stderr, env)('red', 'error')
  stderr.write(`${label}: ${isUsers ? '' : `${code}: `}${message}\n`)
  if (env['WATCHKEEPER_DEBUG'] === '1' && error instanceof Error) stderr.write(`${error.stack}\n`)
  return isUsers ? BAD_INPUT : FAILED
}

/** Code and message, one line, of an error that is not our own: Node's have codes, such as ENOSPC. */
function foreign(error: unknown): [string, string] {
  const { code } = Object(error) as { code?: unknown }
  const message = error instanceof Error ? error.message : String(error)
  return [typeof code === 'string' ? code : 'UNEXPECTED', message.split('\n')[0]!]
}

/** A reader that went away (`| head`) is no failure: there is nobody left to write to. */
function leaveQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(RAN)
  throw error
}

/** Also through a link, as npm installs commands. */
const isEntry = realpathSync(process.argv[1] ?? '') === import.meta.filename

if (isEntry) {
  process.stdout.on('error', leaveQuietly)
  const { stdin, stdout, stderr, env } = process
  process.exitCode = await main(process.argv.slice(2), { stdin, stdout, stderr, env })
}
