import { InputError, WatchkeeperError } from '../errors.ts'
import type { PositionView } from '../ports/control/positions.ts'
import type { CommandContext } from './command.ts'
import { stopText, targetText } from './levels.ts'
import { Outcome } from './outcome.ts'
import { paintFor } from './output.ts'

const FAILED = 1

/** Path of one position. */
export const pathOf = (id: string): string => `/api/positions/${encodeURIComponent(id)}`

/** One line that says what became of a position. */
export function positionLine(view: PositionView): string {
  const { id, state, reason, stop, target } = view
  const why = reason === undefined ? '' : ` (${reason})`
  const levels = [
    stop !== null && `stop ${stopText(view)}`,
    target !== null && `target ${targetText(view)}`,
  ]
  const told = levels.filter(Boolean).join(', ')
  return `${id} is ${state}${why}${told === '' ? '' : `: ${told}`}`
}

/** How one request of several is made and named. */
export interface Act<Item> {
  nameOf(item: Item): string
  /** Gives the line that says what was done. */
  act(item: Item): Promise<string>
}

/**
 * Makes one request an item, a line each: a refusal keeps nothing from being tried. Throws Outcome 1
 * where one was refused; a service that is not there is asked no more.
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
      stderr.write(`${label}: ${nameOf(item)}: ${textOf(error)}\n`)
      // Another failure may be one of this request alone; where nothing listens, no other fares better.
      if (error.code === 'NO_SERVICE') break
    }
  }
  if (failures > 0) throw new Outcome(FAILED)
}

const textOf = (error: WatchkeeperError): string =>
  error instanceof InputError
    ? error.message.replaceAll('\n', ' ').replaceAll(/ +/g, ' ')
    : `${error.code}: ${error.message}`
