import { expect } from 'chai'
import fc from 'fast-check'
import { ORDERLY, runInDisorder, type Disorder } from '../support/burst-engine.ts'
import { evaluatePlainly, type PlainEvent, type PlainPosition } from '../support/plain-evaluator.ts'
import { runs } from '../support/runs.ts'
import { scenario as anyScenario } from '../support/scenarios.ts'

/** More runs find more; the default is for every day. */
const RUNS = runs(700)
const TIMEOUT_MS = 60_000 + RUNS * 100

const disorder: fc.Arbitrary<Disorder> = fc.record({
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
  picks: fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }),
  crashes: fc.array(fc.boolean(), { maxLength: 7 }).map(list => [...list, false]),
  downs: fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }),
  backlogLimit: fc.constantFrom(1, 2, 5, 4096),
  segmentLimit: fc.constantFrom(1, 2, 1024),
  accounts: fc.integer({ min: 1, max: 3 }),
})

/** Without any event there is no last time to compare the levels at. */
const scenario = () => anyScenario().filter(({ events }) => events.length > 0)

/** What both evaluators must agree on, in comparable form. */
function essence(decision: {
  positionId: string
  reason: string
  matched: readonly string[]
  at: number
  level: number | null
  best: number
  seq?: number | null
  tick?: { seq: number } | null
}) {
  const { positionId, reason, matched, at, level, best, tick } = decision
  const seq = decision.seq === undefined ? (tick ? tick.seq - 1 : null) : decision.seq
  return { positionId, reason, matched: [...matched], at, level, best, seq }
}

const byPosition = (a: { positionId: string }, b: { positionId: string }): number =>
  a.positionId < b.positionId ? -1 : 1

/** Decisions of the plain evaluator, including those that never found a price. */
function plainly(positions: PlainPosition[], events: PlainEvent[]) {
  const { decisions, open } = evaluatePlainly(positions, events)
  const guarded = open
    .filter(each => !each.exiting)
    .map(({ positionId, stop, target, best }) => ({ positionId, stop, target, best }))
  const unfilled = new Set<string>(open.filter(each => each.exiting).map(each => each.positionId))
  return { decisions: decisions.map(essence), guarded, unfilled }
}

describe('The dispatcher decides exactly as every rule on every tick would', () => {
  it('in order, with the same final levels, when every monitor keeps up', () => {
    fc.assert(
      fc.property(scenario(), ({ positions, events }) => {
        const { decisions, guarded, unfilled } = plainly(positions, events)
        const engine = runInDisorder(positions, events, ORDERLY)
        const found = engine.decisions.filter(each => !unfilled.has(each.positionId)).map(essence)
        expect(found).to.deep.equal(decisions)
        expect(engine.open).to.deep.equal(guarded)
      }),
      { numRuns: RUNS },
    )
  }).timeout(TIMEOUT_MS)

  it('whatever lags, overtakes, crashes in mid-drain, is down or is folded', () => {
    fc.assert(
      fc.property(scenario(), disorder, ({ positions, events }, chosen) => {
        const { decisions, guarded, unfilled } = plainly(positions, events)
        const engine = runInDisorder(positions, events, chosen)
        const found = engine.decisions.filter(each => !unfilled.has(each.positionId)).map(essence)
        expect(found.toSorted(byPosition)).to.deep.equal(decisions.toSorted(byPosition))
        expect(engine.open).to.deep.equal(guarded)
      }),
      { numRuns: RUNS },
    )
  }).timeout(TIMEOUT_MS)
})
