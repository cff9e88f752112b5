import { join } from 'node:path'
import type { Account } from '../account/account.ts'
import { PaperAccount } from '../brokers/paper-account.ts'
import type { AccessDrill } from '../calls/access-drill.ts'
import type { CallDesk } from '../calls/call-desk.ts'
import type { GatesStore } from '../calls/gates-store.ts'
import type { LastAnswers } from '../calls/last-answers.ts'
import type { Chaos } from '../chaos/chaos.ts'
import type { AccountPlan } from '../config/accounts.ts'
import type { WatchkeeperError } from '../errors.ts'
import type { KillSwitch } from '../exits/kill-switch.ts'
import type { ExitRecord } from '../exits/record.ts'
import type { Broker } from '../ports/broker.ts'
import type { Batch, LostFolder } from '../ports/store.ts'
import type { PortfolioDay } from '../risk/portfolio.ts'
import type { AccountStore } from '../stores/account-rows.ts'
import type { StoreRepository } from '../stores/state-repository.ts'
import type { ExitableDesk } from '../views/exitable.ts'
import type { AccountHints } from './account-hints.ts'
import type { VenueWatch } from './venue-watch.ts'

export interface GuardedAccountDeps {
  /** With the instruments as its venue fixes them. */
  readonly plan: AccountPlan
  /** Whether the process has no other account: what ends this one then ends the process. */
  readonly isAlone: boolean
  /** Its name where the configuration names its accounts; undefined: nothing shows it. */
  readonly shownAs: string | undefined
  /** What could not be read at its venue before the start, and why. */
  readonly unread: readonly string[]
  /** Its part of the store. */
  readonly rows: AccountStore
  readonly keeper: StoreRepository<ExitRecord, KillSwitch, PortfolioDay>
  readonly memory: GatesStore
  /** Injects faults on purpose; undefined: none. */
  readonly chaos: Chaos | undefined
  readonly broker: Broker
  readonly desk: CallDesk
  readonly answers: LastAnswers
  /** Watches position mode, instruments and key at the venue; undefined: the account is not at a venue. */
  venueWatchOf(account: Account): VenueWatch | undefined
  /** Queries what an exit would depend on, one question a minute. */
  readonly access: AccessDrill
  /** What the venue pushes about the account. */
  readonly hints: AccountHints
  /** Judges whether each position could be exited now. */
  exitableOf(account: Account): ExitableDesk
  /** Epoch ms. */
  now(): number
  /** The process cannot go on. */
  onFatal(error: WatchkeeperError): void
}

/** Why an account was stopped while the process goes on. */
export interface Stopped {
  readonly error: WatchkeeperError
  /** Epoch ms. */
  readonly at: number
}

/**
 * One account of a process: its broker, its part of the store, and the guarded account itself. Where the process has others,
 * the end of an actor that it cannot do without stops this account alone.
 */
export class GuardedAccount {
  readonly deps: GuardedAccountDeps
  private present: Account | undefined
  private end: Stopped | undefined

  constructor(deps: GuardedAccountDeps) {
    this.deps = deps
  }

  get name(): string {
    return this.deps.plan.name
  }

  /** @throws Error before it is opened. */
  get account(): Account {
    if (this.present === undefined) throw new Error(`the account ${this.name} is not open yet`)
    return this.present
  }

  /** Why it was stopped; undefined while it guards its positions. */
  get stopped(): Stopped | undefined {
    return this.end
  }

  /** Takes the account once it is open. */
  opened(account: Account): void {
    this.present = account
    if (this.end !== undefined) this.halt(this.end)
  }

  /** Something that the account cannot do without has ended. */
  failed(error: WatchkeeperError): void {
    // A store that another process owns, or that is gone, concerns every account.
    if (this.deps.isAlone || error.code !== 'ACTOR_FAILED') return this.deps.onFatal(error)
    if (this.end !== undefined) return
    this.end = { error, at: this.deps.now() }
    if (this.present !== undefined) this.halt(this.end)
  }

  /** The folder of a paper account that is gone. */
  lostFolders(): readonly LostFolder[] {
    const { broker, plan } = this.deps
    const lost = broker instanceof PaperAccount ? broker.lost : undefined
    return lost === undefined ? [] : [{ place: join(plan.config.dataFolder, 'paper'), lost }]
  }

  /** Everything of it that is kept, as it lies in the store of the process. */
  whole(): Batch {
    const { rows, keeper } = this.deps
    return rows.scoped(keeper.whole(this.account.whole()))
  }

  /** Nothing of it is sent or decided any more; what was decided becomes durable. */
  private halt({ error }: Stopped): void {
    const { account } = this
    account.holdSends()
    account.note('account-stopped', { code: error.code, why: error.message })
    // The actor that has failed is still on the stack.
    setImmediate(() => account.abandon())
  }
}
