import { maySend } from '../exits/kill-switch.ts'
import type { AccountState } from './state.ts'

/** Whether orders may leave now. It is made before every part that sends, and read at the moment of sending. */
export class SendPermission {
  private readonly state: Pick<AccountState, 'killSwitch'>
  private readonly ownsStore: () => boolean
  private isStopping = false

  /** `ownsStore`: whether this process owns the store now; a lease may end at any time. */
  constructor(state: Pick<AccountState, 'killSwitch'>, ownsStore: () => boolean = () => true) {
    this.state = state
    this.ownsStore = ownsStore
  }

  /** From now on nothing new is sent; orders at the venue are still followed. */
  stop(): void {
    this.isStopping = true
  }

  /** Whether this process may act at all, whatever the kill switch says. */
  get isOurs(): boolean {
    return !this.isStopping && this.ownsStore()
  }

  /** Whether an order may leave: this process may act, and the kill switch lets it. */
  get maySendNow(): boolean {
    return this.isOurs && maySend(this.state.killSwitch)
  }

  /** Whether the store belongs to this process. */
  get isStoreOurs(): boolean {
    return this.ownsStore()
  }
}
