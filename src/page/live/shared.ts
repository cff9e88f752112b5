import type { ViewFrame, ViewReset } from '../../ports/view.ts'

const NAME = 'watchkeeper-view'
/** Interval at which a following page checks that it still receives frames, ms. */
const POLL_MS = 1_000

/** One page of a browser leads, and passes what it reads to the others. */
export class Shared {
  private readonly channel: BroadcastChannel
  private isLeading = false

  constructor(take: (message: ViewFrame | ViewReset) => unknown) {
    this.channel = new BroadcastChannel(NAME)
    this.channel.addEventListener('message', ({ data }) => {
      if (!this.isLeading) take(data as ViewFrame | ViewReset)
    })
  }

  send(message: ViewFrame | ViewReset): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
    this.channel.postMessage(message)
  }

  /**
   * Waits for the lock to lead, and leads while `act` runs. Ends without it where the page receives
   * no frames (`isFed`): the leading page is suspended, and this page reads a stream of its own.
   */
  async lead(signal: AbortSignal, isFed: () => boolean, act: () => Promise<void>): Promise<void> {
    const leading = async (): Promise<void> => {
      this.isLeading = true
      try {
        await act()
      } finally {
        this.isLeading = false
      }
    }
    // Browsers offer locks only to secure origins: loopback and https.
    const locks = navigator.locks as LockManager | undefined
    if (locks === undefined) return leading()
    const waiting = new AbortController()
    const check = setInterval(() => {
      if (!isFed()) waiting.abort()
    }, POLL_MS)
    let isGranted = false
    try {
      await locks.request(NAME, { signal: AbortSignal.any([signal, waiting.signal]) }, async () => {
        isGranted = true
        clearInterval(check)
        await leading()
      })
    } catch (error) {
      if (isGranted || signal.aborted) throw error
      await leading()
    } finally {
      clearInterval(check)
    }
  }
}
