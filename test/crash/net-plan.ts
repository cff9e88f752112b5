import { restingStop } from '../../src/brokers/venue/resting-stop.ts'
import { sfc32, type Random } from '../../src/domain/random.ts'
import type { RestingStop } from '../../src/domain/resting-stop.ts'
import type { Fault, Harm, Script } from '../support/broker-server/script.ts'
import type { Hostility } from './hostility.ts'
import { NET_LABELS, type Kill } from './labels.ts'
import type { CrashVenue } from './venues.ts'

/** What becomes of the stops that rest at the venue, whatever happens to the guard meanwhile. */
export const NET_ACTS = [
  'rests',
  'fires',
  'half fires',
  'ends with the day',
  'is rejected',
  'fires while the exit arrives',
  'lies beside an orphan',
] as const

/** Nets of one run. */
export interface NetPlan {
  readonly act: (typeof NET_ACTS)[number]
  /** When that happens, ms after the start of the run. */
  readonly afterMs: number
  readonly restingStop: RestingStop
  readonly kills: readonly Kill[]
  readonly faults: readonly Fault[]
}

/** Seeds of nets are apart from those of everything else: a plan without nets stays as it was. */
const SEED = 7_000_001

const HARMS: readonly Harm[] = [
  { kind: 'reset', when: 'before' },
  { kind: 'reset', when: 'after' },
  { kind: 'status', when: 'after', status: 502 },
  { kind: 'hang', when: 'after' },
  { kind: 'delay', when: 'before', ms: 20, jitterMs: 300 },
  { kind: 'reject', code: 'market-closed' },
]

/** The nets of a seed; null: none, as at every venue that does not find orders by their ids. */
export function netPlanOf(seed: number, venue: CrashVenue, hostility: Hostility): NetPlan | null {
  const random = sfc32(seed + SEED)
  const { lookup } = venue.capabilities
  if (lookup !== 'complete' || hostility.shrunk !== null || random() < 0.4) return null
  const pick = <Each>(list: readonly Each[]): Each => list[Math.floor(random() * list.length)]!
  const act = pick(NET_ACTS)
  const half: Fault = {
    on: 'stop',
    times: 20,
    harm: { kind: 'fill', plan: { share: 0.5, ends: random() < 0.5 } },
  }
  return {
    act,
    afterMs: Math.floor(2_000 + random() * 4_000),
    restingStop: restingStopAt(venue) ?? {
      kinds:
        venue.capabilities.styles?.includes('market') === false ? ['stop-limit'] : ['stop-market'],
      reserves: random() < 0.4,
      amend: random() < 0.5,
      triggers: ['last'],
      expires: venue.quirks?.forgets === 'at the end of the day' ? 'day' : 'ever',
    },
    kills: [killOf(random), killOf(random)],
    faults: [
      ...(act === 'half fires' ? [half] : []),
      ...(act === 'is rejected' ? [REJECTED] : []),
      ...(act === 'fires while the exit arrives' ? crossing(random) : []),
      ...(random() < 0.5 ? [{ on: 'stop', harm: pick(HARMS) } as const] : []),
      ...(random() < 0.5 ? [{ on: 'cancel', harm: { kind: 'cross', share: 0.5 } } as const] : []),
    ],
  }
}

/** What the adapter of the venue declares; undefined where the configuration declares it. */
function restingStopAt({ emulated }: CrashVenue): RestingStop | undefined {
  if (emulated === undefined) return undefined
  return restingStop(emulated.mode, { amend: emulated.kind !== 'binance' })
}

/** The venue refuses stops, and takes one when it is tried again. */
const REJECTED: Fault = { on: 'stop', times: 2, harm: { kind: 'reject', code: 'refused' } }

/** The stops are executed in the moment in which an exit arrives: before it is taken, or after. */
function crossing(random: Random): Fault[] {
  const when = random() < 0.5 ? 'before' : 'after'
  return [{ on: 'place', skip: Math.floor(random() * 3), harm: { kind: 'trigger', when } }]
}

/** A stop in the format of nets that another store has left. */
export const ORPHAN = 'wkn00000000000000000000bad'

function killOf(random: Random): Kill {
  const label = NET_LABELS[Math.floor(random() * NET_LABELS.length)]!
  const afterMs = label.endsWith('sent') ? Math.floor(random() * 10) : 0
  return { label, nth: random() < 0.8 ? 1 : 2, afterMs }
}

/** What the venue does with the stops of a run, from its start on. */
export function stepsOf({ act, afterMs }: NetPlan): NonNullable<Script['steps']> {
  switch (act) {
    case 'rests':
    case 'is rejected':
    case 'fires while the exit arrives':
    case 'lies beside an orphan':
      return []
    case 'fires':
    case 'half fires':
      return [{ afterMs, triggerStops: true }]
    case 'ends with the day':
      return [{ afterMs, endStops: true }]
  }
}
