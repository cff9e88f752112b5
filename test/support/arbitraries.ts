import fc from 'fast-check'
import { plusPercent } from '../../src/domain/decimal.ts'
import { instrumentId, positionId } from '../../src/domain/ids.ts'
import { signOf, type Position } from '../../src/domain/position.ts'

export type Options = Readonly<Record<string, unknown>>

/** Multiples of a quarter, so that profits meet activations and tiers exactly. */
const quarters = (min: number, max: number): fc.Arbitrary<number> =>
  fc.integer({ min: min * 4, max: max * 4 }).map(n => n / 4)

const pct = fc.oneof(quarters(0.25, 60), fc.constantFrom(0.1, 0.37, 1.1, 2.333, 7.77))

/** A price of up to four decimal places. */
const price = fc
  .tuple(fc.integer({ min: 1, max: 999_999 }), fc.integer({ min: 0, max: 4 }))
  .map(([digits, places]) => Number(`${digits}e-${places}`))

const amount = fc.integer({ min: 1, max: 1_000_000 }).map(cents => cents / 100)

/** Up to four rows whose `key` ascends strictly. */
const ascending = <Row extends Options>(row: fc.Arbitrary<Row>, key: keyof Row) =>
  fc
    .uniqueArray(row, { minLength: 1, maxLength: 4, selector: each => each[key], size: 'max' })
    .map(rows => rows.toSorted((a, b) => Number(a[key]) - Number(b[key])))

const atPct = fc.oneof(fc.constant(0), quarters(0.25, 50))
const tiers = (value: 'distancePct' | 'dropPoints') =>
  ascending(
    fc.tuple(atPct, pct).map(([at, given]) => ({ atPct: at, [value]: given })),
    'atPct',
  )

/** Each rule's active part, with or without a condition that activates it. */
const activated = (given: fc.Arbitrary<Options>, ...conditions: fc.Arbitrary<Options>[]) =>
  fc
    .tuple(given, fc.oneof(fc.constant({}), ...conditions))
    .map(([options, condition]) => ({ ...options, ...condition }))

const basis = { basis: fc.constantFrom('best', 'entry') }
const optional = { requiredKeys: [] }

const stopLoss: fc.Arbitrary<Options> = fc.oneof(
  fc.record({ pct }),
  fc.record({ price }),
  fc.record({ amount }),
)

/** Steps of a coarse clock, so that ages meet the steps of a schedule exactly. */
const GRID_MS = 5_000
const steps = (max: number) => fc.nat(max).map(n => n * GRID_MS)

/** Ages of a position at which its levels are asked for, ms: seconds to days. */
export const ages = fc.oneof(steps(24), fc.nat(120_000), fc.nat(12 * 86_400_000))

const step = fc.record({ afterMs: steps(20), pct: quarters(-5, 60) })

const profitLock = fc.record({
  steps: ascending(
    fc
      .tuple(quarters(0.25, 50), quarters(0.25, 60))
      .map(([at, below]) => ({ atPct: at, lockPct: at - below })),
    'atPct',
  ),
})

const sessionEnd = fc
  .tuple(
    fc.record({
      at: fc.constantFrom('00:00', '02:30', '15:55', '23:59'),
      timezone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata', 'America/Sao_Paulo'),
    }),
    fc.record(
      {
        days: fc.constantFrom<unknown[]>('all', ['mon', 'thu'], ['sun']),
        holidays: fc.constantFrom<unknown[]>([], ['2018-11-02', '2018-11-05']),
        minProfitAmount: fc.integer({ min: -1000, max: 1000 }),
      },
      optional,
    ),
  )
  .map(([required, others]) => ({ ...required, ...others }))

const underlying = fc
  .tuple(
    fc.oneof(
      fc.record({ below: price }),
      fc.record({ above: price }),
      fc.record({ fallPct: pct }),
      fc.record({ risePct: pct, fallPct: pct }),
      fc.record({ risePct: pct, below: price }),
    ),
    fc.record({ from: price, instrument: fc.constant('INDEX') }, optional),
  )
  .map(([bounds, others]) => ({ ...bounds, ...others }))

/** Valid options of each rule of the registry, by its config name. */
export const ruleOptions: Readonly<Record<string, fc.Arbitrary<Options>>> = {
  stopLoss,
  takeProfit: fc.oneof(
    fc.record({ pct }),
    fc.record({ price }),
    fc.record({ amount }),
    fc.record({ schedule: ascending(step, 'afterMs') }),
  ),
  trailingStop: activated(
    fc.oneof(
      fc.record({ distancePct: pct, ...basis }, { requiredKeys: ['distancePct'] }),
      fc.record({ distance: price }),
      fc.record({ tiers: tiers('distancePct'), ...basis }, { requiredKeys: ['tiers'] }),
    ),
    fc.record({ activateAtPct: atPct }),
    fc.record({ activateAtPrice: price }),
  ),
  profitLock,
  peakDrawdown: activated(
    fc.oneof(fc.record({ dropPoints: pct }), fc.record({ tiers: tiers('dropPoints') })),
    fc.record({ activateAtPct: atPct }),
  ),
  profitFloor: fc.record({ keepPct: quarters(0.25, 100), activateAtPct: quarters(0.25, 60) }),
  net: fc.record({
    beyondPct: quarters(0.25, 50),
    minMovePct: quarters(0.25, 50),
    everyMs: fc.integer({ min: 1_000, max: 3_600_000 }),
  }),
  maxHold: fc.record({ ms: fc.integer({ min: 1, max: 1_000_000_000 }) }),
  sessionEnd,
  underlying,
  staleQuote: fc.record(
    {
      afterMs: fc.oneof(fc.integer({ min: 1, max: 900_000 }), fc.constant('auto')),
      action: fc.constantFrom('alert', 'poll', 'exit'),
    },
    { requiredKeys: ['afterMs'] },
  ),
}

/** The days before a midnight that did not exist in Brazil, and a change of clocks in New York. */
const FIRST_OPENING = Date.UTC(2018, 10, 1)
const WEEK_MS = 604_800_000

/** A position on either side, on a decimal grid, with a multiplier that divides badly. */
export const positions: fc.Arbitrary<Position> = fc
  .record({
    side: fc.constantFrom('long', 'short'),
    entryPrice: price,
    quantity: fc.constantFrom(1, 3, 0.5, 0.0007, 1200),
    multiplier: fc.constantFrom(1, 1, 50, 0.01),
    openedAt: fc.integer({ min: FIRST_OPENING, max: FIRST_OPENING + WEEK_MS }),
  })
  .map(given => ({
    id: positionId('p1'),
    instrument: instrumentId('ACME'),
    priceSource: 'trade',
    ...given,
  }))

/** Best profits in percent that follow each other as best prices do: from 0 on, never back. */
const bestProfits = fc
  .array(fc.oneof(fc.constant(0), quarters(0, 5), quarters(0, 40)), { maxLength: 12, size: 'max' })
  .map(steps => {
    let profit = 0
    return [0, ...steps.map(each => (profit += each))].filter(each => each < 99)
  })

/** A position and its best prices, in their order. */
export const histories: fc.Arbitrary<{ position: Position; bests: number[] }> = fc
  .tuple(positions, bestProfits)
  .map(([position, profits]) => ({
    position,
    bests: profits.map(profit => plusPercent(position.entryPrice, signOf(position.side) * profit)),
  }))
