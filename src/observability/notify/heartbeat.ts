import type { HealthStatus } from '../../ports/control/health.ts'
import { timeLimit } from '../time-limit.ts'

export interface HeartbeatOptions {
  /** Called with GET; its receiver raises the alarm when the calls stop. */
  readonly url: string
  readonly everyMs: number
  /** Monotonic, ms. */
  monotonic(): number
  /** Called when no server answered, at most once until one answers. */
  onFailure(why: string): void
}

const TIMEOUT_MS = 10_000

/** A dead-man's switch: calls a URL as long as health is not `fail`. No code waits for the call. */
export class Heartbeat {
  /** Calls so far, by whether they were answered. */
  readonly counts = { beats: 0, missedBeats: 0 }
  private readonly options: HeartbeatOptions
  private last = -Infinity
  private call: Promise<void> | undefined
  private isFailing = false
  private readonly stopped = new AbortController()

  constructor(options: HeartbeatOptions) {
    this.options = options
  }

  /** Takes the health of a cycle. */
  observe(status: HealthStatus): void {
    const now = this.options.monotonic()
    if (status === 'fail' || this.call !== undefined || now - this.last < this.options.everyMs) {
      return
    }
    this.last = now
    this.call = this.beat().finally(() => (this.call = undefined))
  }

  /** Resolves when no call is in flight. */
  async idle(): Promise<void> {
    await this.call
  }

  /** Aborts a call in flight; resolves when it has ended. */
  async stop(): Promise<void> {
    this.stopped.abort()
    await this.idle()
  }

  private async beat(): Promise<void> {
    const { url, onFailure } = this.options
    const { signal, clear } = timeLimit(TIMEOUT_MS, this.stopped.signal)
    try {
      const response = await fetch(url, { signal })
      await response.body?.cancel()
      if (!response.ok) throw new Error(`it answered ${response.status}`)
      this.counts.beats++
      this.isFailing = false
    } catch (error) {
      if (this.stopped.signal.aborted) return
      this.counts.missedBeats++
      if (!this.isFailing) onFailure(error instanceof Error ? error.message : String(error))
      this.isFailing = true
    } finally {
      clear()
    }
  }
}
