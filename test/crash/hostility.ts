import type { Random } from '../../src/domain/random.ts'
import type { Harm } from '../support/broker-server/script.ts'
import type { ClockStep, CommitFault } from '../support/steered/steering.ts'
import { weaker, type CrashVenue } from './venues.ts'

/**
 * What people do with the position `alone`, whatever happens to the guard meanwhile: nothing; they
 * add its id again as soon as it is free; buy as much once more during its exit, and post that;
 * release it during its exit, and add it again; restore a store from before its exit; sell a unit
 * by hand; buy as much once more during its exit, which the service adopts.
 */
export const COURSES = [
  'plain',
  'added at once',
  'bought again',
  'released',
  'restored',
  'sold by hand',
  'adopted',
] as const

export type Course = (typeof COURSES)[number]

/** Faults besides requests and kills. */
export interface Hostility {
  readonly course: Course
  /**
   * Answers about holdings come from a cache of this age, and state the age, ms; 0: they do not.
   */
  readonly ageMs: number
  /** Quantities are reported as sums of doubles. */
  readonly doesDrift: boolean
  /** Slow and refused commits of every process. */
  readonly commits: readonly CommitFault[]
  /** What the configuration claims from the second process on; null: the same as before. */
  readonly shrunk: CrashVenue | null
  /** The wall clock of each process, one after the other; the later ones have that of the machine. */
  readonly clocks: readonly CrashClock[]
}

/** A wall clock that is wrong by so much, ms, from the start of a process, and is set once while it runs. */
export interface CrashClock {
  readonly startMs: number
  readonly step: ClockStep
}

/** Nothing but requests and kills. */
export const CALM: Hostility = {
  course: 'plain',
  ageMs: 0,
  doesDrift: false,
  commits: [],
  shrunk: null,
  clocks: [],
}

/** No exit by time may be put off for longer than a run lasts. */
const SKEWS_MS = [0, -20_000, 20_000]
const CLOCKS = 6

/** The hostility with what a second source of chance adds: so the first one's plans stay as they are. */
export function withMore(given: Hostility, venue: CrashVenue, random: Random): Hostility {
  if (given.shrunk !== null) return given
  const skewMs = (): number => SKEWS_MS[Math.floor(random() * SKEWS_MS.length)]!
  const clock = (): CrashClock => {
    const afterMs = Math.floor(500 + random() * 2_500)
    return { startMs: skewMs(), step: { afterMs, ms: skewMs() } }
  }
  const clocks = random() < 0.25 ? Array.from({ length: CLOCKS }, clock) : []
  // Where only the holding shows what an order executed, a purchase beside it is nothing that can be proved.
  const isFindable = venue.capabilities.lookup === 'complete'
  const isAdopted = given.course === 'plain' && isFindable && random() < 0.25
  return { ...given, clocks, ...(isAdopted && { course: 'adopted' }) }
}

const AGE_MS = 500
/** Texts of commits: of one kind of line, or with a row of one table. */
const COMMITS = [
  'exit-filled',
  'exit-intended',
  'position-',
  '"exits"',
  'ratchets',
  'extremes',
] as const

/** The hostility of one run. */
export function hostilityOf(venue: CrashVenue, random: Random): Hostility {
  const isPlain = random() < 0.4
  const course = COURSES[1 + Math.floor(random() * (COURSES.indexOf('adopted') - 1))]!
  return {
    course: isPlain ? 'plain' : course,
    ageMs: random() < 0.2 ? AGE_MS : 0,
    doesDrift: random() < 0.25,
    commits: random() < 0.35 ? [commitFault(random), commitFault(random)] : [],
    shrunk: random() < 0.2 ? weaker(venue) : null,
    clocks: [],
  }
}

function commitFault(random: Random): CommitFault {
  const having = COMMITS[Math.floor(random() * COMMITS.length)]!
  const slowMs = Math.floor(50 + random() * 500)
  return { having, slowMs, times: 2, isRefused: random() < 0.25 }
}

/**
 * False answers that no broker may give, and some do: once each; all other queries contradict them.
 */
export const TO_BELIEF: readonly (readonly [on: 'holding' | 'order' | 'cancel', harm: Harm])[] = [
  ['holding', { kind: 'double', fields: { kind: 'flat' } }],
  ['holding', { kind: 'double', fields: { kind: 'held', quantity: 4 } }],
  ['holding', { kind: 'patch', fields: { kind: 'held', quantity: 1e308 } }],
  ['order', { kind: 'patch', fields: { kind: 'rejected', code: 'refused', executed: null } }],
  ['order', { kind: 'patch', fields: { executed: { quantity: 400, price: 1 } } }],
  ['order', { kind: 'patch', fields: { executed: { quantity: 4, price: 1.7e308 } } }],
  ['order', { kind: 'status', when: 'before', status: 401 }],
  ['cancel', { kind: 'patch', fields: { kind: 'rejected', code: 'refused', executed: null } }],
  ['cancel', { kind: 'ignore' }],
]
