import fc from 'fast-check'
import { instrumentId, positionId, type InstrumentId } from '../../src/domain/ids.ts'
import { isAtLeast, signOf, type Position, type Side } from '../../src/domain/position.ts'
import { priceIn, viewOf, type Tick } from '../../src/domain/tick.ts'
import { compileRuleSet } from '../../src/risk/rule-set.ts'
import type { Rule, RuleSet } from '../../src/risk/rule.ts'
import type { PlainEvent, PlainPosition } from './plain-evaluator.ts'

export interface ScenarioPosition extends PlainPosition {
  /** The options of the rule set, so that a failing scenario can be read and saved. */
  readonly options: Readonly<Record<string, unknown>>
}

export interface Scenario {
  readonly positions: ScenarioPosition[]
  readonly events: PlainEvent[]
}

/**
 * Whole days of trading in small: 1 to 8 positions on 1 to 3 instruments and up to 80 events.
 * Prices lie on a decimal grid and times on a coarse one, so that levels and deadlines are met
 * exactly; some events aim at a level or a deadline of some position.
 */
export const scenario = (): fc.Arbitrary<Scenario> =>
  fc
    .record({
      world,
      positions: fc.array(rawPosition, { minLength: 1, maxLength: 8, size: 'max' }),
      events: fc.array(rawEvent, { maxLength: 80, size: 'max' }),
    })
    .map(build)

// ---- generated values: small numbers, given a meaning by `build`, so that failures shrink well

const SECOND = 1_000
const MINUTE = 60 * SECOND

/** Starts and zones: an ordinary noon, the eve of a weekend, both changes of the clock. */
const STARTS = [
  { start: Date.UTC(2024, 7, 8, 12, 0), timezone: 'UTC' },
  { start: Date.UTC(2024, 7, 9, 19, 50), timezone: 'America/New_York' },
  { start: Date.UTC(2024, 7, 8, 23, 55), timezone: 'UTC' },
  { start: Date.UTC(2024, 2, 31, 0, 40), timezone: 'Europe/Berlin' },
  { start: Date.UTC(2024, 9, 27, 0, 10), timezone: 'Europe/Berlin' },
  { start: Date.UTC(2024, 7, 12, 3, 59), timezone: 'Asia/Kolkata' },
]

/** Price of one step of the grid; prices start at about 400 of them. */
const UNITS = [0.5, 0.01, 25, 0.0001]

const INSTRUMENTS = ['AAA', 'BBB', 'CCC'].map(instrumentId)

const world = fc.record({
  start: fc.constantFrom(...STARTS),
  grid: fc.constantFrom(SECOND, 5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 30 * MINUTE),
  unit: fc.constantFrom(...UNITS),
  instruments: fc.integer({ min: 1, max: 3 }),
  /** First price of each instrument, in units. */
  first: fc.tuple(...INSTRUMENTS.map(() => fc.integer({ min: 390, max: 410 }))),
})

type Opening =
  | { readonly kind: 'steps'; readonly steps: number }
  | { readonly kind: 'event'; readonly index: number }

const steps = (min: number, max: number) =>
  fc.record({ kind: fc.constant('steps' as const), steps: fc.integer({ min, max }) })

const opening: fc.Arbitrary<Opening> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ kind: 'steps' as const, steps: 0 }) },
  { weight: 2, arbitrary: steps(-12, -1) },
  { weight: 4, arbitrary: steps(1, 40) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('event' as const), index: fc.nat(79) }) },
  { weight: 1, arbitrary: steps(-10_000, -100) },
  { weight: 1, arbitrary: steps(10_000, 20_000) },
)

/** Converts options to prices, amounts and times. */
interface Setting {
  readonly position: Position
  readonly entryUnits: number
  readonly unit: number
  readonly grid: number
  readonly start: number
  readonly timezone: string
  readonly instruments: readonly InstrumentId[]
}

type Options = Readonly<Record<string, unknown>>

/** Options of one rule, generated without the position. */
type Draft = (setting: Setting) => Options

/** Price `units` from the entry, to the good side of the position. */
const priceAt = ({ position, entryUnits, unit }: Setting, units: number): number =>
  onGrid(entryUnits + signOf(position.side) * units, unit)

/** Profit of the position `units` from its entry. */
const amountOf = ({ position, unit }: Setting, units: number): number =>
  decimal(units * unit * position.quantity * position.multiplier)

const pct = fc.constantFrom(0.5, 1, 1.5, 2, 3, 5, 8)
const units = fc.integer({ min: 1, max: 20 })

const drafted = <T>(
  drawn: fc.Arbitrary<T>,
  draft: (drawn: T, setting: Setting) => Options,
): fc.Arbitrary<Draft> => drawn.map(given => setting => draft(given, setting))

const fixed = <T extends Options>(options: fc.Arbitrary<T>): fc.Arbitrary<Draft> =>
  options.map(given => () => given)

/** Rows whose first numbers ascend strictly. */
const ascending = <T>(row: fc.Arbitrary<T>, key: (row: T) => number): fc.Arbitrary<T[]> =>
  fc
    .uniqueArray(row, { minLength: 1, maxLength: 3, selector: key, size: 'max' })
    .map(rows => rows.toSorted((a, b) => key(a) - key(b)))

const tiersOf = (value: string): fc.Arbitrary<Options[]> =>
  ascending(fc.tuple(fc.constantFrom(0, 1, 2, 3, 4), pct), ([at]) => at).map(rows =>
    rows.map(([atPct, given]) => ({ atPct, [value]: given })),
  )

const stopLoss: fc.Arbitrary<Draft> = fc.oneof(
  fixed(fc.record({ pct })),
  drafted(units, (n, s) => ({ price: priceAt(s, -n) })),
  drafted(units, (n, s) => ({ amount: amountOf(s, n) })),
)

/** An old position may be left at a loss. */
const targetPct = fc.constantFrom(-2, -1, 0, 0.5, 1, 2, 3, 5)

const schedule = ascending(fc.tuple(fc.nat(30), targetPct), ([steps]) => steps)

const takeProfit: fc.Arbitrary<Draft> = fc.oneof(
  fixed(fc.record({ pct })),
  drafted(units, (n, s) => ({ price: priceAt(s, n) })),
  drafted(units, (n, s) => ({ amount: amountOf(s, n) })),
  drafted(schedule, (rows, { grid }) => ({
    schedule: rows.map(([steps, given]) => ({ afterMs: steps * grid, pct: given })),
  })),
)

const activation: fc.Arbitrary<Draft> = fc.oneof(
  { weight: 2, arbitrary: fixed(fc.constant({})) },
  { weight: 1, arbitrary: fixed(fc.record({ activateAtPct: pct })) },
  { weight: 1, arbitrary: drafted(units, (n, s) => ({ activateAtPrice: priceAt(s, n) })) },
)

const trail: fc.Arbitrary<Draft> = fc.oneof(
  fixed(fc.record({ distancePct: pct })),
  fixed(fc.record({ distancePct: pct, basis: fc.constant('entry') })),
  drafted(units, (n, { unit }) => ({ distance: onGrid(n, unit) })),
  fixed(fc.record({ tiers: tiersOf('distancePct') })),
  fixed(fc.record({ tiers: tiersOf('distancePct'), basis: fc.constant('entry') })),
)

const trailingStop = drafted(fc.tuple(trail, activation), ([distance, active], setting) => ({
  ...distance(setting),
  ...active(setting),
}))

const lockSteps = ascending(fc.tuple(pct, fc.constantFrom(0.5, 1, 2, 6)), ([at]) => at).map(rows =>
  rows.map(([atPct, below]) => ({ atPct, lockPct: atPct - below })),
)

const profitLock = fixed(fc.record({ steps: lockSteps }))

const activateAtPct = pct
const peakDrawdown = fixed(
  fc.oneof(
    fc.record({ dropPoints: pct, activateAtPct }, { requiredKeys: ['dropPoints'] }),
    fc.record({ tiers: tiersOf('dropPoints') }),
  ),
)

const profitFloor = fixed(fc.record({ keepPct: fc.constantFrom(25, 50, 70, 80), activateAtPct }))

const maxHold = drafted(fc.integer({ min: 2, max: 80 }), (steps, { grid }) => ({
  ms: steps * grid,
}))

const session = fc.record({
  minutes: fc.integer({ min: -2, max: 24 }),
  days: fc.constantFrom(undefined, 'all', 'all', ['thu', 'fri', 'mon']),
  holiday: fc.option(fc.constantFrom('2024-08-09', '2024-08-12'), { freq: 1 }),
  minProfit: fc.option(fc.integer({ min: -3, max: 6 }), { freq: 2 }),
})

const sessionEnd = drafted(session, ({ minutes, days, holiday, minProfit }, s) => ({
  at: clockTime(s.start + minutes * Math.max(MINUTE, s.grid), s.timezone),
  timezone: s.timezone,
  ...(days === undefined ? {} : { days }),
  ...(holiday === null ? {} : { holidays: [holiday] }),
  ...(minProfit === null ? {} : { minProfitAmount: amountOf(s, minProfit) }),
}))

/** Some units from 400, about where every instrument starts. */
const offset = fc.integer({ min: -24, max: 24 })

const bounds: fc.Arbitrary<Draft> = fc.oneof(
  drafted(offset, (n, { unit }) => ({ below: onGrid(392 + n, unit) })),
  drafted(offset, (n, { unit }) => ({ above: onGrid(408 + n, unit) })),
  fixed(fc.record({ risePct: pct })),
  fixed(fc.record({ fallPct: pct })),
  fixed(fc.record({ risePct: pct, fallPct: pct })),
  drafted(offset, (n, { unit }) => ({ risePct: 3, fallPct: 5, from: onGrid(400 + n, unit) })),
)

const named = fc.option(fc.nat(2), { freq: 3 })
const underlying = drafted(fc.tuple(named, bounds), ([index, bound], setting) => {
  const { instruments } = setting
  const instrument = index === null ? {} : { instrument: instruments[index % instruments.length] }
  return { ...instrument, ...bound(setting) }
})

const quiet = fc.record({
  steps: fc.option(fc.integer({ min: 2, max: 24 }), { freq: 2 }),
  action: fc.constantFrom('exit', 'exit', 'exit', 'alert', 'poll'),
})

const staleQuote = drafted(quiet, ({ steps, action }, { grid }) => ({
  afterMs: steps === null ? 'auto' : steps * grid,
  action,
}))

const maybe = (draft: fc.Arbitrary<Draft>, weight: number): fc.Arbitrary<Draft | null> =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(null) }, { weight, arbitrary: draft })

/** Options of a whole rule set: about three rules. */
const rawRules: fc.Arbitrary<Draft> = fc
  .record({
    stopLoss: maybe(stopLoss, 2),
    takeProfit: maybe(takeProfit, 2),
    trailingStop: maybe(trailingStop, 4),
    profitLock: maybe(profitLock, 3),
    peakDrawdown: maybe(peakDrawdown, 3),
    profitFloor: maybe(profitFloor, 3),
    maxHold: maybe(maxHold, 2),
    sessionEnd: maybe(sessionEnd, 2),
    underlying: maybe(underlying, 3),
    staleQuote: maybe(staleQuote, 2),
  })
  .map(drafts => setting => {
    const drawn = Object.entries(drafts).filter(([, draft]) => draft !== null)
    return Object.fromEntries(drawn.map(([name, draft]) => [name, draft!(setting)]))
  })

interface RawPosition {
  readonly instrument: number
  readonly underlying: number | null
  readonly side: Side
  readonly quantity: number
  readonly multiplier: number
  /** Units from the first price of the instrument. */
  readonly entry: number
  readonly opening: Opening
  readonly priceSource: 'trade' | 'quote'
  readonly rules: Draft
}

const rawPosition: fc.Arbitrary<RawPosition> = fc.record({
  instrument: fc.nat(2),
  underlying: fc.option(fc.nat(2)),
  side: fc.constantFrom<Side[]>('long', 'short'),
  quantity: fc.constantFrom(1, 2, 0.5, 3),
  multiplier: fc.constantFrom(1, 1, 10),
  entry: fc.integer({ min: -4, max: 4 }),
  opening,
  priceSource: fc.constantFrom('trade', 'trade', 'quote'),
  rules: rawRules,
})

/** When the next event is: some steps of the grid later, or about a deadline of some position. */
type Wait =
  | { readonly kind: 'steps'; readonly steps: number }
  | { readonly kind: 'deadline'; readonly pick: number; readonly offMs: number }

const wait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 10, arbitrary: fc.constant({ kind: 'steps' as const, steps: 0 }) },
  { weight: 30, arbitrary: fc.constant({ kind: 'steps' as const, steps: 1 }) },
  { weight: 6, arbitrary: steps(2, 6) },
  { weight: 1, arbitrary: steps(20, 100) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('deadline' as const),
      pick: fc.nat(2),
      offMs: fc.constantFrom(0, 0, 0, -1, 1),
    }),
  },
)

/** Where the price goes: some units on, or to a level of some position. */
type Move =
  | { readonly kind: 'walk'; readonly by: number }
  | {
      readonly kind: 'level'
      readonly position: number
      readonly rule: number
      readonly tenths: number
    }
  | { readonly kind: 'none' }

const walk = (by: number) =>
  fc.record({ kind: fc.constant('walk' as const), by: fc.integer({ min: -by, max: by }) })

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 16, arbitrary: walk(2) },
  { weight: 8, arbitrary: walk(4) },
  { weight: 1, arbitrary: walk(40) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('level' as const),
      position: fc.nat(7),
      rule: fc.nat(4),
      tenths: fc.constantFrom(0, 0, 1, -1),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'none' as const }) },
)

/** Units below and above the price; null: that side is missing. Negative ones can cross. */
interface Spread {
  readonly bid: number | null
  readonly ask: number | null
}

/** Often none, sometimes crossed, now and then absurd: a bid below zero. */
const distance = fc.constantFrom(-1, 0, 0, 1, 1, 2, 3, 1000)

const spread: fc.Arbitrary<Spread | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  {
    weight: 3,
    arbitrary: fc.record({
      bid: fc.option(distance, { freq: 6 }),
      ask: fc.option(distance, { freq: 6 }),
    }),
  },
)

const rawEvent = fc.record({ instrument: fc.nat(2), wait, move, spread })

type Drawn<T> = T extends fc.Arbitrary<infer Value> ? Value : never

interface Raw {
  readonly world: Drawn<typeof world>
  readonly positions: readonly RawPosition[]
  readonly events: readonly Drawn<typeof rawEvent>[]
}

// ---- what it means

function build(raw: Raw): Scenario {
  // Openings at an event and waits until a deadline need each other: two passes settle both.
  const roughly = positionsOf(raw)
  const times = eventsOf(raw, roughly).map(({ at }) => at)
  const positions = roughly.map((each, index) => {
    const opened = openedAt(raw.positions[index]!.opening, raw.world, times)
    return { ...each, position: { ...each.position, openedAt: opened } }
  })
  return { positions, events: eventsOf(raw, positions) }
}

/** The positions without events: no rule depends on when its position is opened. */
function positionsOf(raw: Raw): ScenarioPosition[] {
  const { grid, unit, instruments, first, start } = raw.world
  return raw.positions.map((drawn, index) => {
    const instrument = drawn.instrument % instruments
    const position: Position = {
      id: positionId(`p${index}`),
      instrument: INSTRUMENTS[instrument]!,
      side: drawn.side,
      quantity: drawn.quantity,
      entryPrice: onGrid(first[instrument]! + drawn.entry, unit),
      openedAt: openedAt(drawn.opening, raw.world, []),
      multiplier: drawn.multiplier,
      priceSource: drawn.priceSource,
      ...(drawn.underlying === null
        ? {}
        : { underlying: INSTRUMENTS[drawn.underlying % instruments]! }),
    }
    const setting: Setting = {
      position,
      grid,
      timezone: start.timezone,
      start: start.start,
      unit,
      entryUnits: first[instrument]! + drawn.entry,
      instruments: INSTRUMENTS.slice(0, instruments),
    }
    const options = drawn.rules(setting)
    return { position, options, ruleSet: compiled(options) }
  })
}

function compiled(options: Options): RuleSet {
  const { ruleSet, faults } = compileRuleSet(options)
  if (ruleSet === undefined) throw new Error(`a faulty rule set: ${JSON.stringify(faults)}`)
  return ruleSet
}

function openedAt(
  opening: Opening,
  { start: { start }, grid }: Raw['world'],
  times: readonly number[],
): number {
  if (opening.kind === 'steps') return start + opening.steps * grid
  return times[opening.index % Math.max(1, times.length)] ?? start
}

function eventsOf(raw: Raw, positions: readonly ScenarioPosition[]): PlainEvent[] {
  const { start, grid, unit, instruments, first } = raw.world
  const events: PlainEvent[] = []
  const units = [...first]
  let at = start.start
  for (const { instrument: drawn, wait, move, spread } of raw.events) {
    at =
      wait.kind === 'steps' ? at + wait.steps * grid : aroundDeadline(wait, positions, events, at)
    if (move.kind === 'none') {
      events.push({ at })
      continue
    }
    const aimed = move.kind === 'level' ? aim(move, positions, events, at) : undefined
    if (aimed !== undefined) {
      const price = decimal(aimed.price + (move as { tenths: number }).tenths * (unit / 10))
      if (price > 0) {
        events.push({ at, tick: tickOf(aimed.instrument, at, price, spread && [price, price]) })
        const index = INSTRUMENTS.indexOf(aimed.instrument)
        if (index >= 0) units[index] = Math.max(1, Math.round(price / unit))
        continue
      }
    }
    const index = drawn % instruments
    const by = move.kind === 'walk' ? move.by : 0
    const now = (units[index] = Math.max(1, units[index]! + by))
    const quote = spread && [
      spread.bid === null ? undefined : onGrid(now - spread.bid, unit),
      spread.ask === null ? undefined : onGrid(now + spread.ask, unit),
    ]
    events.push({ at, tick: tickOf(INSTRUMENTS[index]!, at, onGrid(now, unit), quote) })
  }
  return events
}

function tickOf(
  instrument: InstrumentId,
  at: number,
  price: number,
  quote: readonly (number | undefined)[] | null,
): Tick {
  const [bid, ask] = quote ?? []
  return {
    instrument,
    ts: at,
    price,
    ...(bid === undefined ? {} : { bid }),
    ...(ask === undefined ? {} : { ask }),
  }
}

/** One of the next times at which a rule exits by time or changes, or a millisecond off it. */
function aroundDeadline(
  { pick, offMs }: { pick: number; offMs: number },
  positions: readonly ScenarioPosition[],
  events: readonly PlainEvent[],
  now: number,
): number {
  const times = positions
    .flatMap(({ position, ruleSet }) =>
      ruleSet.rules.flatMap(rule => timesOf(rule, position, events, now)),
    )
    .filter(time => time > now)
    .toSorted((a, b) => a - b)
  const time = times[pick % Math.max(1, times.length)]
  return time === undefined ? now : Math.max(now, time + offMs)
}

function timesOf(
  rule: Rule,
  position: Position,
  events: readonly PlainEvent[],
  now: number,
): number[] {
  if (rule.kind === 'levels') {
    const { exitAt, rearmAt } = rule.arm(position, position.entryPrice, now)
    return [exitAt, rearmAt].filter(time => time !== undefined)
  }
  if (rule.kind === 'underlying' || rule.afterMs === 'auto') return []
  const last = events.findLast(({ tick }) => tick?.instrument === position.instrument)
  return [Math.max(position.openedAt, last?.at ?? -Infinity) + rule.afterMs]
}

interface Aim {
  readonly instrument: InstrumentId
  readonly price: number
}

/** The price that a rule of a position waits for, as things stand before this event. */
function aim(
  move: { readonly position: number; readonly rule: number },
  positions: readonly ScenarioPosition[],
  events: readonly PlainEvent[],
  at: number,
): Aim | undefined {
  const { position, ruleSet } = positions[move.position % positions.length]!
  const rule = ruleSet.rules[move.rule % ruleSet.rules.length]
  if (rule?.kind === 'levels') {
    const { stop, target, ratchet } = rule.arm(position, bestOf(position, events), at)
    const price = stop ?? target ?? ratchet
    return price === undefined ? undefined : { instrument: position.instrument, price }
  }
  return rule?.kind === 'underlying' ? aimAtBound(rule, position, events) : undefined
}

function aimAtBound(
  rule: Extract<Rule, { kind: 'underlying' }>,
  { openedAt, underlying }: Position,
  events: readonly PlainEvent[],
): Aim | undefined {
  const instrument = rule.instrument ?? underlying
  if (instrument === undefined) return undefined
  const anchor = events.find(({ at, tick }) => at >= openedAt && tick?.instrument === instrument)
  if (rule.needsAnchor && anchor === undefined) return undefined
  const { below, above } = rule.bounds(anchor?.tick!.price)
  const price = below ?? above
  return price === undefined ? undefined : { instrument, price }
}

function bestOf(position: Position, events: readonly PlainEvent[]): number {
  const { side, priceSource, instrument, openedAt, entryPrice } = position
  return events
    .filter(({ at, tick }) => at >= openedAt && tick?.instrument === instrument)
    .map(({ tick }) => priceIn(viewOf(side, priceSource), tick!))
    .reduce((best, price) => (isAtLeast(side, price, best) ? price : best), entryPrice)
}

const onGrid = (units: number, unit: number): number => decimal(units * unit)

/** The decimal that a sum of decimals stands for. */
const decimal = (value: number): number => Number(value.toPrecision(12))

/** By zone: one takes long to make. */
const CLOCKS = new Map(
  STARTS.map(({ timezone }) => {
    const options = { timeZone: timezone, hour: '2-digit', minute: '2-digit' } as const
    return [timezone, new Intl.DateTimeFormat('en-GB', options)]
  }),
)

/** What a clock in the zone shows at a time, `HH:mm`. */
const clockTime = (at: number, timezone: string): string => CLOCKS.get(timezone)!.format(at)
