import type { WhyView } from '../../ports/control.ts'
import { whyShape } from '../answers.ts'
import type { CommandContext, CommandModule } from '../command.ts'
import { clientOf, type ConnectionOptions, withFormat, withUrl } from '../connection.ts'
import { tableLines, timeText } from '../output.ts'

interface Given extends ConnectionOptions {
  readonly format: 'text' | 'json'
}

const EXAMPLES = `
Examples:
  $ watchkeeper why btc-1`

/** `watchkeeper why`: what each rule of a position would do, and why. */
export const whyCommand: CommandModule = {
  add(program, context) {
    const command = program
      .command('why')
      .description('explain what each rule of a position would do')
      .argument('<id>', 'position')
    withFormat(withUrl(command))
      .addHelpText('after', EXAMPLES)
      .action((id: string, given: Given) => why(id, given, context))
  },
}

async function why(id: string, given: Given, context: CommandContext): Promise<void> {
  const path = `/api/positions/${encodeURIComponent(id)}/why`
  const view = await clientOf(given, context).get(path, whyShape)
  const text = given.format === 'json' ? JSON.stringify(view) : linesOf(view).join('\n')
  context.stdout.write(`${text}\n`)
}

function linesOf({ position, rules }: WhyView): string[] {
  const { id, side, quantity, instrument, entryPrice, state, lastPrice, priceAgeMs } = position
  const price =
    lastPrice === null
      ? 'no price yet'
      : `last price ${lastPrice}, ${((priceAgeMs ?? 0) / 1_000).toFixed(1)} s old`
  const reason = position.reason === undefined ? '' : ` (${position.reason})`
  return [
    `${id}  ${side} ${quantity} ${instrument} at ${entryPrice}, ${state}${reason}; ${price}, best ${position.best}`,
    ...tableLines(
      [
        ['rule', 'armed', 'level', 'distance', 'at', 'note'],
        ...(rules as unknown as readonly Explained[]).map(rowOf),
      ],
      new Set([2, 3]),
    ),
  ]
}

/** A line as the service explains a rule. */
interface Explained {
  readonly rule: string
  readonly armed: boolean
  readonly why?: string
  readonly level?: number
  readonly instrument?: string
  readonly distance?: number | null
  readonly ratchet?: number
  readonly exitAt?: number
}

function rowOf(rule: Explained): string[] {
  const { rule: name, armed, level, distance, exitAt, why: reason, instrument, ratchet } = rule
  const notes = [
    ...(reason === undefined ? [] : [reason]),
    ...(instrument === undefined ? [] : [`on ${instrument}`]),
    ...(ratchet === undefined ? [] : [`changes at ${ratchet}`]),
  ]
  return [
    name,
    armed ? 'yes' : 'no',
    level === undefined ? '' : String(level),
    distance === undefined || distance === null ? '' : String(distance),
    exitAt === undefined ? '' : timeText(exitAt),
    notes.join('; '),
  ]
}
