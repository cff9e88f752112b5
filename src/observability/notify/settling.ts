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
  /** Times in a row that it came back within an hour. */
  relapses: z.int().nonnegative(),
  /** When it ended last, epoch ms. */
  offAt: z.number().optional(),
})

/** What outlives a process. */
export const keptLevels = z.strictObject({ warn: keptLevel, fail: keptLevel })
export type KeptLevels = z.infer<typeof keptLevels>

/** What is given to a settling of a process that follows another one. */
export interface Before {
  /** Undefined where it had none yet. */
  readonly levels?: KeptLevels | undefined
  /** The process before ended without order: what was bad stays so for the longest time. */
  readonly hasCrashed: boolean
  /** The processes before ended without order one after the other: what is bad counts at once. */
  readonly isLoop: boolean
}

const HOUR_MS = 3_600_000
const MOST_RELAPSES = 20
/** The share of a good time that is taken off the bad time before it. */
const DRAIN = 1 / 4

/** Whether health is at least so bad, without its flutter. */
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
 * Health without its flutter. A bad status counts once it has lasted for `settleMs` in all, so that a
 * check which comes and goes is not missed; good times take a quarter of themselves off. A better one
 * counts once it has lasted in one piece, longer each time that it did not stay: a check that flaps is
 * one piece of news.
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

  /** The status that counts. */
  get status(): HealthStatus {
    return this.fail.kept.isOn ? 'fail' : this.warn.kept.isOn ? 'warn' : 'pass'
  }

  /** Whether this process has looked for long enough to say it. */
  get isKnown(): boolean {
    return this.observedMs >= this.options.settleMs || (this.isLoop && this.status === 'fail')
  }

  get kept(): KeptLevels {
    return { warn: this.warn.kept, fail: this.fail.kept }
  }
}
