import type { PositionEntry } from '../config/position-reader.ts'
import type { InstrumentId, PositionId } from '../domain/ids.ts'
import type { Position } from '../domain/position.ts'
import type { Rule } from '../risk/rule.ts'
import { countText } from './output.ts'

/** Something that the recorded prices never tested. */
export interface Untested {
  readonly what: 'instrument' | 'position' | 'rule'
  /** Name of the instrument or rule; for `position` that of the first one. */
  readonly name: string
  readonly why: string
  /** Number of affected positions, and the first of their ids. */
  readonly positions: number
  readonly examples: readonly PositionId[]
}

/** What a replay knows about its positions at the end. */
export interface Played {
  readonly entries: readonly PositionEntry[]
  /** Position as it was guarded. */
  position(id: PositionId): Position
  /** Time of the last price of an instrument, epoch ms; −Infinity: it had none. */
  pricedAt(instrument: InstrumentId): number
  /** State of a position when it was exited, or at the end. */
  reached(id: PositionId): { readonly best: number; readonly at: number } | undefined
  /** Time of the last row, epoch ms. */
  readonly endAt: number
}

const MOST_NAMED = 5

/** Everything that was not tested, in the order instruments, positions, rules. */
export function untestedIn(played: Played): Untested[] {
  const found = new Map<string, Untested>()
  const add = (what: Untested['what'], name: string, why: string, id: PositionId): void => {
    const key = what === 'position' ? `${what} ${why}` : `${what} ${name} ${why}`
    const known = found.get(key) ?? { what, name, why, positions: 0, examples: [] }
    const { examples } = known
    found.set(key, {
      ...known,
      positions: known.positions + 1,
      examples: examples.length < MOST_NAMED ? [...examples, id] : examples,
    })
  }
  for (const entry of played.entries) findIn(entry, played, add)
  return ORDER.flatMap(kind => [...found.values()].filter(({ what }) => what === kind))
}

const ORDER = ['instrument', 'position', 'rule'] as const

function findIn(
  { position: { id, instrument }, ruleSet }: PositionEntry,
  played: Played,
  add: (what: Untested['what'], name: string, why: string, id: PositionId) => void,
): void {
  const position = played.position(id)
  const { openedAt } = position
  const isPriced = played.pricedAt(instrument) > -Infinity
  const isTicked = played.pricedAt(instrument) >= openedAt
  if (!isPriced) add('instrument', instrument, 'it had no tick', id)
  else if (openedAt > played.endAt) add('position', id, 'opened after the last row', id)
  else if (!isTicked) add('position', id, 'no tick of the instrument after the opening', id)
  ruleSet.rules.forEach((rule, index) => {
    const name = ruleSet.names[index]!
    if (rule.kind === 'underlying') {
      const watched = rule.instrument ?? position.underlying
      if (watched === undefined) return
      const at = played.pricedAt(watched)
      if (at === -Infinity) add('instrument', watched, 'it had no tick', id)
      else if (at < openedAt && openedAt <= played.endAt)
        add('rule', name, `${watched} had no tick after the position was opened`, id)
    } else if (isTicked) {
      const why = whyUntested(rule, position, played)
      if (why !== undefined) add('rule', name, why, id)
    }
  })
}

/**
 * Why a rule of a position with prices could not exit it in the whole replay; undefined: it could.
 */
function whyUntested(rule: Rule, position: Position, played: Played): string | undefined {
  const reached = played.reached(position.id)
  if (rule.kind !== 'levels' || reached === undefined) return undefined
  try {
    const { stop, target, ratchet, exitAt, rearmAt } = rule.arm(position, reached.best, reached.at)
    if (stop !== undefined || target !== undefined) return undefined
    if (ratchet !== undefined) return `the price never reached its activation`
    // An exit by another rule before its time says nothing about the recorded prices.
    const next = exitAt ?? rearmAt
    if (next === undefined) return 'it never had a level'
    return next > played.endAt ? 'its time lies after the last row' : undefined
  } catch {
    // An error that a rule throws is reported where it happens.
    return undefined
  }
}

/** The same as a line of text. */
export function untestedText({ what, name, why, positions, examples }: Untested): string {
  const shown = examples.join(', ') + (positions > examples.length ? ', …' : '')
  switch (what) {
    case 'instrument':
      return `${name} had no tick: what depends on it was not tested (${shown})`
    case 'position':
      return `${countText(positions, 'position')} not tested: ${why} (${shown})`
    case 'rule':
      return `${name} of ${countText(positions, 'position')} not tested: ${why} (${shown})`
  }
}
