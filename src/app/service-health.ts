import { join } from 'node:path'
import type { Account } from '../account/account.ts'
import type { Found } from '../account/found.ts'
import type { Advisors } from '../advisors/advisors.ts'
import { PaperAccount } from '../brokers/paper-account.ts'
import type { AccessFacts } from '../calls/access-drill.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { Chaos } from '../chaos/chaos.ts'
import type { ServiceConfig } from '../config/schema.ts'
import type { Trouble } from '../observability/checks.ts'
import { healthStatus } from '../observability/health.ts'
import type { Meters } from '../observability/meters.ts'
import type { Broker } from '../ports/broker.ts'
import type { Clock } from '../ports/clock.ts'
import type { HealthSnapshot } from '../ports/control/health.ts'
import type { LostFolder, OwnedStore } from '../ports/store.ts'
import type { ExitableDesk } from '../views/exitable.ts'
import { gatewayTroubles } from '../views/gateway-view.ts'
import { healthFacts } from '../views/health-facts.ts'
import type { AccountHints } from './account-hints.ts'
import type { Stopped } from './guarded-account.ts'
import type { Messaging } from './messaging.ts'
import type { Prices } from './open-prices.ts'
import type { VenueWatch } from './venue-watch.ts'

export interface ServiceHealthDeps {
  readonly config: ServiceConfig
  readonly clock: Clock
  /** Epoch ms. */
  readonly startedAt: number
  readonly account: Account
  readonly desk: CallDesk
  readonly store: OwnedStore
  readonly broker: Broker
  readonly advisors: Advisors
  readonly prices: Prices
  /** Undefined where the account is not at a venue. */
  readonly venueWatch: VenueWatch | undefined
  /** What the venue pushes about the account. */
  readonly hints: Pick<AccountHints, 'troubles'>
  readonly performance: Meters
  readonly exitable: Pick<ExitableDesk, 'facts' | 'layers'>
  /** The last answers about the access to the account. */
  readonly access: { readonly facts: Pick<AccessFacts, 'clock'> }
  readonly news: Pick<Messaging, 'troubles'>
  readonly chaos: Chaos | undefined
  /** Troubles of bots that hooks belong to; undefined: there is none. */
  hookTroubles(): readonly Trouble[] | undefined
  /** Why the account was stopped while the process goes on; undefined: it was not. */
  stopped(): Stopped | undefined
}

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
    const first = this.evaluate()
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
    const { config, clock, account, desk, prices, performance, news } = this.deps
    this.seenLines = account.begunLines
    const { exitOverdueMs, staleMs, graceMs } = config.health
    const limits = {
      now: clock.now(),
      startedAt: this.deps.startedAt,
      exitOverdueMs,
      staleMs,
      graceMs,
    }
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
      lostFolders: this.lostFolders(),
      loopDelayMs: performance.loopDelayMs,
      slowLoopMs: config.health.slowLoopMs,
      news: news.troubles,
      isChaosOn: this.deps.chaos !== undefined,
      stoppedAccount: this.deps.stopped()?.error.message,
    })
  }

  private lostFolders(): readonly LostFolder[] {
    const { broker, config } = this.deps
    const lost = broker instanceof PaperAccount ? broker.lost : undefined
    return lost === undefined ? [] : [{ place: join(config.dataFolder, 'paper'), lost }]
  }
}
