import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { Outcome } from '../outcome.ts'

interface Given extends Formatted {
  readonly config?: string
}

const EXAMPLES = `
Examples:
  $ watchkeeper notify test --config my.yaml
  $ watchkeeper notify test telegram --config my.yaml`

/** `watchkeeper notify test`: sends one message to each channel, or to one, and shows what it answers. */
export const notifyCommand: CommandModule = {
  add(program, context) {
    const notify = program
      .command('notify')
      .description('send a test message to each channel of the configuration')
      .addHelpText('after', EXAMPLES)
    const testing = notify
      .command('test')
      .description('send one message to each channel, or to one, and show the answers')
      .argument('[channel]', 'name or kind of the channel')
    withFormat(testing)
      .option('--config <file>', 'configuration; default: the built-in defaults')
      .addHelpText('after', EXAMPLES)
      .action((channel: string | undefined, given: Given) => test(channel, given, context))
  },
}

async function test(
  wanted: string | undefined,
  { config: file, format }: Given,
  { stdout, env }: CommandContext,
): Promise<void> {
  const { configWithPlugins } = await import('../../app/plugins.ts')
  const { testChannels } = await import('../../app/test-channels.ts')
  const config = await configWithPlugins({ file, env, overrides: {} })
  const results = await testChannels(config, wanted)
  for (const { channel, isTaken, answer } of results) {
    const line =
      format === 'json'
        ? JSON.stringify({ channel, taken: isTaken, answer })
        : `${channel}: ${isTaken ? 'taken' : 'not taken'}, ${answer}`
    stdout.write(`${line}\n`)
  }
  if (results.some(({ isTaken }) => !isTaken)) throw new Outcome(1)
}
