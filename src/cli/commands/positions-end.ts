import type { Command } from 'commander'
import type { WatchkeeperClient } from '../../client/watchkeeper-client.ts'
import { inAccount } from '../../domain/account-name.ts'
import { onOneLine } from '../../domain/plain-text.ts'
import { UsageError } from '../../errors.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { eachOf, positionLine } from '../positions-text.ts'

interface Given extends AccountConnection, Formatted {
  readonly yes: boolean
  readonly all?: boolean
}

const EXIT_HELP = `
Every position is tried; exit code 1 if one was refused.

Examples:
  $ watchkeeper positions exit btc-1
  $ watchkeeper positions exit btc-1 btc-2 --yes
  $ watchkeeper positions exit --all`

const RELEASE_HELP = `
Every position is tried; exit code 1 if one was refused.

Examples:
  $ watchkeeper positions release eth-1
  $ watchkeeper positions release eth-1 eth-2 --yes`

/** Adds the commands that exit positions or stop guarding them. */
export function addEnding(positions: Command, context: CommandContext): void {
  const exiting = positions.command('exit').description('exit positions at market')
  withFormat(withAccount(exiting.argument('[id...]', 'positions')))
    .option('--all', 'every position that is guarded, in all accounts unless --account names one')
    .option('--yes', 'do not ask', false)
    .addHelpText('after', EXIT_HELP)
    .action((ids: string[], given: Given) => exit(ids, given, context))
  const releasing = positions
    .command('release')
    .description('stop guarding; what the broker holds stays')
    .argument('<id...>', 'positions')
  withFormat(withAccount(releasing))
    .option('--yes', 'do not ask', false)
    .addHelpText('after', RELEASE_HELP)
    .action((ids: string[], given: Given) => release(ids, given, context))
}

async function exit(
  ids: readonly string[],
  { all = false, yes, format, ...connection }: Given,
  context: CommandContext,
): Promise<void> {
  const client = accountClientOf(connection, context)
  if (all === ids.length > 0) throw new UsageError('expected ids of positions, or --all')
  const wanted = all
    ? await everyOpen(client, connection.account)
    : ids.map(id => exitOf(client, id))
  // Ask also where there is no position now: one may be added before the answer, and the
  // confirmation stays the same.
  if (!yes)
    await confirm(context, questionOf(wanted.map(({ name }) => name)), all ? 'exit all' : 'yes')
  if (wanted.length === 0) {
    if (format === 'text') context.stdout.write('no position is guarded\n')
    return
  }
  await eachOf(wanted, context, {
    nameOf: ({ name }) => name,
    act: async ({ name, send }) => {
      const view = await send()
      return format === 'json' ? JSON.stringify(view) : positionLine(view, name)
    },
  })
}

async function release(
  ids: readonly string[],
  { yes, format, ...connection }: Given,
  context: CommandContext,
): Promise<void> {
  const client = accountClientOf(connection, context)
  if (!yes) await confirm(context, `watchkeeper will no longer guard ${short(ids)}.`)
  await eachOf(ids, context, {
    nameOf: id => id,
    act: async id => {
      await client.release(id)
      return format === 'json'
        ? JSON.stringify({ id, released: true })
        : `${onOneLine(id)} is released`
    },
  })
}

/** The exit of one position, with the name that messages use. */
interface Exit {
  readonly name: string
  send(): Promise<PositionView>
}

const exitOf = (client: WatchkeeperClient, id: string, account?: string): Exit => ({
  name: inAccount(id, account),
  send: () => client.exit(id),
})

/** Exits of every open position: where no account is chosen of several, each in the account that guards it. */
async function everyOpen(client: WatchkeeperClient, chosen?: string): Promise<readonly Exit[]> {
  const names = chosen === undefined ? (await client.accounts()).map(({ name }) => name) : []
  if (names.length < 2) return (await client.positions()).map(({ id }) => exitOf(client, id))
  const exits: Exit[] = []
  for (const name of names) {
    const own = client.ofAccount(name)
    for (const { id } of await own.positions()) exits.push(exitOf(own, id, name))
  }
  return exits
}

const MOST_NAMED = 10

function questionOf(ids: readonly string[]): string {
  if (ids.length === 0) return 'No position is guarded.'
  return `${ids.length} position${ids.length === 1 ? '' : 's'} will be exited at market: ${short(ids)}.`
}

const short = (ids: readonly string[]): string =>
  ids.length <= MOST_NAMED
    ? ids.join(', ')
    : `${ids.slice(0, MOST_NAMED).join(', ')} and ${ids.length - MOST_NAMED} more`
