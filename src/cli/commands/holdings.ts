import { holdingsView } from '../../ports/control/holdings.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { accountClientOf, withAccount, withFormat, type AccountConnection } from '../connection.ts'
import { holdingLines } from '../holdings-text.ts'
import { paintFor } from '../output.ts'

interface Given extends AccountConnection {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper holdings
  $ watchkeeper holdings --format json`

/** `watchkeeper holdings`: what the venue holds against what the positions say. */
export const holdingsCommand: CommandModule = {
  add(program, context) {
    withFormat(
      withAccount(
        program.command('holdings').description('compare what the venue holds with the positions'),
      ),
    )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => holdings(given, context))
  },
}

async function holdings(given: Given, context: CommandContext): Promise<void> {
  const view = await accountClientOf(given, context).get('/api/holdings', holdingsView)
  const paint = paintFor(context.stdout, context.env)
  const text = given.format === 'json' ? JSON.stringify(view) : holdingLines(view, paint).join('\n')
  context.stdout.write(`${text}\n`)
}
