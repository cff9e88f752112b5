import { LATE_MS } from '../exits/closed-holdings.ts'
import { KNOWN_ATTEMPTS } from '../exits/second-guard.ts'
import type { FormerGeneration, Registered } from '../ports/state-repository.ts'

/*
 * Ended generations of an id whose orders may still be shown or executed. The row of the id keeps them when it
 * opens again.
 */

/** Generations of one id that are kept, the last ones. */
const MOST_FORMER = 10

/** The generations whose orders may still arrive at `now` (epoch ms). */
const lastOf = (former: readonly FormerGeneration[], now: number): readonly FormerGeneration[] =>
  former.filter(({ exited: { at } }) => now - at < LATE_MS).slice(-MOST_FORMER)

/** The former generations that a closed row passes on to the next row of its id, at `now` (epoch ms). */
export function formerOf(row: Registered | undefined, now: number): readonly FormerGeneration[] {
  if (row === undefined) return []
  const { position, generation, wasDoubted, former = [] } = row
  // An earlier version stored neither the time of the end nor the number of attempts.
  const unknown = wasDoubted === true ? { at: now, attempts: KNOWN_ATTEMPTS } : undefined
  const exited = row.exited ?? unknown
  return lastOf(exited === undefined ? former : [...former, { position, generation, exited }], now)
}

/**
 * The row after a late fill of an ended generation; `executed` is all that its orders have executed. Undefined
 * where the row does not keep that generation.
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
 * The row after the exit of a released generation has ended: its order may still be shown or arrive, also in
 * another process. Undefined where the row does not keep that generation.
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
