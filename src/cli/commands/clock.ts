import { clockView, type ClockView } from '../../ports/control/clock.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import {
  clientOf,
  withFormat,
  withUrl,
  type ConnectionOptions,
  type Formatted,
} from '../connection.ts'
import { timeText } from '../output.ts'

const PATH = '/api/clock'

const EXAMPLES = `
Examples:
  $ watchkeeper clock
  $ watchkeeper clock accept`

/** `watchkeeper clock`: the clock that the service uses, and `clock accept`. */
export const clockCommand: CommandModule = {
  add(program, context) {
    const clock = program
      .command('clock')
      .description('show the clock that the service uses, or accept a jump of the machine’s')
      .addHelpText('after', EXAMPLES)
    const shown = clock.command('show', { isDefault: true }).description('show both clocks')
    withFormat(withUrl(shown)).action(async (given: Given) => {
      show(await clientOf(given, context).get(PATH, clockView), given, context)
    })
    const accepting = clock.command('accept')
    accepting.description('follow the machine’s clock at once: it is right')
    withFormat(withUrl(accepting)).action(async (given: Given) => {
      const request = { shape: clockView, body: {} }
      const view = await clientOf(given, context).change('POST', `${PATH}/accept`, request)
      show(view, given, context)
    })
  },
}

interface Given extends ConnectionOptions, Formatted {}

function show(view: ClockView, { format }: Formatted, { stdout }: CommandContext): void {
  if (format === 'json') {
    stdout.write(`${JSON.stringify(view)}\n`)
    return
  }
  const { now, machine, jumps, pending } = view
  const counted = jumps === 1 ? '1 jump' : `${jumps} jumps`
  stdout.write(`${timeText(now)}, ${counted} since the start\n`)
  if (pending === null) return
  const { movedMs, forMs, needsPerson } = pending
  const by = `${movedMs > 0 ? '+' : '−'}${Math.abs(Math.round(movedMs / 1_000))} s`
  const next = needsPerson ? 'until `clock accept`' : 'until it has stayed for long enough'
  stdout.write(`the machine’s clock says ${timeText(machine)} (${by}) `)
  stdout.write(`for ${Math.round(forMs / 1_000)} s, which is not followed ${next}\n`)
}
