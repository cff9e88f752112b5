import { resolve } from 'node:path'
import { loadPlugins } from '../../plugins/load.ts'
import { pluginFrom } from '../../plugins/table.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { runContract } from '../plugin-cases.ts'
import { testRule } from './rules.ts'

const EXAMPLES = `
Examples:
  $ watchkeeper plugin test ./my-rule.mjs
  $ watchkeeper plugin test ./my-feed.mjs`

/** `watchkeeper plugin test`: the tests of a plugin's kind. */
export const pluginCommand: CommandModule = {
  add(program, context) {
    const testing = program
      .command('plugin')
      .description('test a plugin of your own by what its kind promises')
      .addHelpText('after', EXAMPLES)
      .command('test')
      .description('run the tests of its kind: rule, broker, feed, store or channel')
      .argument('<file>', 'the plugin')
    withFormat(testing)
      .addHelpText('after', EXAMPLES)
      .action((file: string, given: Formatted) => test(file, given, context))
  },
}

async function test(file: string, given: Formatted, context: CommandContext): Promise<void> {
  const path = resolve(file)
  await loadPlugins([path])
  const plugin = pluginFrom(path)!
  if (plugin.kind === 'rule') return testRule(file, given, context)
  return runContract(plugin, { path, ...given }, context)
}
