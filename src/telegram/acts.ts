import { WatchkeeperError } from '../errors.ts'
import type { Control } from '../ports/control.ts'
import type { PositionView } from '../ports/control/positions.ts'
import type { Requester } from '../ports/control/requester.ts'
import type { Wish } from './command.ts'
import type { KeptWish, Question } from './kept-bot.ts'

export type ActLevel = 'none' | 'exit' | 'all'

export type ActControl = Pick<
  Control,
  'position' | 'exit' | 'killSwitch' | 'setKillSwitch' | 'readiness'
>

/** Why a wish is not even asked about; undefined: it may be. */
export function refusalOf(wish: Wish, level: ActLevel): string | undefined {
  if (level === 'all' || (level === 'exit' && wish.kind === 'exit')) return undefined
  return level === 'none'
    ? 'This bot does not act: `acts` of its channel is none.'
    : 'This bot exits single positions only: `acts` of its channel is exit.'
}

/** A wish with what identifies its object: the same id may name another position later. */
export function keptWishOf(wish: Wish, view: PositionView | undefined): KeptWish {
  return wish.kind === 'switch' ? wish : { ...wish, openedAt: view!.openedAt }
}

/** Who acts, for the journal. */
export const requesterOf = ({ user, chat }: Pick<Question, 'user' | 'chat'>): Requester => ({
  who: `telegram:${user}`,
  from: `chat ${chat}`,
})

/**
 * Does what was confirmed, and gives what to answer. Where an earlier process began it (`begunAt`) and it shows, it
 * is not done again: an exit joins the one under way, and a kill switch that was moved since stays.
 */
export async function act(control: ActControl, question: Question): Promise<string> {
  const readiness = control.readiness()
  if (!readiness.ready) return `Not done: the service is ${readiness.why}. Send the command again.`
  try {
    return question.wish.kind === 'exit'
      ? await exit(control, question, question.wish)
      : await move(control, question, question.wish)
  } catch (error) {
    if (!(error instanceof WatchkeeperError)) throw error
    // A store that fails leaves open what was done.
    return `${error.code.startsWith('STORE_') ? 'Check' : 'Not done'}: ${error.message}`
  }
}

async function exit(
  control: ActControl,
  question: Question,
  { id, openedAt }: Extract<KeptWish, { kind: 'exit' }>,
): Promise<string> {
  const view = control.position(id)
  if (view === undefined) return `Nothing to do: ${id} is not open any more.`
  if (view.openedAt !== openedAt) return `Not done: ${id} is another position now.`
  if (view.state === 'exiting') return `Nothing to do: ${id} is being exited.`
  await control.exit(id, requesterOf(question))
  return `Exiting ${id} at market.`
}

const MOVED = {
  flatten: 'Flattening: every position is exited.',
  halt: 'Halted: no order leaves.',
  off: 'Resumed: the kill switch is off.',
} as const

async function move(
  control: ActControl,
  question: Question,
  { state, held }: Extract<KeptWish, { kind: 'switch' }>,
): Promise<string> {
  const { since, state: present } = control.killSwitch()
  const { begunAt } = question
  if (begunAt !== undefined && since !== null && since >= begunAt) {
    return `The kill switch is ${present}: it was moved before the service started again.`
  }
  await control.setKillSwitch({ state, ...(held !== undefined && { held }) }, requesterOf(question))
  return MOVED[state]
}
