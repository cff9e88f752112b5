import { difference, sum } from '../../src/domain/decimal.ts'
import { positionId } from '../../src/domain/ids.ts'
import { clientOrderId } from '../../src/exits/client-order-id.ts'
import type { TrueBook } from '../support/broker-server/client.ts'
import { ALONE, type Held, positionsOf } from './account.ts'
import type { Disk } from './guard.ts'
import type { Plan } from './plan.ts'

/** What a run has come to. */
export interface Outcome {
  readonly plan: Plan
  readonly book: TrueBook
  readonly disk: Disk
}

/** More attempts than any exit of a run makes. */
const MOST_ATTEMPTS = 200

/** Units that the exits of one life of a position have executed. */
export function executedBy(
  { id, generation, storeId }: { id: string; generation: number; storeId: string },
  book: TrueBook,
): number {
  const ids = new Set<string>()
  for (let attempt = 1; attempt <= MOST_ATTEMPTS; attempt++) {
    const life = { positionId: positionId(id), generation, attempt }
    ids.add(clientOrderId({ storeId, account: '', ...life }))
  }
  const own = book.fills.filter(fill => ids.has(fill.clientOrderId))
  return own.map(({ quantity }) => quantity).reduce(sum, 0)
}

/** One life of a position: what it owned, and what its exits executed. */
interface Lived {
  readonly held: Held
  readonly life: number
  readonly owned: number
  readonly executed: number
}

function livesOf({ plan, book, disk }: Outcome): readonly Lived[] {
  return positionsOf(plan).flatMap(held =>
    (held.id === ALONE.id && plan.isReopened ? [1, 2] : [1]).map(life => ({
      ...{ held, life },
      owned: held.id === ALONE.id && life === 1 && plan.isHalved ? 2 : held.quantity,
      executed: executedBy({ id: held.id, generation: life, storeId: disk.storeId }, book),
    })),
  )
}

/** What is wrong with a run that is over: one line each; none where every promise was kept. */
export function violationsOf(outcome: Outcome): readonly string[] {
  const { plan, book, disk } = outcome
  const lives = livesOf(outcome)
  const of = (instrument: string): readonly Lived[] =>
    lives.filter(({ held }) => held.instrument === instrument)
  // The guard cannot know of an order that arrives after all proofs; it can only say so.
  const isLate = (instrument: string): boolean =>
    plan.lateArrivalMs !== null && of(instrument).some(({ executed, owned }) => executed > owned)
  const faults = lives
    .filter(({ held, executed, owned }) => executed !== owned && !isLate(held.instrument))
    .map(wrong)
  for (const { instrument, quantity } of book.holdings) {
    if (!isLate(instrument)) faults.push(`${instrument}: ${quantity} are left`)
  }
  if (isOversoldBy(lives) && !disk.journal.some(({ kind }) => kind === 'holding-oversold')) {
    faults.push('the account was oversold, and nobody was told')
  }
  const guards = disk.journal.filter(({ kind }) => kind === 'second-guard')
  if (guards.length > 0) faults.push(`an order of its own is a stranger: ${JSON.stringify(guards)}`)
  for (const { position, state } of disk.positions.values()) {
    if (state !== 'closed') faults.push(`${position.id} is ${state}`)
  }
  return faults
}

/** Whether more of some instrument was executed than all of its positions owned. */
function isOversoldBy(lives: readonly Lived[]): boolean {
  const beyond = new Map<string, number>()
  for (const { held, executed, owned } of lives) {
    const before = beyond.get(held.instrument) ?? 0
    beyond.set(held.instrument, sum(before, difference(executed, owned)))
  }
  return [...beyond.values()].some(quantity => quantity > 0)
}

/** Whether more was exited than was held. */
export const isBeyondZero = ({ holdings }: TrueBook): boolean =>
  holdings.some(({ instrument, quantity }) =>
    instrument === ALONE.instrument ? quantity < 0 : quantity > 0,
  )

/** Ratchets that are looser than they were; later lives of an id begin anew. */
export function loosened(before: Disk, after: Disk): readonly string[] {
  return [...before.positions.values()].flatMap(old => {
    const now = after.positions.get(old.position.id)
    if (now?.state !== 'open' || old.state !== 'open') return []
    if (now.generation !== old.generation) return []
    const isLooser = old.position.side === 'long' ? now.best < old.best : now.best > old.best
    return isLooser
      ? [`${old.position.id}: the best price went from ${old.best} to ${now.best}`]
      : []
  })
}

const wrong = ({ held: { id }, life, executed, owned }: Lived): string =>
  `${id}, life ${life}: ${executed} of ${owned} executed`
