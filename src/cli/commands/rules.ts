import { resolve } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { EXAMINATION_MS, examinePlugin } from '../../plugins/load.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { withFormat, type Formatted } from '../connection.ts'
import { paintFor } from '../output.ts'

interface Given extends Formatted {
  readonly seed: number
  readonly cases: number
}

const EXAMPLES = `
Examples:
  $ watchkeeper rules test ./my-rule.mjs
  $ watchkeeper rules test ./my-rule.mjs --seed 7 --cases 20000`

const LONGEST_MS = 20 * EXAMINATION_MS

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text) && Number(text) > 0) return Number(text)
  throw new InvalidArgumentError('Expected a whole number above 0.')
}

/** `watchkeeper rules test`: drives a rule of a plugin through price histories of positions. */
export const rulesCommand: CommandModule = {
  add(program, context) {
    const testing = program
      .command('rules')
      .description('test a rule of your own: it never loosens, is pure, fast and mirrored')
      .addHelpText('after', EXAMPLES)
      .command('test')
      .description(
        'drive the rule through price histories of positions, and show one that it fails in',
      )
      .argument('<file>', 'the plugin')
    withFormat(testing)
      .option('--seed <seed>', 'the same seed gives the same histories', whole, 1)
      .option('--cases <count>', 'histories for each example of options', whole, 5_000)
      .addHelpText('after', EXAMPLES)
      .action((file: string, given: Given) => testRule(file, given, context))
  },
}

/** Drives the rule of a file through price histories, and prints that it is sound. Throws BAD_PLUGIN. */
export async function testRule(
  file: string,
  { seed = 1, cases = 5_000, format }: Partial<Given> & Formatted,
  context: CommandContext,
): Promise<void> {
  const { stdout, env } = context
  const found = await examinePlugin(resolve(file), { seed, cases, deadlineMs: LONGEST_MS })
  if (format === 'json') {
    const { kind, name } = found
    stdout.write(`${JSON.stringify({ sound: true, kind, name, cases, seed })}\n`)
    return
  }
  const paint = paintFor(stdout, env)
  const what = `${found.kind} ${found.name}`
  stdout.write(`${paint('green', 'sound')}: ${what}, ${cases} price histories, seed ${seed}\n`)
}
