import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
import { withDeadline, within } from '../actors/deadline.ts'
import { startsHeld } from '../exits/reconcile.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import { lineOf } from './journal-line.ts'
import type { Venue } from './options.ts'
import type { ServiceLines } from './service-lines.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

/** Longest wait of a start for what the account holds, ms. */
const LONGEST_WAIT_MS = 10_000

export interface HoldingsConfirmationDeps {
  readonly registry: Pick<ActorRegistry, 'refOf'>
  readonly broker: Pick<Venue, 'holdings'>
  readonly state: Pick<AccountState, 'isUnconfirmed'>
  readonly writer: Pick<StateWriter, 'commit'>
  readonly lines: ServiceLines
  /** Longest wait for one answer of the broker, ms. */
  readonly callTimeoutMs: number
  /** The configuration asks for a confirmation where it may be needed. */
  readonly isWanted: boolean
  /** Epoch ms. */
  now(): number
}

/**
 * Whether a person must confirm what the account holds before anything is sent: where an empty store
 * met an account that holds something, or a store may be older than its account. Until it is confirmed,
 * over restarts.
 */
export class HoldingsConfirmation {
  private readonly deps: HoldingsConfirmationDeps

  constructor(deps: HoldingsConfirmationDeps) {
    this.deps = deps
  }

  /** Nothing may be sent. An earlier process may have left it so. */
  get isMissing(): boolean {
    return this.deps.state.isUnconfirmed
  }

  /** Asks what the account holds; an account that does not answer may hold anything. */
  async ask(): Promise<void> {
    if (this.isMissing) return
    const { broker, callTimeoutMs } = this.deps
    const asked = withDeadline(callTimeoutMs, signal => broker.holdings(signal))
    let isHeld = true
    const answered = asked.then(
      holdings => void (isHeld = startsHeld(true, holdings)),
      () => undefined,
    )
    // Its turn may be far off, as the venue made an earlier process wait: a start does not wait for that.
    await within(LONGEST_WAIT_MS, answered)
    // Before the first position is registered: with one, the store is empty no more.
    if (isHeld) await this.set(true, 'holdings-unconfirmed', {})
  }

  /**
   * The store may be older than the account: what it takes for open may be exited already. From this
   * moment on nothing is sent; over restarts too when the promise resolves.
   */
  async doubt(why: string): Promise<void> {
    const { lines, isWanted, state, registry } = this.deps
    lines.write('store-doubted', { why })
    if (!isWanted || this.isMissing) return
    state.isUnconfirmed = true
    send(registry.refOf('gateway'), { kind: 'confirm', isUnconfirmed: true })
    // A write that fails leaves the sends of this process held; the store's health shows it.
    await this.set(true, 'holdings-unconfirmed', { why }).catch(() => undefined)
  }

  /** A person has checked what the account holds: durable when the promise resolves. */
  async give(by: string): Promise<void> {
    await this.set(false, 'holdings-confirmed', { by })
  }

  private async set(isUnconfirmed: boolean, kind: JournalKind, detail: object): Promise<void> {
    const { registry, state, writer, now } = this.deps
    const lines = [lineOf(now(), kind, undefined, { ...detail })]
    await writer.commit({ change: () => ({ isUnconfirmed, lines }) })
    state.isUnconfirmed = isUnconfirmed
    send(registry.refOf('gateway'), { kind: 'confirm', isUnconfirmed })
  }
}
