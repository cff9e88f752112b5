import { readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { expect } from 'chai'
import { parse } from 'yaml'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import type { Side } from '../../src/domain/position.ts'
import type { Tick } from '../../src/domain/tick.ts'
import { exampleDay, exampleDayCsv, writeExampleDay } from '../../src/feeds/example-day.ts'
import { EXAMPLE_MARKET } from '../../src/feeds/example-market.ts'
import { parseInstant } from '../../src/feeds/instant.ts'
import { mergeTicks } from '../../src/feeds/merge.ts'
import { tickAt } from '../../src/feeds/tick-batch.ts'
import { tickFile } from '../../src/feeds/tick-csv.ts'
import { compileRuleSet, ruleSetWarnings } from '../../src/risk/rule-set.ts'
import { RULES } from '../../src/risk/rules/registry.ts'
import { evaluatePlainly, type PlainPosition } from '../support/plain-evaluator.ts'

const DAY_FILE = 'config/example/day.csv.gz'
const ticks = [...exampleDay()]
const goodTicks = ticks.filter(tick => tick.price > 0)

describe('exampleDay', () => {
  it('generates the bundled file, byte for byte, from its seed', () => {
    const bundled = gunzipSync(readFileSync(DAY_FILE))
    expect(Buffer.from([...exampleDayCsv()].join('')).equals(bundled)).to.equal(true)
  })

  it('gives another day for another seed', () => {
    expect([...exampleDay(2)].slice(0, 20)).to.not.deep.equal(ticks.slice(0, 20))
  })

  it('is read back from its file as it was made', async () => {
    const read: Tick[] = []
    for await (const batch of mergeTicks([tickFile(DAY_FILE)])) {
      for (let row = 0; row < batch.length; row++) read.push(tickAt(batch, row))
    }
    expect(read).to.deep.equal(ticks)
  })

  it('writes itself to a stream and ends it', async () => {
    const stream = new PassThrough()
    const [bytes] = await Promise.all([buffer(stream), writeExampleDay(stream, 7)])
    expect(bytes.toString()).to.equal([...exampleDayCsv(7)].join(''))
  })

  it('never goes back in time and stays on the grid of each instrument', () => {
    const grids = new Map(EXAMPLE_MARKET.map(each => [each.name, each]))
    let clock = 0
    for (const { ts, instrument, price } of ticks) {
      const { tickSize, decimals } = grids.get(instrument)!
      if (ts < clock || !Number.isInteger(ts)) throw new Error(`time ${ts} after ${clock}`)
      const onGrid = Number((Math.round(price / tickSize) * tickSize).toFixed(decimals))
      if (onGrid !== price) throw new Error(`${instrument} at ${price}`)
      clock = ts
    }
  })

  it('has a burst, a halt, bad ticks and crossed quotes', () => {
    const seconds = new Map<number, number>()
    for (const { ts } of ticks) {
      const second = Math.floor(ts / 1000)
      seconds.set(second, (seconds.get(second) ?? 0) + 1)
    }
    expect(Math.max(...seconds.values())).to.be.above(900)
    const globex = goodTicks.filter(tick => tick.instrument === 'GLOBEX')
    const quiet = globex.map(({ ts }, i) => ts - (globex[i - 1]?.ts ?? ts))
    expect(Math.max(...quiet)).to.be.above(30 * 60_000)
    expect(ticks.length - goodTicks.length).to.be.within(3, 30)
    expect(ticks.filter(({ bid = 0, ask = 0 }) => bid > ask).length).to.be.within(1, 30)
  })
})

interface Listed {
  readonly id: string
  readonly instrument: string
  readonly side: Side
  readonly quantity: number
  readonly entryPrice: number
  readonly openedAt?: string
  readonly underlying?: string
  readonly multiplier?: number
  readonly rules?: string | Record<string, unknown>
}

interface PositionsFile {
  readonly rules: Record<string, Record<string, unknown>>
  readonly positions: readonly Listed[]
}

function plainPosition(file: PositionsFile, listed: Listed): PlainPosition {
  const { rules = 'default', openedAt, underlying } = listed
  const options = typeof rules === 'string' ? file.rules[rules] : rules
  const { ruleSet, faults } = compileRuleSet(options!)
  if (ruleSet === undefined) throw new Error(JSON.stringify(faults))
  const position = {
    id: positionId(listed.id),
    instrument: instrumentId(listed.instrument),
    side: listed.side,
    quantity: listed.quantity,
    entryPrice: listed.entryPrice,
    multiplier: listed.multiplier ?? 1,
    openedAt: openedAt === undefined ? ticks[0]!.ts : parseInstant(openedAt),
    priceSource: 'trade' as const,
    ...(underlying === undefined ? {} : { underlying: instrumentId(underlying) }),
  }
  return { position, ruleSet }
}

describe('the example positions', () => {
  const file = parse(readFileSync('config/example/positions.yaml', 'utf8')) as PositionsFile
  const positions = file.positions.map(listed => plainPosition(file, listed))

  it('are 25 without a warning, entered near the market', () => {
    expect(new Set(positions.map(({ position }) => position.id)).size).to.equal(25)
    for (const { position, ruleSet } of positions) {
      expect(ruleSetWarnings(ruleSet, position), position.id).to.deep.equal([])
      const market = goodTicks.find(
        ({ ts, instrument }) => instrument === position.instrument && ts >= position.openedAt,
      )!
      expect(position.entryPrice / market.price, position.id).to.be.closeTo(1, 0.006)
    }
  })

  // A net decides nothing while the service runs: it rests at the venue for when it does not.
  const deciding = RULES.filter(({ name }) => name !== 'net')

  it('use every rule that decides, and the day shows the exit of each', () => {
    const used = new Set(positions.flatMap(({ ruleSet }) => ruleSet.names))
    expect([...used].toSorted()).to.deep.equal(deciding.map(({ name }) => name).toSorted())
    const events = goodTicks.map(tick => ({ at: tick.ts, tick }))
    const { decisions, open } = evaluatePlainly(positions, events)
    const shown = new Set(decisions.map(({ reason }) => reason))
    expect([...shown].toSorted()).to.deep.equal(deciding.map(({ reason }) => reason).toSorted())
    expect(open).to.have.length(2)
  })
})
