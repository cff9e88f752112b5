import { once } from 'node:events'
import { version } from '../../app/version.ts'
import { serveMcp } from '../../mcp/server.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { accountClientOf, withAccount, type AccountConnection } from '../connection.ts'

interface Given extends AccountConnection {
  readonly allowExit: boolean
}

const EXAMPLES = `
Speaks the Model Context Protocol on stdin and stdout until stdin ends. A token of the role agent goes in
WATCHKEEPER_HTTP_TOKEN. The tools ask, add positions and tighten; none loosens.

Examples:
  $ watchkeeper mcp
  $ watchkeeper mcp --url https://guard.example.com --allow-exit`

/** `watchkeeper mcp`: an agent asks and tightens, over the HTTP API. */
export const mcpCommand: CommandModule = {
  add(program, context) {
    withAccount(
      program
        .command('mcp')
        .description('serve an AI agent over stdio: it may ask and tighten, never loosen'),
    )
      .option('--allow-exit', 'also offer a tool that exits a position', false)
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => serve(given, context))
  },
}

async function serve(given: Given, context: CommandContext): Promise<void> {
  const { stdin, stdout } = context
  await serveMcp({
    client: accountClientOf(given, context),
    version: version(),
    allowExit: given.allowExit,
    input: stdin as AsyncIterable<Buffer>,
    send: async text => {
      if (!stdout.write(text) && stdout.once !== undefined) await once(stdout as never, 'drain')
    },
  })
}
