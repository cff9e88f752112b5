import type { PositionState } from '../domain/position.ts'
import type { TradesQuery } from '../ports/trades.ts'

/** Options by rule, as in a positions file, or the name of a rule set of the service. */
export type RulesInput = string | Readonly<Record<string, unknown>>

/** A position to be guarded: the fields of a positions file. */
export interface PositionInput {
  readonly id: string
  readonly instrument: string
  readonly side: 'long' | 'short'
  /** Units held, above 0 whatever the side. */
  readonly quantity: number
  readonly entryPrice: number
  /** Default: the rule set named `default`. */
  readonly rules?: RulesInput
  /** Epoch ms, or ISO 8601 with a zone; default: when it is added. */
  readonly openedAt?: number | string
  readonly account?: string
  readonly ticket?: string
  readonly product?: string
  readonly underlying?: string
  /** Money per price point and unit; default: that of the instrument, or 1. */
  readonly multiplier?: number
  readonly priceSource?: 'trade' | 'quote'
  readonly contract?: 'linear' | 'inverse'
  /** Guard it although a rule would exit it at once. */
  readonly exitNow?: boolean
  /** Its `openedAt` lies ahead of the clock on purpose. */
  readonly opensLater?: boolean
  /** Its id may be that of a position which is over. */
  readonly reopen?: boolean
}

/** Flags of a change of rules. */
export interface RulesFlags {
  /** Apply rules that loosen; needs the role `operate`. */
  readonly force?: boolean
  /** Apply rules that would exit the position at once. */
  readonly exitNow?: boolean
}

/** Which open positions to list. */
export interface PositionsFilter {
  readonly instrument?: string
  readonly account?: string
  readonly side?: 'long' | 'short'
  readonly underlying?: string
  readonly guard?: PositionState
}

/**
 * Which completed exits to list: by default 100, at most 1,000; `before` is the `next` of the page before. Times
 * are epoch ms.
 */
export type ExitsFilter = Partial<Omit<TradesQuery, 'exitsOnly'>>

/** Which journal lines to read. */
export interface JournalFilter {
  /** Only lines with a higher number; default 0. */
  readonly after?: number
  /** Most lines, at most 1,000; default 100. */
  readonly limit?: number
  /** In place of `limit`: the last so many lines, the oldest of them first. */
  readonly last?: number
  /** With `last`: only lines with a lower number. */
  readonly before?: number
  readonly positionId?: string
  /** Only lines of this kind. One request reads at most 20,000 lines: its answer may be short of the limit. */
  readonly kind?: string
}

/** How a POST is repeated. */
export interface Repeat {
  /**
   * `Idempotency-Key`, 1 to 200 printable characters; default: a new random one. Pass your own to repeat the
   * request safely from another process.
   */
  readonly key?: string
}

/** A path with a query of the fields that are set. */
export function pathWith(path: string, query: object): string {
  const pairs = Object.entries(query as Readonly<Record<string, unknown>>)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`)
  return pairs.length === 0 ? path : `${path}?${pairs.join('&')}`
}

/** Path of one position. */
export const positionPath = (id: string): string => `/api/positions/${encodeURIComponent(id)}`
