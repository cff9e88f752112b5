/** Delayed actions; each can be cancelled. */
export class Timers {
  private readonly timers = new Set<NodeJS.Timeout>()

  /** Runs it in so many ms; where that is past, at once, but not in this event turn. */
  later(ms: number, act: () => unknown): void {
    const timer = setTimeout(
      () => {
        this.timers.delete(timer)
        act()
      },
      Math.max(0, ms),
    )
    this.timers.add(timer)
  }

  clear(): void {
    for (const timer of this.timers) clearTimeout(timer)
    this.timers.clear()
  }
}
