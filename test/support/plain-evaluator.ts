import type { InstrumentId, PositionId } from '../../src/domain/ids.ts'
import { isAtLeast, type Position } from '../../src/domain/position.ts'
import { EXIT_REASONS, type ExitReason } from '../../src/domain/reason.ts'
import { quotedIn, viewOf, type PriceView, type Tick } from '../../src/domain/tick.ts'
import type { Bounds, RuleSet, StaleQuoteRule, UnderlyingRule } from '../../src/risk/rule.ts'

export interface PlainPosition {
  readonly position: Position
  readonly ruleSet: RuleSet
}

/** An event at `at` (epoch ms, never decreasing). Without a tick only time advances. */
export interface PlainEvent {
  readonly at: number
  /** A good tick: bad ones never come here. */
  readonly tick?: Tick
}

export interface PlainDecision {
  readonly positionId: PositionId
  readonly reason: ExitReason
  readonly matched: ExitReason[]
  /** Epoch ms: the deciding event's time, or the deadline. */
  readonly at: number
  /** Index of the deciding event; null when time decided. */
  readonly seq: number | null
  /** Level of `reason` that was crossed; null when time decided. */
  readonly level: number | null
  readonly fillPrice: number | null
  readonly best: number
}

export interface PlainOpen {
  readonly positionId: PositionId
  readonly stop: number | null
  readonly target: number | null
  readonly best: number
  /** Decided, but its instrument never had a tick to fill at. */
  readonly exiting: boolean
}

export interface PlainOutcome {
  readonly decisions: PlainDecision[]
  readonly open: PlainOpen[]
}

/**
 * Decides exits in the simplest way: every rule of every position on every tick, in arrival order.
 * The engine is compared with it, so it shares only the rules themselves.
 */
export function evaluatePlainly(
  positions: readonly PlainPosition[],
  events: readonly PlainEvent[],
): PlainOutcome {
  const market: Market = new Map()
  const watched = positions.map(({ position, ruleSet }): Watched => {
    return { position, ruleSet, best: position.entryPrice, anchor: null, exit: null, fill: null }
  })
  const decided: Watched[] = []
  const shown = pricesShown(events)

  events.forEach(({ at, tick }, seq) => {
    decided.push(...fireDeadlines(watched, market, deadline => deadline < at))
    fill(decided, market)
    if (tick === undefined) return
    for (const one of watched) {
      if (one.exit !== null) continue
      testTick(one, market, { seq, at, tick, shows: shown.get(tick)! })
      if (one.exit !== null) decided.push(one)
    }
    arrive(market, { seq, at, tick, shows: shown.get(tick)! })
    fill(decided, market)
  })

  const end = events.at(-1)?.at ?? -Infinity
  decided.push(...fireDeadlines(watched, market, deadline => deadline <= end))
  fill(decided, market)

  return {
    decisions: decided
      .filter(one => one.fill !== null)
      .map(one => ({ ...one.exit!, fillPrice: one.fill })),
    open: watched
      .filter(one => one.fill === null)
      .map(one => standing(one, events.at(-1)?.at ?? one.position.openedAt)),
  }
}

interface Arrival {
  readonly seq: number
  readonly at: number
  readonly tick: Tick
  readonly shows: Shown
}

/** The price of a tick in each view; NaN: it has none. */
type Shown = Readonly<Record<PriceView, number>>

/**
 * A quote overrides trades for so long, ms: a trade at the other side of the book is no price move.
 */
const QUOTE_LASTS_MS = 30_000

/** What each tick shows, with all that came before it. */
function pricesShown(events: readonly PlainEvent[]): Map<Tick, Shown> {
  const quotedAt = new Map<string, number>()
  const shown = new Map<Tick, Shown>()
  for (const { at, tick } of events) {
    if (tick === undefined) continue
    const priceOf = (side: 'bid' | 'ask'): number => {
      const key = marketKey(tick.instrument, side)
      const quoted = quotedIn(side, tick)
      const isQuoted = at - (quotedAt.get(key) ?? -Infinity) < QUOTE_LASTS_MS
      if (quoted !== undefined) quotedAt.set(key, at)
      return quoted ?? (isQuoted ? NaN : tick.price)
    }
    shown.set(tick, { trade: tick.price, bid: priceOf('bid'), ask: priceOf('ask') })
  }
  return shown
}

/** Every tick so far, by instrument and each view that it shows a price in. */
type Market = Map<string, Arrival[]>

const marketKey = (instrument: InstrumentId, view: PriceView): string => `${view} ${instrument}`

function arrive(market: Market, arrival: Arrival): void {
  for (const view of ['trade', 'bid', 'ask'] as const) {
    if (Number.isNaN(arrival.shows[view])) continue
    const key = marketKey(arrival.tick.instrument, view)
    if (!market.has(key)) market.set(key, [])
    market.get(key)!.push(arrival)
  }
}

/** A position and what has become of it. */
interface Watched {
  readonly position: Position
  readonly ruleSet: RuleSet
  best: number
  /** First price of the other instrument at or after `openedAt`. */
  anchor: number | null
  exit: Omit<PlainDecision, 'fillPrice'> | null
  fill: number | null
}

/** A rule that exits now. `level` is null when time decided. */
interface Match {
  readonly reason: ExitReason
  readonly level: number | null
}

// ---- deadlines

/** Decides for every position whose earliest deadline `isDue`; gives them by time, then by order. */
function fireDeadlines(
  watched: readonly Watched[],
  market: Market,
  isDue: (deadline: number) => boolean,
): Watched[] {
  const due = watched
    .filter(one => one.exit === null)
    .map(one => ({ one, at: earliestDeadline(one, market) }))
    .filter(({ at }) => isDue(at))
    .toSorted((a, b) => a.at - b.at)
  for (const { one, at } of due) decide(one, timeMatches(one, market, at), at, null)
  return due.map(({ one }) => one)
}

const earliestDeadline = (one: Watched, market: Market): number =>
  Math.min(...deadlines(one, market).map(({ at }) => at))

function timeMatches(one: Watched, market: Market, now: number): Match[] {
  return deadlines(one, market)
    .filter(({ at }) => at <= now)
    .map(({ reason }) => ({ reason, level: null }))
}

/** Every time at which a rule of the position exits it, as things stand. */
function deadlines(one: Watched, market: Market): { reason: ExitReason; at: number }[] {
  const { position, ruleSet } = one
  return ruleSet.rules.flatMap(rule => {
    if (rule.kind === 'levels') {
      // An `exitAt` is one absolute time for a position: it does not depend on now.
      const { exitAt } = rule.arm(position, one.best, position.openedAt)
      return exitAt === undefined ? [] : [{ reason: rule.reason, at: exitAt }]
    }
    if (rule.kind === 'stale-quote' && rule.action === 'exit') {
      const ticks = ownTicks(position, market)
      const quietSince = Math.max(position.openedAt, ticks.at(-1)?.at ?? -Infinity)
      return [{ reason: rule.reason, at: quietSince + quietLimit(rule, ticks) }]
    }
    return []
  })
}

const SECOND = 1_000
const MINUTE = 60 * SECOND

function quietLimit({ afterMs }: StaleQuoteRule, ticks: readonly Arrival[]): number {
  if (afterMs !== 'auto') return afterMs
  const recent = ticks.slice(-201)
  const gaps = recent.slice(1).map(({ at }, index) => at - recent[index]!.at)
  if (gaps.length === 0) return 15 * MINUTE
  return Math.min(Math.max(3 * Math.max(...gaps), 10 * SECOND), 15 * MINUTE)
}

// ---- ticks

/**
 * Best price, levels, tests: the effect of one tick on one position. `market` ends before the tick.
 */
function testTick(one: Watched, market: Market, arrival: Arrival): void {
  const { position } = one
  const { at, seq, tick, shows } = arrival
  if (at < position.openedAt) return
  const matches = underlyingMatches(one, tick)
  const price = valueOf(position, shows)
  const isOwn = tick.instrument === position.instrument && !Number.isNaN(price)
  if (isOwn) {
    if (isAtLeast(position.side, price, one.best)) one.best = price
    matches.push(...levelMatches(one, price, at))
  }
  // The position's own tick is tested together with the time. A tick of the other instrument is
  // not, unless it exits the position anyway.
  if (isOwn || matches.length > 0) matches.push(...timeMatches(one, market, at))
  if (matches.length > 0) decide(one, matches, at, seq)
}

function levelMatches({ position, ruleSet, best }: Watched, price: number, at: number): Match[] {
  const { side } = position
  return ruleSet.rules.flatMap((rule): Match[] => {
    if (rule.kind !== 'levels') return []
    const { stop, target } = rule.arm(position, best, at)
    if (stop !== undefined && isAtLeast(side, stop, price)) {
      return [{ reason: rule.reason, level: stop }]
    }
    if (target !== undefined && isAtLeast(side, price, target)) {
      return [{ reason: rule.reason, level: target }]
    }
    return []
  })
}

function underlyingMatches(one: Watched, tick: Tick): Match[] {
  return one.ruleSet.rules.flatMap((rule): Match[] => {
    if (rule.kind !== 'underlying') return []
    if (tick.instrument !== (rule.instrument ?? one.position.underlying)) return []
    const level = crossedBound(boundsOf(rule, one, tick.price), tick.price)
    return level === undefined ? [] : [{ reason: rule.reason, level }]
  })
}

function boundsOf(rule: UnderlyingRule, one: Watched, price: number): Bounds {
  if (!rule.needsAnchor) return rule.bounds(undefined)
  one.anchor ??= price
  return rule.bounds(one.anchor)
}

function crossedBound({ below, above }: Bounds, price: number): number | undefined {
  if (below !== undefined && price <= below) return below
  if (above !== undefined && price >= above) return above
  return undefined
}

// ---- decisions

function decide(one: Watched, matches: readonly Match[], at: number, seq: number | null): void {
  const ordered = inOrder(one.position, matches)
  const { reason, level } = ordered[0]!
  one.exit = {
    positionId: one.position.id,
    reason,
    matched: ordered.map(match => match.reason),
    at,
    seq: level === null ? null : seq,
    level,
    best: one.best,
  }
}

/** These count as one place in the order of reasons; among them the tightest level is first. */
const BY_TIGHTNESS: readonly ExitReason[] = [
  'trailing-stop',
  'profit-lock',
  'peak-drawdown',
  'profit-floor',
  'custom',
]

function inOrder({ side }: Position, matches: readonly Match[]): Match[] {
  const place = ({ reason }: Match): number => EXIT_REASONS.indexOf(reason)
  return matches.toSorted((a, b) => {
    const bothTighten = BY_TIGHTNESS.includes(a.reason) && BY_TIGHTNESS.includes(b.reason)
    if (bothTighten && a.level !== b.level) return isAtLeast(side, a.level!, b.level!) ? -1 : 1
    return place(a) - place(b)
  })
}

// ---- outcome

/** Fills at the last price of the own instrument; without any, a later call fills at its first. */
function fill(decided: readonly Watched[], market: Market): void {
  for (const one of decided) {
    const last = ownTicks(one.position, market).at(-1)
    if (one.fill === null && last !== undefined) one.fill = valueOf(one.position, last.shows)
  }
}

/** The price at which a tick values the position; NaN: it does not. */
const valueOf = ({ side, priceSource }: Position, shows: Shown): number =>
  shows[viewOf(side, priceSource)]

/** The ticks so far that value a position. */
const ownTicks = (
  { instrument, side, priceSource }: Position,
  market: Market,
): readonly Arrival[] => market.get(marketKey(instrument, viewOf(side, priceSource))) ?? []

function standing({ position, ruleSet, best, exit }: Watched, now: number): PlainOpen {
  const levels = ruleSet.rules.flatMap(rule =>
    rule.kind === 'levels' ? [rule.arm(position, best, now)] : [],
  )
  const stops = levels.flatMap(({ stop }) => stop ?? [])
  const targets = levels.flatMap(({ target }) => target ?? [])
  const isLong = position.side === 'long'
  return {
    positionId: position.id,
    stop: stops.length === 0 ? null : isLong ? Math.max(...stops) : Math.min(...stops),
    target: targets.length === 0 ? null : isLong ? Math.min(...targets) : Math.max(...targets),
    best,
    exiting: exit !== null,
  }
}
