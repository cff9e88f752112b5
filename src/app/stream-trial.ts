import { setTimeout as sleep } from 'node:timers/promises'
import type { AccountHint } from '../domain/account-hint.ts'
import type { Broker } from '../ports/broker.ts'

/** Longest wait for a stream, and for what it pushes, ms. */
const [UP_MS, HINT_MS, STEP_MS] = [3_000, 5_000, 50]

/** What a server pushes while it is tried. */
export class StreamTrial {
  private readonly hints: AccountHint[] = []

  /** Connects at once. */
  constructor(broker: Pick<Broker, 'streamHints'>) {
    broker.streamHints?.(hint => void this.hints.push(hint))
  }

  /** Whether the server has answered with a stream by now, or does so soon. */
  isUp(): Promise<boolean> {
    return this.has(({ kind }) => kind === 'up', UP_MS)
  }

  /** Whether a hint about an order or a holding of the instrument has come since the trial began, or comes soon. */
  isHinted(instrument: string): Promise<boolean> {
    return this.has(hint => 'instrument' in hint && hint.instrument === instrument, HINT_MS)
  }

  /** Lines that could not be read. */
  get odd(): number {
    return this.hints.filter(({ kind }) => kind === 'odd').length
  }

  private async has(is: (hint: AccountHint) => boolean, longestMs: number): Promise<boolean> {
    const end = performance.now() + longestMs
    while (!this.hints.some(is)) {
      if (performance.now() > end) return false
      await sleep(STEP_MS)
    }
    return true
  }
}
