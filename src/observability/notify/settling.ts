import { z } from 'zod'
import type { HealthStatus } from '../../ports/control/health.ts'

/** Statuses from good to bad. */
export const RANK: Readonly<Record<HealthStatus, number>> = { pass: 0, warn: 1, fail: 2 }

export const worseOf = (a: HealthStatus, b: HealthStatus): HealthStatus =>
  RANK[a] >= RANK[b] ? a : b

export interface SettlingOptions {
  /** Time that a status must have lasted, ms. */
  readonly settleMs: number
  /** Longest time that a better status must last where it has come and gone before, ms. */
  readonly maxSettleMs: number
}

const keptLevel = z.strictObject({
  isOn: z.boolean(),
  /** Consecutive relapses within an hour. */
  relapses: z.int().nonnegative(),
  /** When it ended last, epoch ms. */
  offAt: z.number().optional(),
})

/** The state that outlives a process. */
export const keptLevels = z.strictObject({ warn: keptLevel, fail: keptLevel })
export type KeptLevels = z.infer<typeof keptLevels>

/** Initial state of a process that follows another one. */
export interface Before {
  /** Undefined where it had none yet. */
  readonly levels?: KeptLevels | undefined
  /** The previous process ended without order: its bad status lasts for the longest time. */
  readonly hasCrashed: boolean
  /** Previous processes ended without order one after the other: a bad status counts at once. */
  readonly isLoop: boolean
}

const HOUR_MS = 3_600_000
const MOST_RELAPSES = 20
/** The share of a good period that is subtracted from the bad period before it. */
const DRAIN = 1 / 4

/** Debounces one severity of health. */
class Level {
  private readonly options: SettlingOptions
  private readonly holdsLong: boolean
  private badMs: number
  private goodMs = 0
  kept: z.infer<typeof keptLevel>

  constructor(options: SettlingOptions, before: Before | undefined, level: 'warn' | 'fail') {
    this.options = options
    this.kept = before?.levels?.[level] ?? { isOn: false, relapses: 0 }
    this.holdsLong = before?.hasCrashed === true
    this.badMs = before?.isLoop === true ? options.settleMs : 0
  }

  /** `elapsedMs` have passed in the state `wasBad`; `at` is epoch ms. */
  pass(
    wasBad: boolean,
    isBad: boolean,
    { elapsedMs, at }: { elapsedMs: number; at: number },
  ): void {
    this.goodMs = wasBad ? 0 : this.goodMs + elapsedMs
    this.badMs = wasBad ? this.badMs + elapsedMs : Math.max(0, this.badMs - DRAIN * elapsedMs)
    const { isOn, relapses, offAt = -Infinity } = this.kept
    if (!isOn && isBad && this.badMs >= this.options.settleMs) {
      const isRelapse = at - offAt < HOUR_MS
      this.kept = { isOn: true, relapses: isRelapse ? Math.min(relapses + 1, MOST_RELAPSES) : 0 }
    } else if (isOn && !isBad && this.goodMs >= this.holdMs) {
      this.kept = { isOn: false, relapses, offAt: at }
      this.badMs = 0
    }
  }

  /** How long it must be better before that counts: twice as long with each relapse. */
  private get holdMs(): number {
    const { settleMs, maxSettleMs } = this.options
    const { relapses } = this.kept
    if (this.holdsLong) return Math.max(settleMs, maxSettleMs)
    return relapses === 0
      ? settleMs
      : Math.max(settleMs, Math.min(maxSettleMs, settleMs * 2 ** relapses))
  }
}

/**
 * Debounced health. A bad status counts once it has lasted for `settleMs` in total, so that a
 * flapping check is not missed; good periods subtract a quarter of their duration. A better status
 * counts once it has lasted without interruption, longer after each relapse: a flapping check
 * causes one message.
 */
export class Settling {
  private readonly options: SettlingOptions
  private readonly warn: Level
  private readonly fail: Level
  private readonly isLoop: boolean
  private last: { readonly status: HealthStatus; readonly now: number } | undefined
  private observedMs = 0

  constructor(options: SettlingOptions, before?: Before) {
    this.options = options
    this.warn = new Level(options, before, 'warn')
    this.fail = new Level(options, before, 'fail')
    this.isLoop = before?.isLoop === true
  }

  /** Takes the status of a cycle; `now` is monotonic ms, `at` epoch ms. */
  observe(status: HealthStatus, now: number, at: number): void {
    const { status: was, now: since } = this.last ?? { status, now }
    const time = { elapsedMs: now - since, at }
    this.observedMs += time.elapsedMs
    this.warn.pass(was !== 'pass', status !== 'pass', time)
    this.fail.pass(was === 'fail', status === 'fail', time)
    this.last = { status, now }
  }

  /** The debounced status. */
  get status(): HealthStatus {
    return this.fail.kept.isOn ? 'fail' : this.warn.kept.isOn ? 'warn' : 'pass'
  }

  /** Whether this process has observed health for long enough to decide. */
  get isKnown(): boolean {
    return this.observedMs >= this.options.settleMs || (this.isLoop && this.status === 'fail')
  }

  get kept(): KeptLevels {
    return { warn: this.warn.kept, fail: this.fail.kept }
  }
}
