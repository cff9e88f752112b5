import type { Account } from '../account/account.ts'
import { send, type Ref } from '../actors/actor.ts'
import type { MonitorMessage } from '../actors/messages.ts'
import { CATCH_UP } from '../actors/supervisor-state.ts'
import type { Position } from '../domain/position.ts'
import { sfc32 } from '../domain/random.ts'
import type { Tick } from '../domain/tick.ts'
import { callsOf, type BrokerLayer } from '../ports/broker-layer.ts'
import type { Clock } from '../ports/clock.ts'
import type { Timers } from '../ports/timers.ts'
import { targets, waitMs, type ChaosAct, type ChaosPlan } from '../resilience/chaos-plan.ts'
import type { Rule, RuleSet } from '../risk/rule.ts'
import type { WatchedPosition } from '../risk/watched-position.ts'
import { chaosCalls, type BrokerFault, type ChosenCalls } from './broker.ts'

export interface ChaosDeps {
  readonly clock: Clock
  readonly timers: Timers
}

/**
 * Injects faults into a running system on a seeded schedule, so that a person sees how it defends
 * itself.
 */
export class Chaos {
  /** Injected faults by kind, and calls of the broker that were hit. */
  readonly acts = new Map<string, number>()
  readonly hits = new Map<BrokerFault, number>()
  private readonly plan: ChaosPlan
  private readonly clock: Clock
  private readonly timers: Timers
  private readonly cancels = new Map<number, () => void>()
  private readonly wrapped = new WeakMap<RuleSet, RuleSet>()
  /** Number of throws that remain for each position. */
  private readonly throwing = new Map<string, number>()
  /**
   * Until when (monotonic ms) a position's rule throws, an instrument has no ticks, a fault lasts.
   */
  private readonly badRules = new Map<string, number>()
  private readonly stalled = new Map<string, number>()
  private readonly ending = new AbortController()
  private fault: { readonly kind: BrokerFault; readonly until: number } | undefined

  constructor(plan: ChaosPlan, { clock, timers }: ChaosDeps) {
    this.plan = plan
    this.clock = clock
    this.timers = timers
  }

  /** Each monitor calls it before its work. */
  readonly beforeMonitor = ({ position: { id } }: WatchedPosition): void => {
    if (this.throwing.size === 0) return
    const left = this.throwing.get(id) ?? 0
    if (left === 0) return
    if (left === 1) this.throwing.delete(id)
    else this.throwing.set(id, left - 1)
    throw new Error('chaos: the monitor throws')
  }

  /** Wraps rules so that they throw while a fault says so. */
  readonly rules = (set: RuleSet): RuleSet => {
    const known = this.wrapped.get(set)
    if (known !== undefined) return known
    const { names } = set
    const wrapped = { names, rules: set.rules.map((rule, index) => this.rule(names[index]!, rule)) }
    this.wrapped.set(set, wrapped)
    return wrapped
  }

  /** Wraps a broker so that its calls for exits fail while a fault says so. */
  readonly broker: BrokerLayer = next => ({ ...callsOf(next), ...this.calls(next) })

  /** The calls for exits alone. */
  readonly calls = (next: ChosenCalls): ChosenCalls =>
    chaosCalls(next, {
      timers: this.timers,
      ended: this.ending.signal,
      fault: () => {
        const { fault } = this
        if (fault === undefined) return undefined
        const leftMs = fault.until - this.clock.monotonic()
        return leftMs > 0 ? { kind: fault.kind, leftMs } : undefined
      },
      hit: kind => this.hits.set(kind, (this.hits.get(kind) ?? 0) + 1),
    })

  /** Whether a tick is delivered. */
  lets({ instrument }: Tick): boolean {
    const until = this.stalled.get(instrument)
    if (until === undefined) return true
    if (until > this.clock.monotonic()) return false
    this.stalled.delete(instrument)
    return true
  }

  /** Injects faults by the clock until `stop`. */
  start(account: Account): void {
    const { acts, seed, afterMs } = this.plan
    account.note('chaos', { act: 'begins', seed })
    for (const [index, act] of acts.entries()) {
      // Each fault has a random source of its own, so that none changes the schedule of another.
      const random = sfc32(Math.imul(seed, 0x9e3779b1) + index)
      const next = (waitedMs: number): void => {
        const cancel = this.timers.after(waitedMs, () => {
          this.perform(account, act, random)
          next(waitMs(act, random()))
        })
        this.cancels.set(index, cancel)
      }
      next(afterMs + waitMs(act, random()))
    }
  }

  /** Stops injecting, and ends the faults that still last. */
  stop(): void {
    for (const cancel of this.cancels.values()) cancel()
    this.cancels.clear()
    this.throwing.clear()
    this.badRules.clear()
    this.stalled.clear()
    this.fault = undefined
    this.ending.abort()
  }

  /** Injects one fault now, and journals it before. */
  perform(account: Account, act: ChaosAct, random: () => number): void {
    const { registry } = account.engine
    const { kind, everyMs: _often, ...rest } = act
    const journal = (detail: Readonly<Record<string, unknown>>): void => {
      this.acts.set(kind, (this.acts.get(kind) ?? 0) + 1)
      account.note('chaos', { act: kind, ...detail })
    }
    const open = (): string[] =>
      [...registry.all()]
        .filter(({ watched }) => !watched.closed)
        .map(({ watched }) => watched.position.id)
    const until = 'forMs' in act ? this.clock.monotonic() + act.forMs : 0
    switch (act.kind) {
      case 'monitor-throws': {
        const chosen = targets(open(), act.positions, { count: act.count, random })
        journal({ positions: shown(chosen), times: act.times })
        for (const id of chosen) this.throwing.set(id, act.times)
        for (const { watched, status } of registry.all()) {
          if (this.throwing.has(watched.position.id) && status.kind === 'running') {
            send(status.ref as Ref<MonitorMessage>, CATCH_UP)
          }
        }
        return
      }
      case 'rule-throws': {
        const chosen = targets(open(), act.positions, { count: act.count, random })
        journal({ positions: shown(chosen), rules: act.rules, forMs: act.forMs })
        for (const id of chosen) {
          for (const rule of act.rules) this.badRules.set(`${rule} ${id}`, until)
        }
        return
      }
      case 'feed-stalls': {
        const known = [...new Set([...account.state.open()].map(({ instrument }) => instrument))]
        const chosen = targets(known, act.instruments, { count: act.count, random })
        journal({ instruments: shown(chosen), forMs: act.forMs })
        for (const instrument of chosen) this.stalled.set(instrument, until)
        return
      }
      case 'broker-refuses':
      case 'broker-times-out':
      case 'gateway-hangs':
        journal(rest)
        this.fault = { kind: act.kind, until }
        return
      case 'loop-blocks':
        journal(rest)
        while (this.clock.monotonic() < until) continue
    }
  }

  private rule(name: string, rule: Rule): Rule {
    if (rule.kind !== 'levels') return rule
    const arm: typeof rule.arm = (position, best, now) => {
      if (this.badRules.size > 0) this.throwForRule(name, position)
      return rule.arm(position, best, now)
    }
    return { ...rule, arm }
  }

  private throwForRule(name: string, { id }: Position): void {
    const until = Math.max(
      this.badRules.get(`${name} ${id}`) ?? -Infinity,
      this.badRules.get(`* ${id}`) ?? -Infinity,
    )
    if (until > this.clock.monotonic()) throw new Error(`chaos: ${name} throws`)
  }
}

/** Most names in one journal line. */
const MOST_SHOWN = 20

const shown = (names: readonly string[]): readonly string[] =>
  names.length <= MOST_SHOWN
    ? names
    : [...names.slice(0, MOST_SHOWN), `and ${names.length - MOST_SHOWN} more`]
