import { clockView, type ClockView } from '../../ports/control/clock.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, withUrl, type ConnectionOptions } from '../connection.ts'
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
    withUrl(clock.command('show', { isDefault: true }).description('show both clocks')).action(
      async (given: ConnectionOptions) => {
        show(await clientOf(given, context).get(PATH, clockView), context)
      },
    )
    withUrl(
      clock.command('accept').description('follow the machine’s clock at once: it is right'),
    ).action(async (given: ConnectionOptions) => {
      const request = { shape: clockView, body: {} }
      show(await clientOf(given, context).change('POST', `${PATH}/accept`, request), context)
    })
  },
}

function show({ now, machine, jumps, pending }: ClockView, { stdout }: CommandContext): void {
  const counted = jumps === 1 ? '1 jump' : `${jumps} jumps`
  stdout.write(`${timeText(now)}, ${counted} since the start\n`)
  if (pending === null) return
  const { movedMs, forMs, needsPerson } = pending
  const by = `${movedMs > 0 ? '+' : '−'}${Math.abs(Math.round(movedMs / 1_000))} s`
  const next = needsPerson ? 'until `clock accept`' : 'until it has stayed for long enough'
  stdout.write(`the machine’s clock says ${timeText(machine)} (${by}) `)
  stdout.write(`for ${Math.round(forMs / 1_000)} s, which is not followed ${next}\n`)
}
