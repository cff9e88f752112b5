import type { Account } from '../account/account.ts'
import type { Found } from '../account/found.ts'
import { POSITION_STATES, type PositionState } from '../domain/position.ts'
import { instrumentsHeld } from '../engine/held-instruments.ts'
import type { Meters } from '../observability/meters.ts'
import type { OwnedStore } from '../ports/store.ts'
import type { Prices } from './open-prices.ts'
import type { Seeded } from './sync-positions.ts'

/** What a start prints for the person who started it. */
export interface Started extends Begun {
  /** Where the API answers. */
  readonly url: string
  /** How the store could lose what it acknowledged. */
  readonly risks: readonly string[]
}

/** The part of one account in what a start prints. */
export interface Begun extends Seeded {
  /** Open positions by their state, once first prices have come or had time to. */
  readonly counts: Readonly<Record<PositionState, number>>
  /** Instruments that the feed does not give, with a guess at what was meant. */
  readonly unpriced: readonly string[]
  /** What could not be read at the venue, and why. */
  readonly unread: readonly string[]
  /** A person must confirm what the account holds before anything is sent. */
  readonly isUnconfirmed: boolean
}

/** Longest wait of a start for first prices, before it says how many positions are guarded, ms. */
const FIRST_PRICES_MS = 1_500
const STEP_MS = 50

/** The instruments that the feed does not give, underlyings included: journaled, and as text. */
export async function missingInstruments(
  { engine, missingPrices }: Account,
  prices: Prices,
): Promise<readonly string[]> {
  const missing = await prices.missing([...new Set(instrumentsHeld(engine.registry))])
  missingPrices.noteUnpriced(missing)
  return missingPrices.textsOf(missing)
}

/** Evaluates all positions once their first prices have come, at most `FIRST_PRICES_MS` after the start. */
export async function firstSweep({ coverage }: Account): Promise<Found> {
  for (let waitedMs = 0; waitedMs < FIRST_PRICES_MS; waitedMs += STEP_MS) {
    const { unpriced } = await coverage.swept()
    if (unpriced.size === 0) break
    await new Promise(resolve => setTimeout(resolve, STEP_MS))
  }
  return coverage.swept()
}

/**
 * Counts the time without a process as unguarded (P5): since the last journal line or the last stored minute of the
 * process before. After a kill that is up to a minute too much, never too little.
 */
export async function countDownTime(
  account: Account,
  store: OwnedStore,
  { keptUntil }: Pick<Meters, 'keptUntil'>,
): Promise<void> {
  const [last] = await store.journal({ after: 0, limit: 1, last: 1 })
  const from = Math.max(last?.at ?? -Infinity, keptUntil ?? -Infinity)
  if (from === -Infinity) return
  // What was open is guarded once its monitors are there.
  await account.heard()
  const { positions, downMs } = await account.coverage.countDown(from)
  if (positions > 0) account.note('guard-resumed', { positions, downMs })
}

/** The parts of all accounts as one; texts and ids begin with the name of the account. */
export function allBegun(all: readonly (readonly [name: string, begun: Begun])[]): Begun {
  const counts = Object.fromEntries(
    POSITION_STATES.map(state => [
      state,
      all.reduce((sum, [, begun]) => sum + begun.counts[state], 0),
    ]),
  ) as Record<PositionState, number>
  const texts = (of: (begun: Begun) => readonly string[], separator: string): readonly string[] =>
    all.flatMap(([name, begun]) => of(begun).map(text => `${name}${separator}${text}`))
  return {
    counts,
    isUnconfirmed: all.some(([, begun]) => begun.isUnconfirmed),
    unpriced: texts(({ unpriced }) => unpriced, ': '),
    unread: texts(({ unread }) => unread, ': '),
    over: texts(({ over }) => over, '/'),
    vanished: texts(({ vanished }) => vanished, '/'),
    ruled: texts(({ ruled }) => ruled, '/'),
    noted: texts(({ noted }) => noted, '/'),
    refused: texts(({ refused }) => refused, '/'),
  }
}
