import type { Decision } from '../domain/decision.ts'
import { slackEnd } from './band.ts'
import { decide, type Moment } from './decide.ts'
import { quietAt } from './hours.ts'
import { merge, noLevels, type Merged } from './merge.ts'
import type { WatchedPosition } from './watched-position.ts'
import type { Armed } from './watched-state.ts'

export type Outcome = Armed | { readonly kind: 'exit'; readonly decision: Decision }

/**
 * Replays everything a pending position has not seen yet, ticks and deadlines, up to `now` (epoch
 * ms), exactly as if every rule had been evaluated on every tick. Changes nothing: the caller
 * commits the outcome, and a throw commits nothing. Deadlines before `now` fire; one at `now`
 * waits for the ticks of that instant.
 */
export function catchUp(watched: WatchedPosition, now: number): Outcome {
  const pass = new Pass(watched)
  const atOnce = pass.firstTick()
  if (atOnce !== undefined) return { kind: 'exit', decision: atOnce }
  const own = watched.own.stream.backlog
  const other = watched.other?.stream.backlog
  let ownIndex = own.indexOf(watched.since)
  let otherIndex = other === undefined ? 0 : other.indexOf(watched.since)
  const otherLength = other === undefined ? 0 : other.length
  for (;;) {
    const hasOwn = ownIndex < own.length
    const hasOther = otherIndex < otherLength
    if (!hasOwn && !hasOther) break
    const ownSeq = hasOwn ? own.seq[ownIndex]! : Infinity
    const otherSeq = hasOther ? other!.seq[otherIndex]! : Infinity
    const decision =
      ownSeq <= otherSeq
        ? pass.ownTick(ownIndex++, ownSeq === otherSeq ? otherIndex++ : undefined)
        : pass.otherTick(otherIndex++)
    if (decision !== undefined) return { kind: 'exit', decision }
  }
  const late = pass.advance(now)
  if (late !== undefined) return { kind: 'exit', decision: late }
  pass.arm(now)
  return pass
}

/** Levels at the end of a slack band; only ever read right after they were written. */
const atSlackEnd: Merged = noLevels()

/** One replay in progress. Prices are mirrored: every position reads like a long. */
class Pass implements Armed {
  readonly kind = 'armed'
  best: number
  anchor: number | undefined
  lo: number
  hi: number
  levelsUntil: number
  lastAt: number
  quietMs: number
  evaluatedAt: number
  readonly merged: Merged = noLevels()
  private staleAt: number
  private readonly watched: WatchedPosition
  private isBandValid: boolean

  constructor(watched: WatchedPosition) {
    this.watched = watched
    this.best = watched.best
    this.anchor = watched.anchor
    this.lo = watched.lo
    this.hi = watched.hi
    this.levelsUntil = watched.levelsUntil
    this.lastAt = watched.lastAt
    this.quietMs = watched.quietMs
    this.evaluatedAt = watched.evaluatedAt
    this.isBandValid = false
    this.staleAt = this.staleTime()
  }

  get until(): number {
    return this.staleAt < this.levelsUntil ? this.staleAt : this.levelsUntil
  }

  /**
   * Tests one tick of the own instrument, after the deadlines before it; `otherIndex` is the same
   * tick once more where the `underlying` rule watches the own instrument too.
   */
  ownTick(index: number, otherIndex?: number): Decision | undefined {
    const { backlog } = this.watched.own.stream
    const at = backlog.at[index]!
    if (at >= this.watched.openedAt) {
      const late = this.advance(at)
      if (late !== undefined) return late
      const otherPrice = otherIndex === undefined ? undefined : this.crossing(otherIndex)
      const decision = this.test(backlog.seq[index]!, backlog.price[index]!, at, otherPrice)
      if (decision !== undefined) return decision
    }
    this.lastAt = at
    this.quietMs = backlog.quietMs[index]!
    this.staleAt = this.staleTime()
    return undefined
  }

  /**
   * Evaluates the price at the time when the position was added, if it is fresh, instead of waiting
   * for the next one.
   */
  firstTick(): Decision | undefined {
    const { first, openedAt } = this.watched
    if (first === undefined || first.at < openedAt) return undefined
    return this.advance(first.at) ?? this.test(first.seq, first.price, first.at)
  }

  private test(seq: number, asItIs: number, at: number, otherPrice?: number): Decision | undefined {
    const price = this.watched.sign * asItIs
    if (price > this.best) this.best = price
    if (otherPrice !== undefined) return this.decideOnOwn(seq, asItIs, at, otherPrice)
    if (price > this.lo && price < this.hi && at < this.until) return undefined
    this.evaluate(at)
    const { stop, target, exitAt } = this.merged
    if (price <= stop || price >= target || exitAt <= at || this.staleAt <= at) {
      return this.decideOnOwn(seq, asItIs, at)
    }
    this.slacken(price, at)
    return undefined
  }

  /** Tests one tick of the instrument that the `underlying` rule watches. */
  otherTick(index: number): Decision | undefined {
    const { position, openedAt, underlying, other } = this.watched
    const { backlog } = other!.stream
    const at = backlog.at[index]!
    if (at < openedAt) return undefined
    const late = this.advance(at)
    if (late !== undefined) return late
    const price = this.crossing(index)
    if (price === undefined) return undefined
    const instrument = underlying!.instrument ?? position.underlying!
    const tick = { seq: backlog.seq[index]!, instrument, price }
    return this.decide({ at, otherPrice: price, tick })
  }

  /** The price of a tick of the other instrument if it crosses a bound; the first one may be the base. */
  private crossing(index: number): number | undefined {
    const rule = this.watched.underlying!
    const price = this.watched.other!.stream.backlog.price[index]!
    if (rule.needsAnchor) this.anchor ??= price
    const { below = -Infinity, above = Infinity } = rule.bounds(this.anchor)
    return price > below && price < above ? undefined : price
  }

  /** Lets time pass up to just before `to` (epoch ms): what falls due on the way decides. */
  advance(to: number): Decision | undefined {
    while (this.until < to) {
      const at = this.until
      this.evaluate(at)
      const due = this.decide({ at, tick: null })
      if (due !== undefined) return due
      this.levelsUntil = this.merged.until > at ? this.merged.until : Infinity
      this.lo = Infinity
      this.isBandValid = false
    }
    return undefined
  }

  /** Makes the band that is in force after the last tick, at `now` (epoch ms). */
  arm(now: number): void {
    const { openedAt } = this.watched
    if (now < openedAt) {
      this.lo = -Infinity
      this.hi = Infinity
      this.levelsUntil = openedAt
      this.evaluatedAt = now
    } else if (!this.isBandValid || this.levelsUntil <= now) {
      this.evaluate(now)
      this.slacken(this.lastPrice(), now)
    }
  }

  private lastPrice(): number {
    const { lastPrice, lastAt } = this.watched.own.stream
    const counts = lastAt >= this.watched.openedAt
    return counts ? this.watched.sign * lastPrice : this.best
  }

  private evaluate(at: number): void {
    const { watched } = this
    const best = watched.sign * this.best
    merge(watched.ruleSet, watched.position, { best, at }, watched.lastGood(), this.merged)
    this.evaluatedAt = at
  }

  /** Arms the slack band around `price` (mirrored) with the levels just evaluated. */
  private slacken(price: number, at: number): void {
    const { watched, merged, best } = this
    const { stop, target, ratchet } = merged
    const end = slackEnd({ price, best, stop, target, ratchet, scale: watched.scale })
    this.hi = end
    this.lo = end > best && end < Infinity && stop > -Infinity ? this.stopAt(end, at) : stop
    this.levelsUntil = merged.until
    this.isBandValid = true
  }

  private stopAt(best: number, at: number): number {
    const { watched } = this
    const last = { best: watched.sign * this.best, at, merged: this.merged }
    merge(watched.ruleSet, watched.position, { best: watched.sign * best, at }, last, atSlackEnd)
    return atSlackEnd.stop
  }

  private staleTime(): number {
    const rule = this.watched.staleQuote
    if (rule === undefined) return Infinity
    const after = rule.afterMs === 'auto' ? this.quietMs : rule.afterMs
    const { hours, openedAt, quietFrom } = this.watched
    return quietAt(hours, Math.max(this.lastAt, openedAt, quietFrom), after)
  }

  private decideOnOwn(
    seq: number,
    price: number,
    at: number,
    otherPrice?: number,
  ): Decision | undefined {
    const tick = { seq, instrument: this.watched.position.instrument, price }
    return this.decide({ at, price, tick, ...(otherPrice !== undefined && { otherPrice }) })
  }

  private decide(what: Pick<Moment, 'at' | 'tick' | 'price' | 'otherPrice'>): Decision | undefined {
    const { watched, anchor, staleAt } = this
    const best = watched.sign * this.best
    const last = watched.lastGood()
    return decide(watched.position, watched.ruleSet, { best, anchor, staleAt, last, ...what })
  }
}
