import { type Command, InvalidArgumentError } from 'commander'
import { loadPositions } from '../../config/positions-file.ts'
import { UsageError } from '../../errors.ts'
import type { PositionView } from '../../ports/control.ts'
import type { ServiceClient } from '../client.ts'
import type { CommandContext } from '../command.ts'
import { confirm } from '../confirm.ts'
import { clientOf, type ConnectionOptions, withUrl } from '../connection.ts'

interface AddGiven extends ConnectionOptions {
  readonly file?: string
  readonly id?: string
  readonly instrument?: string
  readonly side?: string
  readonly quantity?: number
  readonly entryPrice?: number
  readonly account?: string
  readonly underlying?: string
  readonly rules?: object
  readonly exitNow: boolean
}

interface RulesGiven extends ConnectionOptions {
  readonly rules: object
  readonly force: boolean
  readonly exitNow: boolean
}

interface EndGiven extends ConnectionOptions {
  readonly yes: boolean
  readonly all?: boolean
}

function number(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new InvalidArgumentError('Expected a number.')
}

function json(text: string): object {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch {
    // The line below says what is expected.
  }
  throw new InvalidArgumentError(`Expected rules as JSON, such as '{"stopLoss":{"pct":2}}'.`)
}

/** Adds the commands that change what is guarded; each of them asks the running service. */
export function addChanges(positions: Command, context: CommandContext): void {
  withUrl(positions.command('add').description('guard more positions'))
    .option('--file <file>', 'a positions file: ids that are guarded already are refused')
    .option('--id <id>', 'name of the position')
    .option('--instrument <name>', 'what is held, as in the ticks')
    .option('--side <side>', 'long or short')
    .option('--quantity <units>', 'units held', number)
    .option('--entry-price <price>', 'price of one unit at entry', number)
    .option('--account <name>', 'account that holds it')
    .option('--underlying <name>', 'instrument that it derives from')
    .option('--rules <json>', 'its rules', json)
    .option('--exit-now', 'also if a rule would exit it at once', false)
    .action((given: AddGiven) => add(given, context))
  withUrl(
    positions
      .command('rules')
      .description('give a position other rules: they may only tighten')
      .argument('<id>', 'position'),
  )
    .requiredOption('--rules <json>', 'all of its rules', json)
    .option('--force', 'also if they loosen', false)
    .option('--exit-now', 'also if they exit at once', false)
    .action((id: string, given: RulesGiven) => changeRules(id, given, context))
  withUrl(
    positions
      .command('exit')
      .description('exit positions at market')
      .argument('[id...]', 'positions'),
  )
    .option('--all', 'every position that is guarded')
    .option('--yes', 'do not ask', false)
    .action((ids: string[], given: EndGiven) => exit(ids, given, context))
  withUrl(
    positions
      .command('release')
      .description('stop guarding; what the broker holds stays')
      .argument('<id...>', 'positions'),
  )
    .option('--yes', 'do not ask', false)
    .action((ids: string[], given: EndGiven) => release(ids, given, context))
}

async function add(given: AddGiven, context: CommandContext): Promise<void> {
  const client = clientOf(given, context)
  for (const body of wantedOf(given, context)) {
    const view = await client.change<PositionView>('POST', '/api/positions', body)
    context.stdout.write(`${lineOf(view)}\n`)
  }
}

/** Bodies of the requests; the service judges each of them. */
function wantedOf(given: AddGiven, { stderr }: CommandContext): readonly object[] {
  const { url: _url, data: _data, file, exitNow, ...position } = given
  if (file === undefined) return [{ ...position, exitNow }]
  const others = Object.keys(position)
  if (others.length > 0)
    throw new UsageError(`found --file and --${others[0]}, expected one of them`)
  const { entries, warnings } = loadPositions({ positionsFile: file, strict: false })
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  return entries.map(entry => ({
    ...entry.position,
    ...{ rules: entry.rules, exitNow },
  }))
}

async function changeRules(
  id: string,
  { rules, force, exitNow, ...connection }: RulesGiven,
  context: CommandContext,
): Promise<void> {
  const client = clientOf(connection, context)
  const body = { rules, force, exitNow }
  context.stdout.write(`${lineOf(await client.change<PositionView>('PATCH', pathOf(id), body))}\n`)
}

async function exit(
  ids: readonly string[],
  { all = false, yes, ...connection }: EndGiven,
  context: CommandContext,
): Promise<void> {
  const client = clientOf(connection, context)
  if (all === ids.length > 0) throw new UsageError('expected ids of positions, or --all')
  const wanted = all ? await openIds(client) : ids
  if (wanted.length === 0) {
    context.stdout.write('no position is guarded\n')
    return
  }
  if (!yes) {
    const question = `${wanted.length} position${wanted.length === 1 ? '' : 's'} will be exited at market: ${short(wanted)}.`
    await confirm(context, question, all ? 'exit all' : 'yes')
  }
  for (const id of wanted) {
    const view = await client.change<PositionView>('POST', `${pathOf(id)}/exit`)
    context.stdout.write(`${lineOf(view)}\n`)
  }
}

async function release(
  ids: readonly string[],
  { yes, ...connection }: EndGiven,
  context: CommandContext,
): Promise<void> {
  const client = clientOf(connection, context)
  if (!yes) await confirm(context, `Nobody will guard ${short(ids)} any more.`)
  for (const id of ids) {
    await client.change('DELETE', pathOf(id))
    context.stdout.write(`${id} is released\n`)
  }
}

const pathOf = (id: string): string => `/api/positions/${encodeURIComponent(id)}`

const openIds = async (client: ServiceClient): Promise<string[]> =>
  (await client.get<readonly PositionView[]>('/api/positions')).map(({ id }) => id)

const MOST_NAMED = 10

const short = (ids: readonly string[]): string =>
  ids.length <= MOST_NAMED
    ? ids.join(', ')
    : `${ids.slice(0, MOST_NAMED).join(', ')} and ${ids.length - MOST_NAMED} more`

function lineOf({ id, state, reason, stop, target }: PositionView): string {
  const why = reason === undefined ? '' : ` (${reason})`
  const levels = [stop !== null && `stop ${stop}`, target !== null && `target ${target}`]
  const told = levels.filter(Boolean).join(', ')
  return `${id} is ${state}${why}${told === '' ? '' : `: ${told}`}`
}
