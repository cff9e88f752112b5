import { difference } from '../domain/decimal.ts'
import type { ExitReason } from '../domain/reason.ts'
import { quietAt } from './hours.ts'
import { armAlone } from './merge.ts'
import type { WatchedPosition } from './watched-position.ts'

/** What one rule of a guarded position would do, for a person. Prices as they are, times epoch ms. */
export interface RuleExplanation {
  /** Name in the config. */
  readonly rule: string
  readonly reason: ExitReason
  /** Whether the rule can exit the position as things stand. */
  readonly armed: boolean
  /** Why it cannot, when it is not armed. */
  readonly why?: string
  /** The price that exits, on the own instrument or on `instrument`. */
  readonly level?: number
  /** Set when the level is on another instrument. */
  readonly instrument?: string
  /** Price points from the last price to the level; null before the first tick. */
  readonly distance?: number | null
  /** Best price at which the rule arms, or its level changes form. */
  readonly ratchet?: number
  readonly exitAt?: number
  /** Ms since the last tick that the rule reads; null before the first. */
  readonly inputAgeMs: number | null
  /** When the rules were last asked; null before the first time. */
  readonly evaluatedAt: number | null
}

type Findings = Pick<RuleExplanation, 'armed'> & Partial<RuleExplanation>

/**
 * For each rule of the position, in the order of its set: armed or not, at which level, and why. `now` is epoch ms,
 * prices are as they are. Positions of a replay are explained by `VirtualSystem.explain`, those of a service by
 * `GET /api/positions/{id}/why`.
 */
export function explain(watched: WatchedPosition, now: number): RuleExplanation[] {
  return watched.ruleSet.rules.map((rule, index) => {
    const leg = rule.kind === 'underlying' ? watched.other : watched.own
    const lastAt = leg === undefined ? -Infinity : leg.stream.lastAt
    return {
      rule: watched.ruleSet.names[index]!,
      reason: rule.reason,
      ...findings(watched, index, now),
      inputAgeMs: lastAt === -Infinity ? null : now - lastAt,
      evaluatedAt: watched.catchUps > 0 ? watched.evaluatedAt : null,
    }
  })
}

function findings(watched: WatchedPosition, index: number, now: number): Findings {
  const { position } = watched
  const rule = watched.ruleSet.rules[index]!
  if (now < watched.openedAt) return { armed: false, why: 'the position is not open yet' }
  switch (rule.kind) {
    case 'levels': {
      const asked = { best: watched.sign * watched.bestNow(), at: now }
      const { levels, failed } = armAlone({ rule, index, position }, asked, watched.lastGood())
      const level = levels.stop ?? levels.target
      const armed = level !== undefined || levels.exitAt !== undefined
      return {
        armed,
        ...(failed && { why: 'the rule failed; its last levels are in force' }),
        ...(!armed && !failed && { why: whyNot(levels.ratchet, levels.rearmAt) }),
        ...(level !== undefined && {
          level,
          distance: distance(watched.own.stream.lastPrice, level),
        }),
        ...(levels.ratchet !== undefined && { ratchet: levels.ratchet }),
        ...(levels.exitAt !== undefined && { exitAt: levels.exitAt }),
      }
    }
    case 'underlying': {
      const instrument = rule.instrument ?? watched.position.underlying
      if (watched.other === undefined) return { armed: false, why: 'it names no instrument' }
      const named = instrument === undefined ? {} : { instrument }
      if (rule.needsAnchor && watched.anchor === undefined) {
        return { armed: false, why: 'it waits for the first tick of its instrument', ...named }
      }
      const { below, above } = rule.bounds(watched.anchor)
      const price = watched.other.stream.lastPrice
      const level = nearest(price, below, above)
      return { armed: true, level, distance: distance(price, level), ...named }
    }
    case 'stale-quote': {
      if (rule.action !== 'exit') return { armed: false, why: `it only asks for: ${rule.action}` }
      const after = rule.afterMs === 'auto' ? watched.own.stream.quietMs : rule.afterMs
      const since = Math.max(watched.own.stream.lastAt, watched.openedAt, watched.quietFrom)
      return { armed: true, exitAt: quietAt(watched.hours, since, after) }
    }
  }
}

function whyNot(ratchet: number | undefined, rearmAt: number | undefined): string {
  if (ratchet !== undefined) return 'it waits for its activation'
  return rearmAt === undefined ? 'it has no level here' : 'it waits for its time'
}

const distance = (price: number, level: number): number | null =>
  Number.isNaN(price) ? null : difference(level, price)

/** The bound that is closer to the price; at least one of them exists. */
function nearest(price: number, below: number | undefined, above: number | undefined): number {
  if (below === undefined) return above!
  return above === undefined || !(above - price < price - below) ? below : above
}
