#!/usr/bin/env node
import { readFileSync, realpathSync } from 'node:fs'
import process from 'node:process'
import { Command, CommanderError } from 'commander'
import { InputError, UsageError, WatchkeeperError } from '../errors.ts'
import type { CommandContext } from './command.ts'
import { COMMANDS } from './commands/registry.ts'
import { paintFor } from './output.ts'

const RAN = 0
const FAILED = 1
const BAD_INPUT = 2

/** Runs one command line. Gives the exit code: 0 ran, 1 failed while running, 2 bad usage or input. */
export async function main(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    await program(context).parseAsync([...args], { from: 'user' })
    return RAN
  } catch (error) {
    return report(error, context)
  }
}

function program(context: CommandContext): Command {
  const root = new Command('watchkeeper')
    .description('Guards open positions: decides when to exit, and exits each exactly once.')
    .version(version(), '-V, --version', 'print the version')
    .exitOverride()
    .configureOutput({
      writeOut: text => void context.stdout.write(text),
      writeErr: text => void context.stderr.write(text),
    })
    .showHelpAfterError('(add --help for the options and examples)')
  for (const { add } of COMMANDS) add(root, context)
  return root
}

function version(): string {
  const manifest = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
}

function report(error: unknown, { stderr, env }: CommandContext): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? RAN : BAD_INPUT
  const isUsers = error instanceof InputError || error instanceof UsageError
  const code = error instanceof WatchkeeperError ? error.code : 'UNEXPECTED'
  const message = error instanceof Error ? error.message : String(error)
  const label = paintFor(stderr, env)('red', 'error')
  stderr.write(`${label}: ${isUsers ? '' : `${code}: `}${message}\n`)
  if (env['WATCHKEEPER_DEBUG'] === '1' && error instanceof Error) stderr.write(`${error.stack}\n`)
  return isUsers ? BAD_INPUT : FAILED
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
