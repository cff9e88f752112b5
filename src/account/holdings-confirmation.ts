import type { ActorRegistry } from '../actors/actor-registry.ts'
import { send } from '../actors/actor.ts'
import { withDeadline, within } from '../actors/deadline.ts'
import type { JournalKind } from '../ports/journal-kinds.ts'
import { lineOf } from './journal-line.ts'
import type { Venue } from './options.ts'
import type { ServiceLines } from './service-lines.ts'
import type { StateWriter } from './state-writer.ts'
import type { AccountState } from './state.ts'

/** Longest wait of a start for the answer about holdings, ms. */
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
 * Whether a person must confirm the holdings before anything is sent: an empty store met an account with holdings,
 * or the store may be older than the account. It lasts until the confirmation, over restarts too.
 */
export class HoldingsConfirmation {
  private readonly deps: HoldingsConfirmationDeps

  constructor(deps: HoldingsConfirmationDeps) {
    this.deps = deps
  }

  /** Whether the confirmation is missing, so that nothing may be sent. It may be missing since an earlier process. */
  get isMissing(): boolean {
    return this.deps.state.isUnconfirmed
  }

  /** The store is empty: asks what the account holds. If the broker does not answer, that counts as holdings. */
  async ask(): Promise<void> {
    if (this.isMissing) return
    const { broker, callTimeoutMs } = this.deps
    const asked = withDeadline(callTimeoutMs, signal => broker.holdings(signal))
    let isHeld = true
    const answered = asked.then(
      holdings => void (isHeld = holdings.some(({ quantity }) => quantity !== 0)),
      () => undefined,
    )
    // The venue may have asked an earlier process to wait: a start does not wait that long.
    await within(LONGEST_WAIT_MS, answered)
    if (!isHeld) return
    // This must happen before the first position is registered: then the store is no longer empty.
    await this.write(true, 'holdings-unconfirmed', {})
    this.apply(true)
  }

  /**
   * The store may be older than the account: positions that are open in it may have been exited. From now on
   * nothing is sent; over restarts too, once the promise resolves.
   */
  async doubt(why: string): Promise<void> {
    const { lines, isWanted } = this.deps
    lines.write('store-doubted', { why })
    if (!isWanted || this.isMissing) return
    this.apply(true)
    // A write that fails leaves the sends of this process held; the store's health shows it.
    await this.write(true, 'holdings-unconfirmed', { why }).catch(() => undefined)
  }

  /** A person has confirmed the holdings; durable when the promise resolves. */
  async give(by: string): Promise<void> {
    await this.write(false, 'holdings-confirmed', { by })
    this.apply(false)
  }

  private async write(isUnconfirmed: boolean, kind: JournalKind, detail: object): Promise<void> {
    const { writer, now } = this.deps
    const lines = [lineOf(now(), kind, undefined, { ...detail })]
    await writer.commit({ change: () => ({ isUnconfirmed, lines }) })
  }

  private apply(isUnconfirmed: boolean): void {
    const { registry, state } = this.deps
    state.isUnconfirmed = isUnconfirmed
    send(registry.refOf('gateway'), { kind: 'confirm', isUnconfirmed })
  }
}
