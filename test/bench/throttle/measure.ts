import { quantile } from '../report.ts'
import type { VenueOptions } from './venue.ts'
import type { Exit, Run } from './world.ts'
import { CUT, isWithin, OUTAGE, RUN_MS, type Stretch } from './worlds.ts'

/** What the runs of one law at one venue come to. */
export interface Measured {
  /** Share of what the venue would have taken, percent. */
  readonly goodputPct: number
  readonly refusals: number
  /** Calls that the outage swallowed. */
  readonly intoOutage: number
  /** Until 90 % of what the venue takes is used again, s; Infinity: never. */
  readonly afterCutS: number
  readonly afterOutageS: number
  /** From the wish to the accepted order, s: at the venue's full limit, and while it takes less. */
  readonly exitP50S: number
  readonly exitP99S: number
  readonly cutExitP99S: number
  /** The same of exits that waited when the outage ended, or came soon after it; from its end, s. */
  readonly backExitP99S: number
}

/** Means over the runs; medians of recoveries; waits over all exits of all runs. */
export function measured(runs: readonly Run[], options: VenueOptions): Measured {
  const limit = options.limitAt(0)
  const exits = runs.flatMap(run => run.exits)
  const calm = waitsOf(exits.filter(isCalm))
  const duringCut = waitsOf(exits.filter(({ since }) => isWithin(since, CUT)))
  const capacity = capacityOf(options)
  return {
    goodputPct: mean(runs.map(({ accepted }) => (100 * accepted.length) / capacity)),
    refusals: mean(runs.map(({ refusals }) => refusals)),
    intoOutage: mean(runs.map(({ callsIntoOutage }) => callsIntoOutage)),
    afterCutS: quantile(
      runs.map(run => recoveryS(run, CUT.to, limit)),
      0.5,
    ),
    afterOutageS: quantile(
      runs.map(run => recoveryS(run, OUTAGE.to, limit)),
      0.5,
    ),
    exitP50S: quantile(calm, 0.5),
    exitP99S: quantile(calm, 0.99),
    cutExitP99S: quantile(duringCut, 0.99),
    backExitP99S: quantile(exits.flatMap(backS), 0.99),
  }
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length

/** Calls that the venue would take in a run. */
function capacityOf({ limitAt, isDown }: VenueOptions): number {
  let sum = 0
  for (let ms = 0; ms < RUN_MS; ms += 100) if (!isDown(ms, 'quotes')) sum += limitAt(ms) / 10
  return sum
}

const SAMPLE_MS = 5_000

function recoveryS({ accepted }: Run, from: number, limit: number): number {
  for (let at = from; at < RUN_MS; at += 250) {
    const count = accepted.filter(each => isWithin(each, { from: at, to: at + SAMPLE_MS })).length
    if (count >= (0.9 * limit * SAMPLE_MS) / 1_000) return (at - from) / 1_000
  }
  return Infinity
}

/** Breakers that opened in an outage let no exit through for a while after it. */
const TROUBLED: readonly Stretch[] = [CUT, { from: OUTAGE.from - 2_000, to: OUTAGE.to + 20_000 }]

const isCalm = ({ since, acceptedAt }: Exit): boolean =>
  !TROUBLED.some(({ from, to }) => since < to && acceptedAt >= from)

/** What follows an outage. */
const BACK_MS = 20_000

const backS = ({ since, acceptedAt }: Exit): number[] =>
  acceptedAt < OUTAGE.to || since > OUTAGE.to + BACK_MS
    ? []
    : [(acceptedAt - Math.max(since, OUTAGE.to)) / 1_000]

const waitsOf = (exits: readonly Exit[]): number[] =>
  exits.map(({ since, acceptedAt }) => (acceptedAt - since) / 1_000)
