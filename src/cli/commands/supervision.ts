import { actorList, actorView, type ActorView } from '../../ports/supervision.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { tableLines } from '../output.ts'

interface Restart extends AccountConnection, Formatted {}

interface Given extends Restart {
  readonly limit: string
}

const EXAMPLES = `
Examples:
  $ watchkeeper supervision
  $ watchkeeper supervision restart monitor-btc-1`

/** `watchkeeper supervision`: the actors, and restarts of those that crashed. */
export const supervisionCommand: CommandModule = {
  add(program, context) {
    const supervision = program
      .command('supervision')
      .description('show the actors, or restart one')
      .addHelpText('after', EXAMPLES)
    const shown = supervision
      .command('tree', { isDefault: true })
      .description('show the actors, those in trouble first')
    withFormat(withAccount(shown))
      .option('--limit <count>', 'at most so many monitors', '20')
      .action((given: Given) => tree(given, context))
    const restarting = supervision
      .command('restart')
      .description('replace an actor by a new incarnation, also a quarantined one')
      .argument('<id>', 'as the tree shows it: gateway, monitor-<position>, …')
    withFormat(withAccount(restarting)).action((id: string, given: Restart) =>
      restart(id, given, context),
    )
  },
}

async function tree(given: Given, context: CommandContext): Promise<void> {
  const path = `/api/supervision?limit=${encodeURIComponent(given.limit)}`
  const actors = await accountClientOf(given, context).get(path, actorList)
  const lines =
    given.format === 'json' ? actors.map(each => JSON.stringify(each)) : tableOf(actors, Date.now())
  for (const line of lines) context.stdout.write(`${line}\n`)
}

async function restart(id: string, given: Restart, context: CommandContext): Promise<void> {
  const path = `/api/supervision/${encodeURIComponent(id)}/restart`
  const actor = await accountClientOf(given, context).change('POST', path, { shape: actorView })
  const text =
    given.format === 'json' ? JSON.stringify(actor) : tableOf([actor], Date.now()).join('\n')
  context.stdout.write(`${text}\n`)
}

function tableOf(actors: readonly ActorView[], now: number): string[] {
  const head = ['actor', 'epoch', 'state', 'queued', 'restarts', 'in window', 'last error']
  const rows = actors.map(actor => [
    actor.kind === 'supervisor' ? actor.id : `  ${actor.id}`,
    String(actor.epoch),
    stateOf(actor, now),
    String(actor.queued),
    String(actor.restarts),
    String(actor.restartsInWindow),
    actor.lastError ?? '',
  ])
  return tableLines([head, ...rows], new Set([1, 3, 4, 5]))
}

function stateOf({ state, busySince, nextRestartAt }: ActorView, now: number): string {
  if (state === 'backoff' && nextRestartAt !== null) {
    return `back in ${Math.max(0, nextRestartAt - now)} ms`
  }
  return busySince === null ? state : `busy for ${Math.max(0, now - busySince)} ms`
}
