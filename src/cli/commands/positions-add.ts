import { InvalidArgumentError, type Command } from 'commander'
import { positionPath } from '../../client/requests.ts'
import { namedFields } from '../../config/position-reader.ts'
import { loadPositions } from '../../config/positions-file.ts'
import { readJson, UnclearJson } from '../../domain/json.ts'
import { UsageError } from '../../errors.ts'
import { addedView, changedView } from '../../ports/control/positions.ts'
import type { CommandContext } from '../command.ts'
import {
  accountClientOf,
  clientOf,
  withAccount,
  withFormat,
  withUrl,
  type AccountConnection,
  type ConnectionOptions,
  type Formatted,
} from '../connection.ts'
import { anyNumber } from '../number-option.ts'
import { eachOf, positionLine, warnOf } from '../positions-text.ts'

/** Shown for fields that an older service does not send. */
const added = addedView.partial({ warnings: true })
const changed = changedView.partial({ changes: true, warnings: true })

interface AddGiven extends ConnectionOptions, Formatted {
  readonly file?: string
  readonly id?: string
  readonly instrument?: string
  readonly side?: string
  readonly quantity?: number
  readonly entryPrice?: number
  readonly account?: string
  readonly ticket?: string
  readonly product?: string
  readonly underlying?: string
  readonly rules?: object
  readonly openedAt?: string | number
  readonly exitNow: boolean
  readonly opensLater: boolean
  readonly reopen: boolean
}

interface RulesGiven extends AccountConnection, Formatted {
  readonly rules: object
  readonly force: boolean
  readonly exitNow: boolean
}

const ADD_HELP = `
Each position of a file is tried, with the fields that the file names; exit code 1 if one was refused.

Examples:
  $ watchkeeper positions add --file more.yaml
  $ watchkeeper positions add --id btc-2 --instrument BTCUSD --side long --quantity 1 \\
      --entry-price 92400 --rules '{"stopLoss":{"pct":2}}'`

const RULES_HELP = `
Rules that are not named stay as they are; null takes a rule away, which needs --force.

Examples:
  $ watchkeeper positions rules btc-1 --rules '{"stopLoss":{"pct":1}}'
  $ watchkeeper positions rules btc-1 --rules '{"stopLoss":{"pct":5},"maxHold":null}' --force`

/** The flags that are set. */
const trueOf = (flags: Readonly<Record<string, boolean>>): Readonly<Record<string, boolean>> =>
  Object.fromEntries(Object.entries(flags).filter(([, isSet]) => isSet))

/** A time as text; the service parses it. */
const instant = (text: string): string | number => (/^\d+$/.test(text) ? Number(text) : text)

function json(text: string): object {
  try {
    const value = readJson(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  } catch (error) {
    if (error instanceof UnclearJson) throw new InvalidArgumentError(error.message)
  }
  throw new InvalidArgumentError(`Expected rules as JSON, such as '{"stopLoss":{"pct":2}}'.`)
}

/** Adds the commands that add positions and change their rules. */
export function addGuarding(positions: Command, context: CommandContext): void {
  withFormat(withUrl(positions.command('add').description('guard more positions')))
    .option('--file <file>', 'a positions file: ids that are guarded already are refused')
    .option('--id <id>', 'name of the position')
    .option('--instrument <name>', 'what is held, as in the ticks')
    .option('--side <side>', 'long or short')
    .option('--quantity <units>', 'units held', anyNumber)
    .option('--entry-price <price>', 'price of one unit at entry', anyNumber)
    .option('--account <name>', 'account that holds it')
    .option('--ticket <id>', 'the holding, where each position is a ticket of its own')
    .option('--product <name>', 'its product, where the venue separates holdings by it')
    .option('--underlying <name>', 'instrument that it derives from')
    .option('--rules <json>', 'its rules', json)
    .option('--opened-at <time>', 'when it was opened: ISO 8601, or epoch ms; default now', instant)
    .option('--exit-now', 'also if a rule would exit it at once', false)
    .option('--opens-later', 'also if its time lies ahead of the clock', false)
    .option('--reopen', 'also if its id is that of a position which is over', false)
    .addHelpText('after', ADD_HELP)
    .action((given: AddGiven) => add(given, context))
  const changing = positions
    .command('rules')
    .description('give a position other rules: they may only tighten')
    .argument('<id>', 'position')
  withFormat(withAccount(changing))
    .requiredOption('--rules <json>', 'the rules that change', json)
    .option('--force', 'also if they loosen', false)
    .option('--exit-now', 'also if they exit at once', false)
    .addHelpText('after', RULES_HELP)
    .action((id: string, given: RulesGiven) => changeRules(id, given, context))
}

async function add(given: AddGiven, context: CommandContext): Promise<void> {
  const client = clientOf(given, context)
  const { url: _url, data: _data, json: _json, format, ...named } = given
  const { file, exitNow, opensLater, reopen, ...position } = named
  const request = async (given: object): Promise<string> => {
    const body = { ...given, ...trueOf({ exitNow, opensLater, reopen }) }
    const view = await client.change('POST', '/api/positions', { shape: added, body })
    warnOf(view, context)
    return format === 'json' ? JSON.stringify(view) : positionLine(view)
  }
  if (file === undefined) {
    context.stdout.write(`${await request(position)}\n`)
    return
  }
  const others = Object.keys(position)
  if (others.length > 0) {
    throw new UsageError(`found --file and --${others[0]}, expected one of them`)
  }
  // The service's answers contain the warnings.
  const { entries } = loadPositions({ positionsFile: file, strict: false })
  await eachOf(entries, context, {
    nameOf: entry => entry.position.id,
    // The service fills in fields that the file leaves out: it knows its instruments.
    act: entry => request({ ...namedFields(entry), ...trueOf(entry.flags), rules: entry.rules }),
  })
}

async function changeRules(
  id: string,
  { rules, force, exitNow, format, ...connection }: RulesGiven,
  context: CommandContext,
): Promise<void> {
  const body = { rules, force, exitNow }
  const client = accountClientOf(connection, context)
  const view = await client.change('PATCH', positionPath(id), { shape: changed, body })
  warnOf(view, context)
  if (format === 'json') {
    context.stdout.write(`${JSON.stringify(view)}\n`)
    return
  }
  context.stdout.write(`${positionLine(view)}\n`)
  for (const { rule, change, loosens } of view.changes ?? []) {
    context.stdout.write(`  ${rule} is ${change}${loosens === undefined ? '' : `: ${loosens}`}\n`)
  }
}
