import { sfc32, type Random } from '../../src/domain/random.ts'
import type { Fault, FillPlan, Harm } from '../support/broker-server/script.ts'
import { faultsAt } from './emulated.ts'
import { hostilityOf, TO_BELIEF, withMore, type Hostility } from './hostility.ts'
import { LABELS, type Kill } from './labels.ts'
import { netPlanOf, type NetPlan } from './net-plan.ts'
import { emulatedVenues, LATE_MS, realVenuesOf, venuesOf, type CrashVenue } from './venues.ts'

/** One run: a venue, its faults, and where the guard is killed. All of it follows from a seed. */
export interface Plan {
  readonly seed: number
  readonly venue: CrashVenue
  /** Lists lag more than anything else. */
  readonly doListsLag: boolean
  /** Half of a position is closed by hand before its exit is decided. */
  readonly isHalved: boolean
  /** An id that is closed is guarded again. */
  readonly isReopened: boolean
  /** An abandoned order reaches the venue so long after it was sent, ms; null: none does. */
  readonly lateArrivalMs: number | null
  readonly hostility: Hostility
  /** The venue's day is over so long after the start of the run, ms; null: not within it. */
  readonly dayEndsAfterMs: number | null
  /** Stops of the positions that rest at the venue; null: none. */
  readonly net: NetPlan | null
  readonly kills: readonly Kill[]
  readonly faults: readonly Fault[]
}

/** Added to a seed for what was added to the plans later. */
const MORE = 1_000_003

/** Longest wait of the guard for one answer, ms. */
export const CALL_MS = 400

/** Combinations of faults that each venue has. */
const VARIANTS = 8
const MATRIX = venuesOf(LATE_MS).length * VARIANTS

/** Runs that go once through all venues with every combination of faults. */
export const ROUND = MATRIX + (realVenuesOf(LATE_MS).length + emulatedVenues.length) * VARIANTS

/** The venue of a seed, from 0: those of the matrix first, then real and emulated ones, neighbouring seeds at different ones. */
export function venueOf(seed: number, lateMs = LATE_MS): CrashVenue {
  const place = seed % ROUND
  const venues = place < MATRIX ? venuesOf(lateMs) : [...realVenuesOf(lateMs), ...emulatedVenues]
  return venues[(place < MATRIX ? place : place - MATRIX) % venues.length]!
}

/** The plan of a seed. */
export function planOf(seed: number, lateMs = LATE_MS): Plan {
  const random = sfc32(seed + 1)
  const venue = venueOf(seed, lateMs)
  const variant = Math.floor(seed / venuesOf(lateMs).length) + seed
  const drawn = withMore(hostilityOf(venue, random), venue, sfc32(seed + MORE))
  const hostility = venue.quirks === undefined ? drawn : boundedBy(venue, drawn)
  const { course, shrunk } = hostility
  const isPlain = course === 'plain'
  const net = netPlanOf(seed, venue, hostility)
  const lateArrival = lateArrivalAt(venue)
  const isLateArrival = isPlain && venue.isUnprovable && random() < 0.3
  return {
    seed,
    venue,
    doListsLag: (variant & 1) === 1,
    isHalved: isPlain && (variant & 2) === 2,
    isReopened: isPlain && (variant & 4) === 4,
    hostility,
    lateArrivalMs: isLateArrival ? lateArrival.ms : null,
    dayEndsAfterMs: hasDays(venue) ? Math.floor(2_500 + sfc32(seed + DAYS)() * 6_000) : null,
    net,
    kills: [...(net?.kills ?? []), ...killsOf(random)].filter(kill => isReached(kill, venue)),
    faults: [
      ...(net?.faults ?? []),
      ...faultsOf(shrunk ?? venue, random),
      ...(venue.emulated ? faultsAt(venue.emulated, sfc32(seed + EMULATED)) : []),
      ...quirkyFaults(venue, sfc32(seed + QUIRKS)),
      ...(isLateArrival ? [{ on: 'place', harm: lateArrival } as const] : []),
    ],
  }
}

const DAYS = 3_000_017
const QUIRKS = 5_000_011
const EMULATED = 9_000_011

const hasDays = ({ quirks }: CrashVenue): boolean => quirks?.forgets === 'at the end of the day'

/** The hostility without what a venue of this kind cannot be held to. */
function boundedBy({ quirks = {}, emulated }: CrashVenue, hostility: Hostility): Hostility {
  const { course, clocks } = hostility
  // By a clock that is wrong by more than an order takes, no day's end can be kept.
  const isTimed = quirks.forgets !== undefined
  // The holdings beside the positions would be adopted as well.
  const isTaken = course === 'adopted' && quirks.beside !== undefined
  return {
    ...hostility,
    // The venues state no age, and write exact decimals.
    ...(emulated && { ageMs: 0, doesDrift: false }),
    shrunk: null,
    clocks: isTimed ? [] : clocks,
    course: isTaken ? 'plain' : course,
  }
}

/** What the exchange does to orders that its broker has accepted. */
function quirkyFaults({ capabilities, quirks = {} }: CrashVenue, random: Random): Fault[] {
  const refused = (): Harm => ({
    kind: 'fill',
    plan: { share: 0, rejectsAfterMs: Math.floor(30 + random() * 500) },
  })
  const late = lateArrivalAt({ capabilities })
  const givenUp = {
    kind: 'delay',
    when: 'before',
    ms: CALL_MS + capabilities.visibilityMs / 3,
  } as const
  return [
    ...(quirks.rejectsLate === true
      ? [
          { on: 'place', times: 2, skip: Math.floor(random() * 3), harm: refused() } as const,
          { on: 'stop', skip: Math.floor(random() * 2), harm: refused() } as const,
        ]
      : []),
    // Such an order arrives after its deadline, and the venue refuses it.
    ...(capabilities.deadline === 'kept'
      ? [{ on: 'place', skip: Math.floor(random() * 3), harm: late } as const]
      : []),
    // It acts after the guard has given it up, and before the venue claims to show everything.
    ...(capabilities.deadline === 'ignored'
      ? [{ on: 'place', skip: Math.floor(random() * 3), harm: givenUp } as const]
      : []),
  ]
}

const pick = <Each>(random: Random, list: readonly Each[]): Each =>
  list[Math.floor(random() * list.length)]!

const KILLS = 8

/** Kills in the order in which their steps occur, so that most of them are reached. */
function killsOf(random: Random): Kill[] {
  return Array.from({ length: KILLS }, (): Kill => {
    if (random() < 0.2) return { label: 'random', afterMs: Math.floor(500 + random() * 1_500) }
    const label = pick(random, LABELS)
    // Bytes that were just written are read within some milliseconds.
    const afterMs = label.endsWith('sent') ? Math.floor(random() * 10) : 0
    return { label, nth: random() < 0.7 ? 1 : 2, afterMs }
  }).toSorted((a, b) => rankOf(a) - rankOf(b))
}

/** At venues where every order is found and bounded, no exit asks for its holding first. */
const isReached = ({ label }: Kill, { emulated }: CrashVenue): boolean =>
  emulated === undefined || !label.startsWith('holding')

const rankOf = (kill: Kill): number =>
  kill.label === 'random' ? kill.afterMs / 150 : LABELS.indexOf(kill.label)

/**
 * How the first orders are executed: later, in parts, or partially. Orders after them are filled at
 * once: at a venue that halves every order no exit ever ends.
 */
const FILLS: readonly FillPlan[] = [
  { share: 1, afterMs: 80 },
  { share: 0.5, restMs: 150 },
  { share: 0.5 },
  { share: 0.5, ends: true },
  { share: 0, restMs: 1_000 },
]

/** Faults that every venue may have with an order, without breaking its claims. */
const TO_ORDERS: readonly Harm[] = [
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'status', when: 'before', status: 503 },
  { kind: 'status', when: 'after', status: 502 },
  { kind: 'status', when: 'before', status: 429, headers: { 'retry-after': '1' } },
  { kind: 'hang', when: 'before' },
  { kind: 'hang', when: 'after' },
  { kind: 'delay', when: 'before', ms: 20, jitterMs: 80 },
  { kind: 'delay', when: 'after', ms: 50, jitterMs: 600 },
  { kind: 'reject', code: 'refused' },
  { kind: 'reject', code: 'market-closed' },
  { kind: 'raw', text: '{' },
]

const TO_QUESTIONS: readonly Harm[] = [
  { kind: 'reset', when: 'after' },
  { kind: 'status', when: 'after', status: 503 },
  { kind: 'hang', when: 'before' },
  { kind: 'patch', fields: { kind: 'unknown' } },
  { kind: 'behind', ms: 200 },
]

const TO_LISTS: readonly Harm[] = (['empty', 'half', 'twice', 'missing', 'malformed'] as const).map(
  change => ({ kind: 'rows', change }),
)

/**
 * After the guard has abandoned the order, and after everything is visible that the venue claims to
 * show.
 */
const lateArrivalAt = ({ capabilities }: Pick<CrashVenue, 'capabilities'>) =>
  ({ kind: 'delay', when: 'before', ms: 2_000 + 5 * capabilities.visibilityMs }) as const

function faultsOf(venue: CrashVenue, random: Random): Fault[] {
  const { capabilities } = venue
  const isDeduped = capabilities.dedupe === 'always'
  const orders: readonly Harm[] = isDeduped
    ? [...TO_ORDERS, { kind: 'repeat', afterMs: 300 }, lateArrivalAt(venue)]
    : TO_ORDERS
  const aimed: Fault[] = [
    { on: 'place', skip: Math.floor(random() * 3), harm: pick(random, orders) },
    { on: 'place', skip: Math.floor(random() * 5), harm: pick(random, orders) },
    { on: 'place', times: 2, harm: { kind: 'fill', plan: pick(random, FILLS) } },
    { on: 'place', skip: 2, harm: { kind: 'fill', plan: pick(random, FILLS) } },
    { on: 'cancel', harm: { kind: 'cross', share: random() < 0.5 ? 1 : 0.5 } },
  ]
  const questions = (['holding', 'order', 'cancel'] as const).map((on): Fault => ({
    on,
    times: 3,
    chance: 0.3,
    harm: pick(random, TO_QUESTIONS),
  }))
  const lists: Fault = { on: 'holdings', times: 4, chance: 0.5, harm: pick(random, TO_LISTS) }
  const [on, harm] = pick(random, TO_BELIEF)
  const belief: Fault = { on, harm, skip: Math.floor(random() * 4) }
  return [...aimed, ...questions, lists, belief].filter(() => random() < 0.7)
}
