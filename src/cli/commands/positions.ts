import type { KeptPosition } from '../../app/offline.ts'
import { inAccount } from '../../domain/account-name.ts'
import { UsageError } from '../../errors.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { fromEither, withAccountOrData, withFormat, type AccountConnection } from '../connection.ts'
import { numberText } from '../levels.ts'
import { tableLines, timeText } from '../output.ts'
import { NO_POSITION, positionTable } from '../position-table.ts'
import { addGuarding } from './positions-add.ts'
import { addEnding } from './positions-end.ts'
import { addSetting } from './positions-set.ts'

interface Given extends AccountConnection {
  readonly all: boolean
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper positions
  $ watchkeeper positions list --data /var/lib/watchkeeper --all
  $ watchkeeper positions add --file more.yaml
  $ watchkeeper positions rules btc-1 --rules '{"stopLoss":{"pct":1}}'
  $ watchkeeper positions set btc-1 --quantity 2
  $ watchkeeper positions exit btc-1 btc-2 --yes
  $ watchkeeper positions release eth-1`

const LIST_HELP = `
Without --url and --data the service on this machine is asked; where none answers, the folder data is
read. --all, closed and released ones too, needs --data: a service knows only what it guards.

Examples:
  $ watchkeeper positions
  $ watchkeeper positions list --data data --all --format json`

/** `watchkeeper positions`: guarded positions, and every change of them. */
export const positionsCommand: CommandModule = {
  add(program, context) {
    const positions = program
      .command('positions')
      .description('list, add, change, exit or release positions')
      .addHelpText('after', EXAMPLES)
    const listed = positions
      .command('list', { isDefault: true })
      .description('list the positions that are guarded')
    withFormat(withAccountOrData(listed))
      .option('--all', 'closed and released ones too (needs --data)', false)
      .addHelpText('after', LIST_HELP)
      .action((given: Given) => list(given, context))
    addGuarding(positions, context)
    addSetting(positions, context)
    addEnding(positions, context)
  },
}

async function list(given: Given, context: CommandContext): Promise<void> {
  if (given.all && given.data === undefined) {
    throw new UsageError(
      'found --all, expected --data with it: a service knows only what it guards',
    )
  }
  const lines = await fromEither<readonly string[]>(given, context, {
    live: async client => {
      const views = await client.positions()
      return given.format === 'json'
        ? views.map(each => JSON.stringify(each))
        : positionTable(views)
    },
    kept: async kept => {
      const rows = (await kept.positions()).filter(({ state }) => given.all || state === 'open')
      return given.format === 'json' ? rows.map(each => JSON.stringify(each)) : keptTable(rows)
    },
  })
  for (const line of lines) context.stdout.write(`${line}\n`)
}

function keptTable(kept: readonly KeptPosition[]): string[] {
  if (kept.length === 0) return [NO_POSITION]
  return tableLines(
    [
      ['position', 'state', 'instrument', 'side', 'quantity', 'entry', 'best', 'opened', 'rules'],
      ...kept.map(({ account, position, state, exit, best, rules }) => [
        inAccount(position.id, account),
        exit === null ? state : `exit ${exit}`,
        position.instrument,
        position.side,
        numberText(position.quantity),
        numberText(position.entryPrice),
        best === null ? '-' : numberText(best),
        timeText(position.openedAt),
        Object.keys(rules).join(', '),
      ]),
    ],
    new Set([4, 5, 6]),
  )
}
