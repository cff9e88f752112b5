import { LATE_MS } from '../exits/closed-holdings.ts'
import { KNOWN_ATTEMPTS } from '../exits/second-guard.ts'
import type { FormerGeneration, Registered } from '../ports/state-repository.ts'

/*
 * Generations of an id that are over, and whose orders may still be shown or executed: the row of the id
 * keeps them after it has begun again.
 */

/** Generations of one id that are kept, the last ones. */
const MOST_FORMER = 10

/** Those whose orders may still come at `now` (epoch ms). */
const lastOf = (former: readonly FormerGeneration[], now: number): readonly FormerGeneration[] =>
  former.filter(({ exited: { at } }) => now - at < LATE_MS).slice(-MOST_FORMER)

/** The generations that a row, which is over, leaves to the next one at `now` (epoch ms). */
export function formerOf(row: Registered | undefined, now: number): readonly FormerGeneration[] {
  if (row === undefined) return []
  const { position, generation, wasDoubted, former = [] } = row
  // An earlier release has not kept when, nor after how many attempts.
  const unknown = wasDoubted === true ? { at: now, attempts: KNOWN_ATTEMPTS } : undefined
  const exited = row.exited ?? unknown
  return lastOf(exited === undefined ? former : [...former, { position, generation, exited }], now)
}

/**
 * The row when orders of the exit of a generation that is over have executed so many units in all;
 * undefined where it does not keep that generation.
 */
export function bookedLate(
  row: Registered,
  generation: number,
  executed: number,
): Registered | undefined {
  const { exited, former = [], state } = row
  if (row.generation === generation) {
    const isOver = state !== 'open' && exited !== undefined
    return isOver ? { ...row, exited: { ...exited, executed } } : undefined
  }
  const known = former.find(each => each.generation === generation)
  if (known === undefined) return undefined
  const booked = { ...known, exited: { ...known.exited, executed } }
  return { ...row, former: former.map(each => (each === known ? booked : each)) }
}

/**
 * The row when the exit of a released generation is over: an order of it may still be shown, or arrive, also
 * in another process. Undefined where it does not keep that generation.
 */
export function endedReleased(
  row: Registered,
  ended: FormerGeneration,
  wasDoubted: boolean,
): Registered | undefined {
  const { generation, exited } = ended
  if (row.generation > generation) {
    return { ...row, former: lastOf([...(row.former ?? []), ended], exited.at) }
  }
  if (row.state !== 'released' || row.generation !== generation) return undefined
  return { ...row, exited, ...(wasDoubted && { wasDoubted }) }
}
