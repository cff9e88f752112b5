import { difference, sum } from '../../src/domain/decimal.ts'
import { positionId } from '../../src/domain/ids.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import { netId } from '../../src/nets/net-id.ts'
import type { TrueBook } from '../support/broker-server/client.ts'
import { ALONE, moreOf, positionsOf, type Held } from './account.ts'
import type { Disk } from './disk.ts'
import { ORPHAN } from './net-plan.ts'
import type { Deeds } from './people.ts'
import type { Plan } from './plan.ts'
import { isBeside, type CrashVenue } from './venues.ts'

/** The result of a run. */
export interface Outcome {
  readonly plan: Plan
  readonly book: TrueBook
  readonly disk: Disk
  readonly deeds: Deeds
}

/** Longest client order id of the venues. */
const ID_LENGTH = 36
/** More attempts than any exit of a run makes. */
const MOST_ATTEMPTS = 200

/** Units that the exits of one generation of a position have executed. */
export function executedBy(
  { id, generation, storeId }: { id: string; generation: number; storeId: string },
  book: TrueBook,
): number {
  const ids = new Set<string>()
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const order = { positionId: positionId(id), generation, attempt }
    ids.add(clientOrderId({ storeId, account: '', ...order }))
    const { attempt: n, ...net } = { storeId, account: '', ...order }
    ids.add(netId({ ...net, n }, ID_LENGTH))
  }
  const own = book.fills.filter(fill => ids.has(fill.clientOrderId))
  return own.map(({ quantity }) => quantity).reduce(sum, 0)
}

/** One generation of a position: what it owned, and what its exits executed. */
interface Lived {
  readonly held: Held
  readonly generation: number
  readonly owned: number
  readonly executed: number
}

function generationsOf({ plan, book, disk: { storeId }, deeds }: Outcome): readonly Lived[] {
  const executed = ({ id }: Held, generation: number): number =>
    executedBy({ id, generation, storeId }, book)
  const lived = (held: Held, generation: number, owned = held.quantity): Lived => {
    return { held, generation, owned, executed: executed(held, generation) }
  }
  const generationsOfAlone = (held: Held): Lived[] => {
    const { quantity } = held
    if (deeds.isReleased) {
      // A released quantity is not gone: the second generation owns what the first one has not
      // sold.
      const both = sum(executed(held, 1), executed(held, 2))
      return [{ held, generation: 2, owned: quantity, executed: both }]
    }
    const first = lived(held, 1, plan.isHalved ? 2 : quantity - deeds.sold)
    return plan.isReopened || deeds.generations === 2 ? [first, lived(held, 2)] : [first]
  }
  const generations = positionsOf(plan).flatMap(held =>
    held.id === ALONE.id ? generationsOfAlone(held) : [lived(held, 1)],
  )
  return deeds.hasMore ? [...generations, lived(moreOf(plan), 1)] : generations
}

/** Instruments where orders of any id executed more or less than positions owned. */
function unlike(
  generations: readonly Lived[],
  book: TrueBook,
): { instrument: string; text: string }[] {
  return [...new Set(generations.map(({ held }) => held.instrument))].flatMap(instrument => {
    const own = generations.filter(({ held }) => held.instrument === instrument)
    const owned = own.map(each => each.owned).reduce(sum, 0)
    const fills = book.fills.filter(fill => fill.instrument === instrument)
    const executed = fills.map(({ quantity }) => quantity).reduce(sum, 0)
    const text = `${instrument}: ${executed} of ${owned} executed by all orders`
    return executed === owned ? [] : [{ instrument, text }]
  })
}

/**
 * Whether the venue has forgotten a stop that was executed while no process guarded: then only the holding shows what it
 * took, and where positions share it, not whose units they were.
 */
const isStopForgotten = ({ plan, disk }: Outcome, instrument: string): boolean =>
  plan.net !== null &&
  plan.venue.quirks?.forgets !== undefined &&
  disk.journal.some(line => line.kind === 'holding-shrunk' && line.instrument === instrument)

/** Violations in a finished run: one line each; none where every promise was kept. */
export function violationsOf(outcome: Outcome): readonly string[] {
  const { plan, book, disk } = outcome
  const generations = generationsOf(outcome)
  const of = (instrument: string): readonly Lived[] =>
    generations.filter(({ held }) => held.instrument === instrument)
  // The guard cannot know of an order that arrives after all proofs; it can only report it.
  const isLate = (instrument: string): boolean =>
    plan.lateArrivalMs !== null && of(instrument).some(({ executed, owned }) => executed > owned)
  const left = leftToAPerson(outcome)
  const isLeft = (instrument: string): boolean => {
    const own = of(instrument)
    const isTooMuch = own.some(({ executed, owned }) => executed > owned)
    return !isTooMuch && own.some(({ held: { id } }) => left.has(id))
  }
  const isExcused = (instrument: string): boolean => isLate(instrument) || isLeft(instrument)
  const isUnattributed = (instrument: string): boolean =>
    of(instrument).length > 1 && isStopForgotten(outcome, instrument)
  const faults = generations
    .filter(({ held, executed, owned }) => executed !== owned && !isExcused(held.instrument))
    .filter(({ held }) => !isUnattributed(held.instrument))
    .map(wrong)
  for (const { instrument, text } of unlike(generations, book)) {
    if (!isExcused(instrument)) faults.push(text)
  }
  for (const held of book.holdings) {
    const { instrument, quantity } = held
    if (isBeside(plan.venue, held) || isExcused(instrument)) continue
    faults.push(`${instrument}: ${quantity} are left`)
  }
  faults.push(...brokenRules(outcome))
  if (isOversoldBy(generations) && !disk.journal.some(({ kind }) => kind === 'holding-oversold')) {
    faults.push('the account was oversold, and no report was made')
  }
  const guards = disk.journal.filter(({ kind }) => kind === 'second-guard')
  if (guards.length > 0 && plan.hostility.course !== 'restored')
    faults.push(`an order of its own is a stranger: ${JSON.stringify(guards)}`)
  const isAwaited = isAwaitingReleased(outcome)
  for (const { position, state } of disk.positions.values()) {
    if ((isAwaited && position.id === ALONE.id) || left.has(position.id)) continue
    if (state !== 'closed') faults.push(`${position.id} is ${state}`)
  }
  return faults
}

/**
 * Whether nothing is left but to wait: `alone` was released while the outcome of its order was unknown, where the venue
 * finds no order by its id. That order may arrive for an hour; until then it explains that nothing is held any more.
 */
export function isAwaitingReleased({ plan, book, disk, deeds }: Outcome): boolean {
  const { capabilities } = plan.hostility.shrunk ?? plan.venue
  const isHeld = book.holdings.some(({ instrument }) => instrument === ALONE.instrument)
  const isReported = disk.journal.some(
    ({ kind, positionId: id }) => kind === 'exit-unproved' && id === ALONE.id,
  )
  return deeds.isReleased && capabilities.lookup === 'none' && !isHeld && isReported
}

/** Time after the report of an unproved exit in which nothing has proved it, ms. */
const UNPROVED_MS = 60_000

/**
 * Positions whose exits wait for a person, which is reported. Either the configuration claims less of the venue than
 * when their orders were made, or the venue has forgotten them, and what was noted then does not decide them; or units
 * that were bought beside `alone` showed before a position named them, where the holding is the only evidence of what
 * its order has sold. Nothing more is sent for them, nor for those that wait for the same holding where that is the
 * evidence.
 */
export function leftToAPerson({ plan, disk }: Pick<Outcome, 'plan' | 'disk'>): ReadonlySet<string> {
  const { shrunk } = plan.hostility
  const isForgotten = plan.venue.quirks?.forgets !== undefined
  if (shrunk === null && !isForgotten && !isBoughtUnnamed({ plan, disk })) return new Set()
  const reported = disk.journal.flatMap(({ kind, positionId: id, at }) =>
    kind === 'exit-unproved' && id !== undefined && Date.now() - at > UNPROVED_MS ? [id] : [],
  )
  const open = [...disk.positions.values()].filter(({ state }) => state === 'open')
  const left = open.filter(({ position: { id } }) => reported.includes(id))
  const { capabilities } = shrunk ?? plan.venue
  const isEvidence = capabilities.lookup === 'none' || isForgotten
  const held = new Set(left.map(({ position: { instrument } }) => instrument))
  const waiting = open.filter(({ position }) => isEvidence && held.has(position.instrument))
  return new Set([...left, ...waiting].map(({ position: { id } }) => String(id)))
}

/** Whether what was bought beside `alone` was held unnamed when its order was planned. */
const isBoughtUnnamed = ({ plan, disk }: Pick<Outcome, 'plan' | 'disk'>): boolean =>
  plan.hostility.course === 'bought again' &&
  plan.venue.capabilities.lookup === 'none' &&
  disk.journal.some(
    ({ kind, instrument }) => kind === 'holding-unowned' && instrument === ALONE.instrument,
  )

/** Whether more of some instrument was executed than all of its positions owned. */
function isOversoldBy(generations: readonly Lived[]): boolean {
  const beyond = new Map<string, number>()
  for (const { held, executed, owned } of generations) {
    const before = beyond.get(held.instrument) ?? 0
    beyond.set(held.instrument, sum(before, difference(executed, owned)))
  }
  return [...beyond.values()].some(quantity => quantity > 0)
}

/** Rules of the venue that orders have broken, and holdings of others that orders have touched. */
function brokenRules({ plan: { venue, net }, book, disk }: Outcome): readonly string[] {
  const { capabilities, quirks = {} } = venue
  const isMarket = capabilities.styles?.includes('market') === false
  const markets = book.orders.filter(
    ({ type, clientOrderId: id }) => isMarket && type === 'market' && id !== ORPHAN,
  )
  const large = book.orders.filter(({ quantity }) => quantity > (quirks.maxQuantity ?? Infinity))
  const touched = (quirks.beside ?? []).filter(
    each =>
      !book.holdings.some(
        held =>
          isBeside({ ...venue, quirks: { beside: [each] } }, held) &&
          held.quantity === each.quantity,
      ),
  )
  const isOrphan = book.orders.some(
    ({ clientOrderId, endedAt }) => clientOrderId === ORPHAN && endedAt === null,
  )
  const isSeen = disk.journal.some(({ kind }) => kind === 'net-orphan')
  return [
    ...markets.map(({ clientOrderId }) => `${clientOrderId} is a market order`),
    ...large.map(({ clientOrderId, quantity }) => `${clientOrderId} has ${quantity} units`),
    ...touched.map(each => `${JSON.stringify(each)} is not as it was`),
    ...(isOrphan && !isSeen && net !== null ? ['a stop of another store was not reported'] : []),
  ]
}

/** Whether more was exited than was held. */
export const isBeyondZero = ({ holdings }: TrueBook, venue: CrashVenue): boolean =>
  holdings.some(held => {
    if (isBeside(venue, held)) return false
    return held.instrument === ALONE.instrument ? held.quantity < 0 : held.quantity > 0
  })

/** Ratchets that were loosened; a later generation of an id starts anew. */
export function loosened(before: Disk, after: Disk): readonly string[] {
  return [...before.positions.values()].flatMap(old => {
    const now = after.positions.get(old.position.id)
    if (now?.state !== 'open' || old.state !== 'open') return []
    if (now.generation !== old.generation) return []
    const [was, is] = [old.best ?? NaN, now.best ?? NaN]
    return (old.position.side === 'long' ? is < was : is > was)
      ? [`${old.position.id}: the best price went from ${was} to ${is}`]
      : []
  })
}

const wrong = ({ held: { id }, generation, executed, owned }: Lived): string =>
  `${id}, generation ${generation}: ${executed} of ${owned} executed`
