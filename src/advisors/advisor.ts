import { isAtLeast } from '../domain/position.ts'
import type { AdvisorFacts } from '../observability/metrics/advisor-facts.ts'
import type { Control } from '../ports/control.ts'
import type { PositionView } from '../ports/control/positions.ts'
import { freshBackoff, nextDelay, type BackoffState } from '../resilience/backoff.ts'
import { recordRestart, type RestartHistory } from '../resilience/restarts.ts'
import { Advice } from './advice.ts'
import { AdvisorChild } from './child.ts'
import { matcher } from './matcher.ts'
import type { AdvisorConfig } from './options.ts'
import { answerIn, updateLine } from './protocol.ts'
import { textOf } from './text.ts'

export interface AdvisorDeps {
  readonly control: Pick<Control, 'positions' | 'changeRules' | 'exit'>
  note(
    kind: 'advisor-started' | 'advisor-ended' | 'advisor-quarantined' | 'advisor-note',
    detail: Readonly<Record<string, unknown>>,
  ): void
  /** Epoch ms. */
  now(): number
  monotonic(): number
  /** In [0, 1). */
  random(): number
}

/** What became of the lines of an advisor. */
export interface AdvisorCounts {
  tightened: number
  exits: number
  notes: number
  /** Asked for and not done: looser, unknown position, not allowed, or refused by the service. */
  refused: number
  /** Lines that are no answer. */
  invalid: number
}

export type AdvisorState = 'running' | 'backoff' | 'quarantined'

/** Notes in a minute that are journaled. */
const NOTES_PER_MINUTE = 10
const MOST_ACTS = 1_000

/**
 * One advisor: its process, what it is sent and what it may cause. It is driven by the monitoring cycle alone, so
 * that nothing of it is on the way of a tick; what it has tightened are rules of the position, and outlive it.
 */
export class Advisor {
  readonly counts: AdvisorCounts = { tightened: 0, exits: 0, notes: 0, refused: 0, invalid: 0 }
  restarts = 0
  state: AdvisorState = 'backoff'
  /** Why it does not run; undefined while it does. */
  why: string | undefined
  private readonly config: AdvisorConfig
  private readonly deps: AdvisorDeps
  private readonly advice = new Advice(MOST_ACTS)
  private readonly matches: (view: PositionView) => boolean
  private child: AdvisorChild | undefined
  private history: RestartHistory = []
  private backoff: BackoffState = freshBackoff
  private startAt = -Infinity
  private sendAt = -Infinity
  private seq = 0
  private confirmed = 0
  private confirmedAt = 0
  /** Of any of its processes; a start does not count. */
  private lastConfirmedAt: number | undefined
  private hasStopped = false
  private notes = { minute: -1, count: 0 }
  private busy = new Set<string>()
  private droppedBefore = 0

  constructor(config: AdvisorConfig, deps: AdvisorDeps) {
    this.config = config
    this.deps = deps
    const [byId, byInstrument] = [config.positions, config.instruments].map(matcher)
    this.matches = ({ id, instrument }) => byId!(id) && byInstrument!(instrument)
  }

  get name(): string {
    return this.config.name
  }

  get dropped(): number {
    return this.droppedBefore + (this.child?.dropped ?? 0)
  }

  /** What a scrape shows. */
  facts(): AdvisorFacts {
    const { invalid, ...requests } = this.counts
    const { lastConfirmedAt: at } = this
    return {
      advisor: this.name,
      state: this.state,
      restarts: this.restarts,
      requests,
      lines: { invalid, dropped: this.dropped },
      confirmedAgeMs: at === undefined ? undefined : this.deps.monotonic() - at,
    }
  }

  /** Once a monitoring cycle: starts what is due, kills what hangs, carries advice out, sends an update. */
  cycle(): void {
    const now = this.deps.monotonic()
    if (this.hasStopped) return
    if (this.child === undefined) {
      if (this.state === 'quarantined' || now < this.startAt) return
      this.start(now)
    }
    if (now - this.confirmedAt > this.config.hangMs) {
      this.child?.kill(`it confirmed no update for ${this.config.hangMs} ms`)
      return
    }
    for (const [id, act] of this.advice.taken()) void this.carryOut(id, act)
    if (now < this.sendAt) return
    this.sendAt = now + this.config.everyMs
    const { mayExit } = this.config
    const views = this.views()
    const line = updateLine(this.seq + 1, this.deps.now(), { views, mayExit })
    if (this.child?.write(line) === true) this.seq++
  }

  async stop(): Promise<void> {
    this.hasStopped = true
    await this.child?.stop()
  }

  private views(): PositionView[] {
    return this.deps.control.positions().filter(this.matches)
  }

  private start(now: number): void {
    this.confirmedAt = now
    this.seq = 0
    this.confirmed = 0
    this.sendAt = -Infinity
    this.state = 'running'
    this.why = undefined
    this.child = new AdvisorChild(this.config, {
      monotonic: () => this.deps.monotonic(),
      onLine: line => this.line(line),
      onEnd: why => this.ended(why),
    })
    this.backoff = { ...this.backoff, aliveSince: now }
    this.deps.note('advisor-started', { advisor: this.name })
  }

  private ended(why: string): void {
    this.droppedBefore += this.child?.dropped ?? 0
    this.child = undefined
    if (this.hasStopped) return
    const now = this.deps.monotonic()
    this.why = why
    this.restarts++
    const [history, verdict] = recordRestart(this.config, this.history, now)
    const [backoff, delayMs] = nextDelay(this.config.backoff, this.backoff, now, this.deps.random())
    this.history = history
    this.backoff = backoff
    this.startAt = now + delayMs
    this.state = verdict === 'restart' ? 'backoff' : 'quarantined'
    const kind = verdict === 'restart' ? 'advisor-ended' : 'advisor-quarantined'
    this.deps.note(kind, { advisor: this.name, why })
  }

  private line(line: string): void {
    const answer = answerIn(line)
    switch (answer?.type) {
      case undefined:
        this.counts.invalid++
        return
      case 'ok':
        // The same confirmation again is none: a program that only repeats itself hangs.
        if (answer.seq <= this.confirmed || answer.seq > this.seq) return
        this.confirmed = answer.seq
        this.confirmedAt = this.lastConfirmedAt = this.deps.monotonic()
        return
      case 'note':
        this.noted(answer.text, answer.position)
        return
      case 'tighten':
      case 'exit':
        this.asked(answer)
    }
  }

  private asked(
    answer:
      | { type: 'tighten'; position: string; stop: number }
      | { type: 'exit'; position: string },
  ): void {
    const view = this.views().find(({ id }) => id === answer.position)
    if (view === undefined) return this.refuse(answer.position, 'no position that it is given')
    if (answer.type === 'exit') {
      if (!this.config.mayExit) return this.refuse(view.id, 'mayExit is false')
      if (!this.advice.exit(view.id)) this.refuse(view.id, 'too many acts at once')
      return
    }
    const { stop } = answer
    const isTighter =
      view.stop === null || (stop !== view.stop && isAtLeast(view.side, stop, view.stop))
    if (!isTighter) return this.refuse(view.id, tightAlready(view.stop))
    if (!this.advice.tighten(view, stop)) this.refuse(view.id, 'too many acts at once')
  }

  private async carryOut(id: string, act: { readonly stop: number } | 'exit'): Promise<void> {
    // One act of a position at a time: what comes meanwhile is asked for again with the next update.
    if (this.busy.has(id)) return
    this.busy.add(id)
    const by = { who: `advisor ${this.name}`, from: 'child process' }
    const { control } = this.deps
    try {
      if (act === 'exit') {
        await control.exit(id, by)
        this.counts.exits++
      } else {
        const rules = { stopLoss: { price: act.stop } }
        const request = { rules, force: false, exitNow: false }
        const { changes } = await control.changeRules(id, request, by)
        // Asked for once more before the first change was in the update.
        if (changes.length === 0) this.refuse(id, tightAlready(act.stop))
        else this.counts.tightened++
      }
    } catch (error) {
      this.refuse(id, textOf(error))
    } finally {
      this.busy.delete(id)
    }
  }

  private refuse(position: string, why: string): void {
    this.counts.refused++
    this.child?.write(`${JSON.stringify({ type: 'refused', position, why })}\n`)
  }

  private noted(text: string, position: string | undefined): void {
    const minute = Math.floor(this.deps.monotonic() / 60_000)
    if (minute !== this.notes.minute) this.notes = { minute, count: 0 }
    if (++this.notes.count > NOTES_PER_MINUTE) return
    this.counts.notes++
    const about = position === undefined ? {} : { about: position }
    this.deps.note('advisor-note', { advisor: this.name, text, ...about })
  }
}

const tightAlready = (stop: number | null): string => `the stop ${stop} is as tight already`
