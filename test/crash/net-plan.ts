import { sfc32, type Random } from '../../src/domain/random.ts'
import type { RestingStop } from '../../src/domain/resting-stop.ts'
import type { Fault, Harm, Script } from '../support/broker-server/script.ts'
import type { Hostility } from './hostility.ts'
import { NET_LABELS, type Kill } from './labels.ts'
import type { CrashVenue } from './venues.ts'

/** What becomes of the stops that rest at the venue, whatever happens to the guard meanwhile. */
export const NET_ACTS = ['rests', 'fires', 'half fires', 'ends with the day'] as const

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
    restingStop: {
      kinds: ['stop-market'],
      reserves: random() < 0.4,
      amend: random() < 0.5,
      triggers: ['last'],
      expires: 'ever',
    },
    kills: [killOf(random), killOf(random)],
    faults: [
      ...(act === 'half fires' ? [half] : []),
      ...(random() < 0.5 ? [{ on: 'stop', harm: pick(HARMS) } as const] : []),
      ...(random() < 0.5 ? [{ on: 'cancel', harm: { kind: 'cross', share: 0.5 } } as const] : []),
    ],
  }
}

function killOf(random: Random): Kill {
  const label = NET_LABELS[Math.floor(random() * NET_LABELS.length)]!
  const afterMs = label.endsWith('sent') ? Math.floor(random() * 10) : 0
  return { label, nth: random() < 0.8 ? 1 : 2, afterMs }
}

/** What the venue does with the stops of a run, from its start on. */
export function stepsOf({ act, afterMs }: NetPlan): NonNullable<Script['steps']> {
  switch (act) {
    case 'rests':
      return []
    case 'fires':
    case 'half fires':
      return [{ afterMs, triggerStops: true }]
    case 'ends with the day':
      return [{ afterMs, endStops: true }]
  }
}
