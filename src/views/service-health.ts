import type { Account } from '../account/account.ts'
import type { Found } from '../account/found.ts'
import type { AccessFacts } from '../calls/access-drill.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { Trouble } from '../observability/checks.ts'
import type { HealthFacts } from '../observability/health-given.ts'
import { healthStatus } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import type { LostFolder, OwnedStore } from '../ports/store.ts'
import type { ExitableDesk } from './exitable.ts'
import { gatewayTroubles } from './gateway-view.ts'
import { healthFacts } from './health-facts.ts'

type Troubles = readonly Trouble[] | undefined

export interface ServiceHealthDeps {
  /** Bounds, ms. */
  readonly limits: {
    readonly exitOverdueMs: number
    readonly graceMs: number
    readonly slowLoopMs: number
  }
  readonly clock: Clock
  /** Epoch ms. */
  readonly startedAt: number
  readonly account: Account
  readonly desk: CallDesk
  readonly store: Pick<OwnedStore, 'status'>
  readonly advisors: { readonly all: readonly unknown[]; readonly troubles: readonly Trouble[] }
  readonly prices: { troubles(): readonly Trouble[]; streamTroubles(): Troubles }
  /** Undefined where the account is not at a venue. */
  readonly venueWatch:
    | { troubles(): Troubles; multiplierTroubles(): Troubles; withdrawalTroubles(): Troubles }
    | undefined
  /** What the venue pushes about the account. */
  readonly hints: { troubles(): Troubles }
  readonly performance: Pick<Meters, 'loopDelayMs'>
  readonly exitable: Pick<ExitableDesk, 'facts' | 'layers'>
  /** The last answers about the access to the account. */
  readonly access: { readonly facts: Pick<AccessFacts, 'clock'> }
  readonly news: { readonly troubles: NonNullable<HealthFacts['news']> }
  /** Faults are injected on purpose. */
  readonly isChaosOn: boolean
  /** Troubles of bots that hooks belong to; undefined: there is none. */
  hookTroubles(): Troubles
  /** Folders that the process uses and that are gone. */
  lostFolders(): readonly LostFolder[]
  /** Why the account was stopped while the process goes on; undefined: it was not. */
  stopped(): { readonly error: Error } | undefined
}

/** After so many cycles without a new snapshot health counts as `fail`. */
const OLD_CYCLES = 3

/** A pause of the machine as long as this says nothing about the service, however short its cycles, ms. */
const LEAST_MAX_AGE_MS = 3_000

/** The age of a snapshot from which on health counts as `fail`, ms. */
export const healthMaxAgeMs = (cycleMs: number): number =>
  Math.max(OLD_CYCLES * cycleMs, LEAST_MAX_AGE_MS)

/** The last health snapshot of the service: made by each cycle, and when the journal has said more since. */
export class ServiceHealth {
  private readonly deps: ServiceHealthDeps
  private snapshot: HealthSnapshot
  /** Journal lines whose commit had begun when the snapshot was made. */
  private seenLines = 0
  /** When the last cycle made a snapshot, monotonic ms. */
  private cycledAt: number
  /** The snapshot that is being made in slices. */
  private making: Promise<void> | undefined

  constructor(deps: ServiceHealthDeps) {
    this.deps = deps
    const first = this.evaluate(deps.account.coverage.last)
    this.snapshot = { ...first, since: first.at }
    this.cycledAt = deps.clock.monotonic()
  }

  /** Age of the last snapshot that a cycle made, by the clock that is never set, ms. */
  get ageMs(): number {
    return this.deps.clock.monotonic() - this.cycledAt
  }

  /** The last snapshot as it is. */
  get last(): HealthSnapshot {
    return this.snapshot
  }

  /** Health that knows all that the journal says: a line is readable before the next cycle. */
  current(): HealthSnapshot {
    if (this.seenLines !== this.deps.account.begunLines) this.refresh()
    return this.snapshot
  }

  /** The same, made in slices: no turn of the event loop evaluates more positions than one of a cycle does. */
  async fresh(): Promise<HealthSnapshot> {
    // One under way may have begun before the last line.
    await this.making
    if (this.seenLines === this.deps.account.begunLines) return this.snapshot
    this.making ??= this.make().finally(() => (this.making = undefined))
    await this.making
    return this.snapshot
  }

  private async make(): Promise<void> {
    const { coverage } = this.deps.account
    // The sweep under way, if any, may have begun before the last line.
    await new Promise((resolve, reject) => coverage.whenSwept(resolve, reject))
    const seen = this.deps.account.begunLines
    this.snapshot = this.since(this.evaluate(await coverage.swept()))
    // What was written during the sweep may have changed what it had evaluated already.
    this.seenLines = seen
  }

  /** Makes a snapshot outside the cycle. */
  refresh(): void {
    this.snapshot = this.since(this.evaluate())
  }

  /** Makes the snapshot of a cycle from what its sweep has found. */
  cycle(found: Found): void {
    this.snapshot = this.since(this.evaluate(found))
    this.cycledAt = this.deps.clock.monotonic()
  }

  /** `since` is kept while the status stays. */
  private since(next: HealthSnapshot): HealthSnapshot {
    const { status, since } = this.snapshot
    return { ...next, since: next.status === status ? (since ?? next.at) : next.at }
  }

  private evaluate(found?: Found): HealthSnapshot {
    const { clock, startedAt, account, desk, prices, performance, news } = this.deps
    this.seenLines = account.begunLines
    const { exitOverdueMs, graceMs, slowLoopMs } = this.deps.limits
    const limits = { now: clock.now(), startedAt, exitOverdueMs, graceMs }
    return healthStatus({
      ...healthFacts(account, limits, found),
      ...gatewayTroubles(desk, clock.monotonic()),
      exitable: this.deps.exitable.facts(),
      nets: this.deps.exitable.layers.facts(),
      brokerClock: this.deps.access.facts.clock,
      redisTroubles: prices.troubles(),
      modeTroubles: this.deps.venueWatch?.troubles(),
      multiplierTroubles: this.deps.venueWatch?.multiplierTroubles(),
      withdrawalTroubles: this.deps.venueWatch?.withdrawalTroubles(),
      streamTroubles: prices.streamTroubles(),
      accountStreamTroubles: this.deps.hints.troubles(),
      hookTroubles: this.deps.hookTroubles(),
      advisorTroubles:
        this.deps.advisors.all.length === 0 ? undefined : this.deps.advisors.troubles,
      store: this.deps.store.status(),
      lostFolders: this.deps.lostFolders(),
      loopDelayMs: performance.loopDelayMs,
      slowLoopMs,
      news: news.troubles,
      isChaosOn: this.deps.isChaosOn,
      stoppedAccount: this.deps.stopped()?.error.message,
    })
  }
}
