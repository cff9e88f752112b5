import { onItsLines, onOneLine } from '../domain/plain-text.ts'
import { InputError, WatchkeeperError } from '../errors.ts'
import type { AddedView, PositionView } from '../ports/control/positions.ts'
import type { CommandContext } from './command.ts'
import { stopText, targetText } from './levels.ts'
import { Outcome } from './outcome.ts'
import { paintFor } from './output.ts'

const FAILED = 1

/** One line that says what happened to a position. */
export function positionLine(view: PositionView, name: string = view.id): string {
  const { state, reason, stop, target } = view
  const why = reason === undefined ? '' : ` (${reason})`
  const levels = [
    stop !== null && `stop ${stopText(view)}`,
    target !== null && `target ${targetText(view)}`,
  ]
  const shown = levels.filter(Boolean).join(', ')
  return `${onOneLine(name)} is ${state}${why}${shown === '' ? '' : `: ${shown}`}`
}

/** How to send and name one of several requests. */
export interface Act<Item> {
  nameOf(item: Item): string
  /** Sends the request; returns the line to print. */
  act(item: Item): Promise<string>
}

/**
 * Sends one request per item and prints a line each; continues after a refusal.
 *
 * @throws Outcome 1 where one was refused; stops where no service answers.
 */
export async function eachOf<Item>(
  items: readonly Item[],
  { stdout, stderr, env }: CommandContext,
  { nameOf, act }: Act<Item>,
): Promise<void> {
  let failures = 0
  for (const item of items) {
    try {
      stdout.write(`${await act(item)}\n`)
    } catch (error) {
      if (!(error instanceof WatchkeeperError)) throw error
      failures++
      const label = paintFor(stderr, env)('red', 'error')
      stderr.write(`${label}: ${onOneLine(nameOf(item))}: ${textOf(error)}\n`)
      // Other failures may concern this request alone; without a service all others fail too.
      if (error.code === 'NO_SERVICE') break
    }
  }
  if (failures > 0) throw new Outcome(FAILED)
}

const textOf = (error: WatchkeeperError): string =>
  error instanceof InputError
    ? onOneLine(error.message.replaceAll('\n', ' ').replaceAll(/ +/g, ' '))
    : `${error.code}: ${onItsLines(error.message)}`

/** Prints what is odd about a position, one line each. */
export function warnOf(
  { id, warnings = [] }: Pick<AddedView, 'id'> & Partial<AddedView>,
  { stderr }: CommandContext,
): void {
  for (const warning of warnings) stderr.write(`warning: ${onOneLine(id)}: ${onOneLine(warning)}\n`)
}
