import type { Store } from '../ports/store.ts'
import { rolledUp, type RollUp } from './performance.ts'
import type { Profiler } from './profiler.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** Most points: a day of minutes, five weeks of hours. */
const MINUTES = 24 * 60
const HOURS = 35 * 24

/** Measurements by minute and by hour, stored with a bounded size. */
export class PerformanceHistory {
  private readonly store: Pick<Store, 'write'>
  private minutes: readonly RollUp[]
  private hours: readonly RollUp[]
  private minute: number

  /** Starts with the stored points of an earlier process. `now`: epoch ms. */
  static async open(
    store: Pick<Store, 'write' | 'rows'>,
    now: number,
  ): Promise<PerformanceHistory> {
    const rows = await store.rows<RollUp>('history')
    const ofKind = (kind: string): RollUp[] =>
      [...rows]
        .flatMap(([key, point]) => (key.startsWith(kind) ? [point] : []))
        .toSorted((a, b) => a.at - b.at)
    return new PerformanceHistory(store, {
      minutes: ofKind('minute:'),
      hours: ofKind('hour:'),
      now,
    })
  }

  private constructor(
    store: Pick<Store, 'write'>,
    { minutes, hours, now }: { minutes: RollUp[]; hours: RollUp[]; now: number },
  ) {
    this.store = store
    this.minutes = minutes
    this.hours = hours
    this.minute = Math.floor(now / MINUTE)
  }

  get points(): { readonly minutes: readonly RollUp[]; readonly hours: readonly RollUp[] } {
    return { minutes: this.minutes, hours: this.hours }
  }

  /**
   * Once a minute, stores what was measured since. Costs nothing in between. Throws as the store
   * does.
   */
  async rollUp(profiler: Pick<Profiler, 'takeInterval'>, now: number): Promise<void> {
    const minute = Math.floor(now / MINUTE)
    if (minute === this.minute) return
    const hour = Math.floor((this.minute * MINUTE) / HOUR)
    const isNewHour = Math.floor((minute * MINUTE) / HOUR) !== hour
    this.minute = minute
    const point: RollUp = { at: now, ...profiler.takeInterval() }
    this.minutes = [...this.minutes, point].slice(-MINUTES)
    const rows = [{ table: 'history' as const, key: `minute:${minute % MINUTES}`, value: point }]
    if (isNewHour) {
      const whole = rolledUp(
        this.minutes.filter(({ at }) => at > now - HOUR),
        now,
      )
      this.hours = [...this.hours, whole].slice(-HOURS)
      rows.push({ table: 'history', key: `hour:${hour % HOURS}`, value: whole })
    }
    await this.store.write({ rows })
  }
}
