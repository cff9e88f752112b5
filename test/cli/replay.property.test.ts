import { expect } from 'chai'
import fc from 'fast-check'
import { VirtualSystem } from '../../src/app/virtual.ts'
import type { Decision } from '../../src/domain/decision.ts'
import { instrumentId, type PositionId } from '../../src/domain/ids.ts'
import { evaluatePlainly, type PlainEvent, type PlainPosition } from '../support/plain-evaluator.ts'
import { runs } from '../support/runs.ts'
import { scenario } from '../support/scenarios.ts'

/** A tenth of the runs of the dispatcher's property: actors cost more than calls. */
const RUNS = Math.ceil(runs(1_500) / 10)

/**
 * Every row of a tick file has a tick: one that only advances time is a tick of an unguarded
 * instrument.
 */
const ELSEWHERE = instrumentId('elsewhere')

interface Exit {
  readonly positionId: PositionId
  readonly reason: string
  readonly matched: readonly string[]
  readonly at: number
  readonly level: number | null
  readonly best: number
  /** Index of the deciding row; null for a decision by time. */
  readonly row: number | null
  readonly fillPrice: number
}

/** Feeds the whole system as a replay does, row by row. */
async function replayed(positions: readonly PlainPosition[], events: readonly PlainEvent[]) {
  const decided: { decision: Decision; row: number }[] = []
  const fills = new Map<PositionId, number>()
  const others: string[] = []
  const system: VirtualSystem = new VirtualSystem({
    journal: event => {
      if (event.kind === 'exit-intended') {
        decided.push({ decision: event.decision, row: system.rows - 1 })
      } else if (event.kind === 'exit-filled') {
        expect(fills.has(event.fill.positionId), 'a second fill').to.equal(false)
        fills.set(event.fill.positionId, event.fill.price)
      } else others.push(event.kind)
    },
  })
  for (const { position, ruleSet } of positions) system.guard(position, ruleSet)
  await system.ready()
  for (const { at, tick } of events) {
    await system.row(tick ?? { instrument: ELSEWHERE, ts: at, price: 1 })
  }
  await system.finish()
  const exits = decided.flatMap(({ decision, row }): Exit[] => {
    const fillPrice = fills.get(decision.positionId)
    if (fillPrice === undefined) return []
    const { positionId, reason, matched, at, level, best, tick } = decision
    const deciding = tick === null ? null : row
    return [
      { positionId, reason, matched: [...matched], at, level, best, row: deciding, fillPrice },
    ]
  })
  const waiting = new Set(decided.map(({ decision }) => decision.positionId))
  const open = positions.flatMap(({ position: { id } }) => {
    const standing = system.standing(id)
    if (standing === undefined) return []
    const { stop, target, best } = standing
    return [{ positionId: id, stop, target, best, exiting: waiting.has(id) }]
  })
  return { exits, open, others }
}

/** The result of evaluating every rule on every tick. */
function plainly(positions: readonly PlainPosition[], events: readonly PlainEvent[]) {
  const { decisions, open } = evaluatePlainly(positions, events)
  const exits = decisions.map(({ seq, fillPrice, ...rest }) => ({
    ...rest,
    row: seq,
    fillPrice: fillPrice!,
  }))
  return { exits, open, others: [] }
}

describe('A replay through the real actors', () => {
  it('exits, fills and leaves open exactly what every rule on every tick would', async function () {
    this.timeout(Math.max(180_000, RUNS * 400))
    const anyDay = scenario().filter(({ events }) => events.length > 0)
    await fc.assert(
      fc.asyncProperty(anyDay, async ({ positions, events }) => {
        expect(await replayed(positions, events)).to.deep.equal(plainly(positions, events))
      }),
      { numRuns: RUNS },
    )
  })
})
