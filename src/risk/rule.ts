import type { z } from 'zod'
import type { InstrumentId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { ExitReason } from '../domain/reason.ts'
import type { NetOptions } from '../domain/resting-stop.ts'

/**
 * Where one rule would exit, in prices of the position's own instrument and epoch ms.
 * For a long: exit when price ≤ `stop` or price ≥ `target`; mirrored for a short.
 */
export interface Levels {
  readonly stop?: number
  readonly target?: number
  /** Next best price at which the levels change form (an activation, the next tier). */
  readonly ratchet?: number
  /** Exit at this time. */
  readonly exitAt?: number
  /** The levels change by time alone at this time: ask again then. */
  readonly rearmAt?: number
}

/**
 * A rule whose levels depend on the best price and the time alone. At a fixed time `stop` is a
 * non-decreasing function of `best` for a long (non-increasing for a short).
 */
export interface LevelRule {
  readonly kind: 'levels'
  readonly reason: ExitReason
  /** The rule asks for a stop at the venue, and has no levels of its own. */
  readonly net?: NetOptions
  /** Levels in force for a position whose best price so far is `best`, at `now` (epoch ms). */
  arm(position: Position, best: number, now: number): Levels
}

/** Prices of the other instrument that exit the position: price ≤ `below` or price ≥ `above`. */
export interface Bounds {
  readonly below?: number
  readonly above?: number
}

/** A rule that watches another instrument than the position's own. */
export interface UnderlyingRule {
  readonly kind: 'underlying'
  readonly reason: 'underlying'
  /** The watched instrument; undefined: the position's `underlying`. */
  readonly instrument?: InstrumentId
  /** Whether the bounds need the first tick at or after `openedAt` as their base. */
  readonly needsAnchor: boolean
  /** Bounds for the given base price; the base is ignored when `needsAnchor` is false. */
  bounds(anchor: number | undefined): Bounds
}

/** A rule on the time since the instrument's last tick. Only `exit` leads to an exit. */
export interface StaleQuoteRule {
  readonly kind: 'stale-quote'
  readonly reason: 'stale-quote'
  /** Quiet time in ms, or `auto`: from the instrument's own gaps. */
  readonly afterMs: number | 'auto'
  readonly action: 'alert' | 'poll' | 'exit'
}

/** A compiled rule, by what it reads: the best price and time, another instrument, or the age of the last tick. */
export type Rule = LevelRule | UnderlyingRule | StaleQuoteRule

/** Something suspicious but allowed about a rule's options. `path` is inside the options. */
export interface RuleWarning {
  readonly path: string
  readonly found: string
  readonly expected: string
}

/** What a rule needs to know of a position to judge its options. */
export type RuleSubject = Pick<
  Position,
  'side' | 'entryPrice' | 'quantity' | 'multiplier' | 'contract' | 'underlying'
>

/** One line of the registry: a rule's config name, its options and how to make it. */
export interface RuleDefinition<Options> {
  /** Name in the config. */
  readonly name: string
  readonly reason: ExitReason
  /** One sentence for the help and the docs. */
  readonly summary: string
  readonly options: z.ZodType<Options>
  /** Makes the rule; called once for each distinct set of options. */
  rule(options: Options): Rule
  /** Unusual magnitudes, and options with which the rule can never fire for this position. */
  warnings?(options: Options, subject: RuleSubject): readonly RuleWarning[]
  /**
   * For a rule whose times never end, so that levels at single times prove nothing: why the options
   * `after` could exit a position later than `before`; undefined: they cannot.
   */
  loosens?(before: Options, after: Options, position: Position): string | undefined
}

/** A compiled set of rules, interned: equal options give the same object. */
export interface RuleSet {
  /** Config names, in the order of the registry; same length and order as `rules`. */
  readonly names: readonly string[]
  readonly rules: readonly Rule[]
}

/** The instrument that the `underlying` rule of a set watches; undefined: there is none. */
export function watchedBy({ rules }: RuleSet, { underlying }: Pick<Position, 'underlying'>) {
  for (const rule of rules) if (rule.kind === 'underlying') return rule.instrument ?? underlying
  return undefined
}
