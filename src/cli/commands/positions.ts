import { Option } from 'commander'
import { type KeptPosition, openKeptData } from '../../system/kept.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { tableLines, timeText } from '../output.ts'

interface Given {
  readonly data: string
  readonly all: boolean
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
The data folder is only read: this works while the service runs, and when it does not.

Examples:
  $ watchkeeper positions
  $ watchkeeper positions --all --format json`

/** `watchkeeper positions`: what the service has on disk of each position. */
export const positionsCommand: CommandModule = {
  add(program, context) {
    program
      .command('positions')
      .description('list the positions that are guarded')
      .option('--data <folder>', 'data folder of the service', 'data')
      .option('--all', 'closed and released ones too', false)
      .addOption(
        new Option('--format <format>', 'how results look')
          .choices(['text', 'json'])
          .default('text'),
      )
      .addHelpText('after', EXAMPLES)
      .action((given: Given) => positions(given, context))
  },
}

async function positions({ data, all, format }: Given, { stdout }: CommandContext): Promise<void> {
  const kept = await openKeptData(data)
  try {
    const shown = (await kept.positions()).filter(({ state }) => all || state === 'open')
    if (format === 'json') for (const each of shown) stdout.write(`${JSON.stringify(each)}\n`)
    else stdout.write(`${tableOf(shown).join('\n')}\n`)
  } finally {
    await kept.close()
  }
}

function tableOf(kept: readonly KeptPosition[]): string[] {
  if (kept.length === 0) return ['no position is guarded']
  return tableLines(
    [
      ['position', 'state', 'instrument', 'side', 'quantity', 'entry', 'best', 'opened', 'rules'],
      ...kept.map(({ position, state, exit, best, rules }) => [
        position.id,
        exit === null ? state : `exit ${exit}`,
        position.instrument,
        position.side,
        String(position.quantity),
        String(position.entryPrice),
        String(best),
        timeText(position.openedAt),
        Object.keys(rules).join(', '),
      ]),
    ],
    new Set([4, 5, 6]),
  )
}
