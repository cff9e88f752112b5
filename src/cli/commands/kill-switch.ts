import { Argument, Option } from 'commander'
import {
  KILL_SWITCH_STATES,
  killSwitchView,
  type KillSwitchView,
} from '../../ports/control/kill-switch.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { confirm } from '../confirm.ts'
import {
  accountClientOf,
  withAccount,
  withFormat,
  type AccountConnection,
  type Formatted,
} from '../connection.ts'
import { timeText } from '../output.ts'

interface Given extends AccountConnection, Formatted {
  readonly held?: 'send' | 'discard'
  readonly yes: boolean
}

const EXAMPLES = `
  block    answers "no new entries" to programs that ask
  flatten  exits every position, and each one that is added later
  halt     lets no order leave
  off      back to work; exits that halt held need --held

Examples:
  $ watchkeeper kill-switch
  $ watchkeeper kill-switch flatten --yes
  $ watchkeeper kill-switch off --held discard`

/** `watchkeeper kill-switch`: shows or changes its state. */
export const killSwitchCommand: CommandModule = {
  add(program, context) {
    const state = new Argument('[state]', 'what it is moved to')
    const command = program
      .command('kill-switch')
      .description('show the kill switch, or move it')
      .addArgument(state.choices(KILL_SWITCH_STATES))
    withFormat(withAccount(command))
      .addOption(
        new Option('--held <what>', 'what becomes of exits that halt held').choices([
          'send',
          'discard',
        ]),
      )
      .option('--yes', 'do not ask', false)
      .addHelpText('after', EXAMPLES)
      .action((wanted: string | undefined, given: Given) => killSwitch(wanted, given, context))
  },
}

const QUESTIONS: Readonly<Record<string, string>> = {
  flatten: 'Every position will be exited at market.',
  halt: 'No order will leave, whatever the prices do.',
}

async function killSwitch(
  wanted: string | undefined,
  { held, yes, format, ...connection }: Given,
  context: CommandContext,
): Promise<void> {
  const client = accountClientOf(connection, context)
  const path = '/api/kill-switch'
  if (wanted === undefined) return show(await client.get(path, killSwitchView), format, context)
  const question = QUESTIONS[wanted]
  if (question !== undefined && !yes) await confirm(context, question)
  const body = { state: wanted, ...(held !== undefined && { held }) }
  show(await client.change('POST', path, { shape: killSwitchView, body }), format, context)
}

function show(view: KillSwitchView, format: Given['format'], { stdout }: CommandContext): void {
  if (format === 'json') {
    stdout.write(`${JSON.stringify(view)}\n`)
    return
  }
  const { state, since, by, held } = view
  const who = by === null ? '' : ` by ${by.who} from ${by.from}`
  const when = since === null ? '' : ` since ${timeText(since)}${who}`
  const waiting = held.length === 0 ? '' : `\nholds the exits of ${held.join(', ')}`
  stdout.write(`${state}${when}${waiting}\n`)
}
