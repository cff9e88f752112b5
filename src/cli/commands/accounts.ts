import type { AccountView } from '../../ports/control/accounts.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, withFormat, withUrl, type ConnectionOptions } from '../connection.ts'
import { tableLines } from '../output.ts'

interface Given extends ConnectionOptions {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper accounts
  $ watchkeeper accounts --format json`

/** `watchkeeper accounts`: the accounts that the service guards. */
export const accountsCommand: CommandModule = {
  add(program, context) {
    withFormat(
      withUrl(program.command('accounts').description('list the accounts of the running service')),
    )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => accounts(given, context))
  },
}

async function accounts(given: Given, context: CommandContext): Promise<void> {
  const found = await clientOf(given, context).accounts()
  const lines = given.format === 'json' ? found.map(each => JSON.stringify(each)) : tableOf(found)
  for (const line of lines) context.stdout.write(`${line}\n`)
}

function tableOf(found: readonly AccountView[]): string[] {
  const head = ['account', 'health', 'positions', 'mode', 'kill switch', 'why']
  const rows = found.map(({ name, status, positions, mode, killSwitch, output }) => [
    name,
    status,
    String(positions),
    mode,
    killSwitch,
    output[0] ?? '',
  ])
  return tableLines([head, ...rows], new Set([2]))
}
