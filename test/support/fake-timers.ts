import type { Timers } from '../../src/ports/timers.ts'

/** A clock and its timers that move only when a test says so. */
export class FakeTimers implements Timers {
  now = 0
  private readonly waiting = new Set<{ readonly at: number; readonly call: () => void }>()

  /** Pending timers, ms from now, the shortest first. */
  get waits(): readonly number[] {
    return [...this.waiting].map(({ at }) => at - this.now).toSorted((a, b) => a - b)
  }

  monotonic = (): number => this.now

  after = (ms: number, call: () => void): (() => void) => {
    const entry = { at: this.now + ms, call }
    this.waiting.add(entry)
    return () => this.waiting.delete(entry)
  }

  /** Advances time; due timers are called in order. */
  pass(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const [next] = [...this.waiting].toSorted((a, b) => a.at - b.at)
      if (next === undefined || next.at > end) break
      this.waiting.delete(next)
      this.now = next.at
      next.call()
    }
    this.now = end
  }
}
