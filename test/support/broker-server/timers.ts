/** Things to be done later, all of which can be called off. */
export class Timers {
  private readonly timers = new Set<NodeJS.Timeout>()

  /** Does it so many ms from now; at once, but not in this turn, where that is past. */
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
