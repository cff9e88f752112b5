import type { ViewFrame, ViewReset } from '../../ports/view.ts'

const NAME = 'watchkeeper-view'
/** Time between two looks of a page that follows at whether it is still given frames, ms. */
const LOOK_MS = 1_000

/** One page of a browser leads, and hands what it reads to the others. */
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
   * Waits for the turn to lead, and leads while `act` runs. Ends without it where the page is not given
   * frames (`isFed`): the page that leads is asleep, and this one reads a stream of its own.
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
    // Browsers give locks to safe origins alone: loopback and https.
    const locks = navigator.locks as LockManager | undefined
    if (locks === undefined) return leading()
    const waiting = new AbortController()
    const look = setInterval(() => {
      if (!isFed()) waiting.abort()
    }, LOOK_MS)
    let isGranted = false
    try {
      await locks.request(NAME, { signal: AbortSignal.any([signal, waiting.signal]) }, async () => {
        isGranted = true
        clearInterval(look)
        await leading()
      })
    } catch (error) {
      if (isGranted || signal.aborted) throw error
      await leading()
    } finally {
      clearInterval(look)
    }
  }
}
