import { z } from 'zod'
import { levelText } from '../../domain/level-text.ts'
import type { Control } from '../../ports/control.ts'
import type { HealthSnapshot } from '../../ports/control/health.ts'
import type { PositionView } from '../../ports/control/positions.ts'
import type { JournalKind } from '../../ports/journal-kinds.ts'
import type { KeptRow } from './kept-row.ts'
import { priceText } from './person-text.ts'
import type { NearStop } from './state-texts.ts'

/** What was reported and is not over, as it outlives a process. */
export const keptWatch = z.strictObject({
  /** Ids of positions whose approach to their stop was reported. */
  near: z.array(z.string()),
  /** Since when (epoch ms) a check of health has failed that was reported, by event. */
  lost: z.record(z.string(), z.number()),
})
export type KeptWatch = z.infer<typeof keptWatch>

export interface WatchOptions {
  readonly control: Pick<Control, 'openIds' | 'position'>
  /** Distance of price and stop, percent of the price; undefined: approaches are not reported. */
  readonly approachPct: number | undefined
  /** Time that a check must have failed before it is reported, and passed before it is over, ms. */
  readonly settleMs: number
  readonly kept: KeptRow<KeptWatch>
  note(kind: JournalKind, detail: Readonly<Record<string, unknown>>): void
  /** Monotonic, ms. */
  monotonic(): number
}

/** Checks of health that are events of their own. One that health lacks counts as passed. */
const WATCHED = {
  guard: { check: 'positions:unguarded', lost: 'guard-lost', back: 'guard-back' },
  exitable: { check: 'positions:exitable', lost: 'exitable-lost', back: 'exitable-back' },
  credentials: {
    check: 'broker:credentials',
    lost: 'credentials-ending',
    back: 'credentials-renewed',
  },
} as const
type Watched = keyof typeof WATCHED

/** Positions whose distance is compared in one cycle: a large account takes several cycles. */
const PER_CYCLE = 1_000
/** A position that has moved away by this much of the distance may approach again. */
const REARM = 1.5
const MOST_NAMED = 20
/** Most positions whose approach is remembered. */
const MOST_KEPT = 10_000

/** Finds out in each cycle what is no journal line yet, and writes one when it begins or ends. */
export class Watch {
  private readonly options: WatchOptions
  private readonly near: Set<string>
  private readonly since = new Map<Watched, { readonly isLost: boolean; readonly at: number }>()
  private round: string[] = []

  constructor(options: WatchOptions) {
    this.options = options
    this.near = new Set(options.kept.value.near)
  }

  /** Takes the health of a cycle. */
  observe(snapshot: HealthSnapshot): void {
    this.approach()
    for (const event of Object.keys(WATCHED) as Watched[]) this.check(event, snapshot)
  }

  private check(event: Watched, { checks, at }: HealthSnapshot): void {
    const { settleMs, kept, note, monotonic } = this.options
    const now = monotonic()
    const [check] = checks[WATCHED[event].check] ?? []
    const isLost = check !== undefined && check.status !== 'pass'
    const seen = this.since.get(event)
    if (seen?.isLost !== isLost) this.since.set(event, { isLost, at: now })
    const { [event]: reportedAt, ...others } = kept.value.lost
    const lasts = seen?.isLost === isLost && now - seen.at >= settleMs
    if (!lasts || isLost === (reportedAt !== undefined)) return
    if (isLost) note(WATCHED[event].lost, { why: check.output ?? String(check.observedValue) })
    else note(WATCHED[event].back, { forMs: Math.max(0, at - reportedAt!) })
    this.keep({ lost: isLost ? { ...others, [event]: at } : others })
  }

  /** Compares some of the positions, so that no cycle becomes long. */
  private approach(): void {
    const { approachPct, control, note } = this.options
    if (approachPct === undefined) return
    if (this.round.length === 0) {
      this.round = [...control.openIds()]
      this.forget()
    }
    const found: NearStop[] = []
    let hasChanged = false
    for (const id of this.round.splice(0, PER_CYCLE)) {
      const view = control.position(id)
      const pct = view === undefined ? undefined : distanceOf(view)
      if (view === undefined || pct === undefined) continue
      if (this.near.has(id)) {
        if (pct < approachPct * REARM) continue
        this.near.delete(id)
        hasChanged = true
      } else if (pct <= approachPct && this.near.size < MOST_KEPT) {
        this.near.add(id)
        hasChanged = true
        found.push(nearOf(view, pct))
      }
    }
    if (hasChanged) this.keep({ near: [...this.near] })
    if (found.length === 0) return
    const positions = found.toSorted((a, b) => a.pct - b.pct).slice(0, MOST_NAMED)
    note('stops-near', { positions, more: found.length - positions.length })
  }

  /** Positions that have ended are near nothing. */
  private forget(): void {
    const open = new Set(this.round)
    const before = this.near.size
    for (const id of this.near) if (!open.has(id)) this.near.delete(id)
    if (this.near.size !== before) this.keep({ near: [...this.near] })
  }

  private keep(change: Partial<KeptWatch>): void {
    this.options.kept.keep(change).catch(() => undefined)
  }
}

/** Way of the price to the stop, percent of the price; undefined where no rule acts on it, or it is exited. */
function distanceOf({ side, stop, lastPrice, state }: PositionView): number | undefined {
  if (stop === null || lastPrice === null || !(lastPrice > 0)) return undefined
  if (state === 'exiting') return undefined
  const way = side === 'long' ? lastPrice - stop : stop - lastPrice
  return (Math.max(0, way) / lastPrice) * 100
}

const nearOf = ({ id, side, lastPrice, stop, tickSize }: PositionView, pct: number): NearStop => ({
  id,
  pct: Number(pct.toFixed(3)),
  price: priceText(lastPrice!, tickSize),
  stop: levelText(tickSize === undefined ? Number(stop!.toPrecision(8)) : stop!, {
    isBelow: side === 'long',
    tickSize,
  }),
})
