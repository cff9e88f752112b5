import type { Command } from 'commander'
import { UsageError } from '../../errors.ts'
import type { CommandContext } from '../command.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { anyNumber } from '../number-option.ts'
import { positionLine, warnOf } from '../positions-text.ts'

interface Given extends AccountConnection, Formatted {
  readonly quantity?: number
  readonly entryPrice?: number
  readonly force: boolean
  readonly exitNow: boolean
}

const HELP = `
For units that were bought or sold by hand: the position keeps its best price. A level that gets farther needs
--force. While it is being exited nothing is set.

Examples:
  $ watchkeeper positions set btc-1 --quantity 2 --entry-price 91800`

/** Adds the command that sets the quantity and the entry price of a position. */
export function addSetting(positions: Command, context: CommandContext): void {
  const setting = positions
    .command('set')
    .description('set the quantity or the entry price of a position')
    .argument('<id>', 'position')
  withFormat(withAccount(setting))
    .option('--quantity <units>', 'units that are held now', anyNumber)
    .option('--entry-price <price>', 'average price of one unit', anyNumber)
    .option('--force', 'also if a level gets farther', false)
    .option('--exit-now', 'also if a rule would exit it at once', false)
    .addHelpText('after', HELP)
    .action((id: string, given: Given) => set(id, given, context))
}

async function set(id: string, given: Given, context: CommandContext): Promise<void> {
  const { quantity, entryPrice, force, exitNow } = given
  if (quantity === undefined && entryPrice === undefined) {
    throw new UsageError('expected --quantity, --entry-price, or both')
  }
  const facts = {
    ...(quantity !== undefined && { quantity }),
    ...(entryPrice !== undefined && { entryPrice }),
  }
  const view = await accountClientOf(given, context).amend(id, facts, { force, exitNow })
  warnOf(view, context)
  const { quantity: units, entryPrice: price } = view
  context.stdout.write(
    given.format === 'json'
      ? `${JSON.stringify(view)}\n`
      : `${positionLine(view)}, ${units} at ${price}\n`,
  )
}
